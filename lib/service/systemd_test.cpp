#include "lib/service/systemd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "lib/base/unique_fd.h"
#include "lib/service/signals.h"

namespace odograph::service {
namespace {

using testing::MatchesRegex;

/// The manager's end of NOTIFY_SOCKET, in the abstract name space: no file to clean up.
class Manager {
 public:
  Manager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "@odograph-notify-" + std::to_string(::getpid());
    std::memcpy(address.sun_path, name.data(), name.size());
    address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  std::string next() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 5000) != 1) return "(nothing within 5 s)";
    std::string text(4096, '\0');
    const ssize_t got = ::recv(fd_.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  base::UniqueFd fd_;
};

TEST(Systemd, TellsTheManager) {
  const Manager manager;
  const Systemd systemd;
  EXPECT_TRUE(systemd.ready());
  EXPECT_EQ(manager.next(), "READY=1");
  EXPECT_TRUE(systemd.reloading());
  EXPECT_THAT(manager.next(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  EXPECT_TRUE(systemd.status("all sent\nREADY=1"));
  EXPECT_EQ(manager.next(), "STATUS=all sent READY=1");
  EXPECT_TRUE(systemd.watchdog());
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  EXPECT_TRUE(systemd.stopping());
  EXPECT_EQ(manager.next(), "STOPPING=1");
}

TEST(Systemd, IsSilentWithoutAManager) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_TRUE(Systemd().ready());
}

TEST(Systemd, SaysWhenTheManagerIsGone) {
  ::setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
  const base::Status told = Systemd().reloading();
  ::unsetenv("NOTIFY_SOCKET");
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().action, base::Action::kRetry);
  EXPECT_EQ(told.error().what, "notify the service manager of \"RELOADING=1\": No such file or directory");
}

TEST(Watchdog, IsFedAtHalfItsTime) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::unsetenv("WATCHDOG_PID");
  EXPECT_EQ(Systemd().watchdog_interval(), base::Millis{15'000});
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(Systemd().watchdog_interval(), base::Millis{15'000});
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(Systemd().watchdog_interval(), std::nullopt);
  ::unsetenv("WATCHDOG_PID");
  for (const char* bad : {"", "x", "0"}) {
    ::setenv("WATCHDOG_USEC", bad, 1);
    EXPECT_EQ(Systemd().watchdog_interval(), std::nullopt) << bad;
  }
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(Systemd().watchdog_interval(), std::nullopt);
}

TEST(Signals, ComeAsADescriptor) {
  const auto signals = Signals::create();
  ASSERT_TRUE(signals);
  EXPECT_EQ(signals->next(), std::nullopt);
  const std::pair<int, Signal> rows[] = {{SIGTERM, Signal::kStop}, {SIGINT, Signal::kStop}, {SIGHUP, Signal::kReload}};
  for (const auto& [number, meaning] : rows) {
    ASSERT_EQ(::kill(::getpid(), number), 0);
    pollfd waiting{signals->fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&waiting, 1, 5000), 1);
    EXPECT_EQ(signals->next(), meaning);
    EXPECT_EQ(signals->next(), std::nullopt);
  }
}

TEST(Signals, ABrokenPipeDoesNotEndTheProgram) {
  const auto signals = Signals::create();
  ASSERT_TRUE(signals);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

}  // namespace
}  // namespace odograph::service
