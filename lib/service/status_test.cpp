#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "lib/base/test_folder.h"
#include "lib/base/unique_fd.h"
#include "lib/service/loop_thread.h"
#include "lib/service/status_socket.h"
#include "lib/service/unix_address.h"

namespace odograph::service {
namespace {

using testing::HasSubstr;
using Made = base::Result<std::unique_ptr<StatusServer>>;

constexpr base::Millis kDeadline{5000};

class Status : public testing::Test {
 public:
  ~Status() override { stop(); }

  Made start(const std::filesystem::path& path, const std::string& answer) {
    return loop_.run([&] { return StatusServer::start(loop_.io(), path, [answer] { return answer; }); });
  }
  void serve(const std::string& answer) {
    Made made = start(path_, answer);
    ASSERT_TRUE(made) << made.error().what;
    server_ = *std::move(made);
  }
  void stop() {
    loop_.run([&] { return server_.reset(), 0; });
  }
  base::UniqueFd connect() const {
    base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(unix_connect(fd.get(), *unix_address(path_)), 0);
    return fd;
  }

 protected:
  LoopThread loop_;
  base::TestFolder folder_;
  std::filesystem::path path_ = folder_.path("agent.sock");
  std::unique_ptr<StatusServer> server_;
};

TEST_F(Status, AnswersEverybodyWithOneDocument) {
  serve("{\"state\":\"ok\"}\n");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*read_status(path_, kDeadline), "{\"state\":\"ok\"}\n");
}

TEST_F(Status, CarriesALargeAnswerAndCutsATooLargeOne) {
  serve(std::string(kStatusBytesMax + 1, 'x'));
  EXPECT_EQ(read_status(path_, kDeadline)->size(), kStatusBytesMax);
}

TEST_F(Status, IsForOwnerAndGroup) {
  serve("x");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0660U);
}

TEST_F(Status, RemovesItsFileWhenItGoes) {
  serve("x");
  EXPECT_TRUE(std::filesystem::exists(path_));
  stop();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Status, ReplacesASocketThatNobodyAnswersOn) {
  {
    const base::UniqueFd crashed(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = *unix_address(path_);
    ASSERT_EQ(::bind(crashed.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path_));
  serve("new");
  EXPECT_EQ(*read_status(path_, kDeadline), "new");
}

TEST_F(Status, LeavesALiveServerAlone) {
  serve("first");
  const Made second = start(path_, "second");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().action, base::Action::kStop);
  EXPECT_EQ(second.error().what, "status socket " + path_.string() + ": another agent answers on it");
  EXPECT_EQ(*read_status(path_, kDeadline), "first");
}

TEST_F(Status, RefusesImpossiblePlaces) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(start(path_, "x").error().what, HasSubstr("something that is not a socket is there"));
  EXPECT_EQ(std::filesystem::file_size(path_), 8U);
  EXPECT_EQ(start(folder_.path() / "none" / "a.sock", "x").error().what,
            "status socket " + (folder_.path() / "none" / "a.sock").string() + ": the folder " + folder_.path("none") +
                " does not exist");
  EXPECT_THAT(start(folder_.path(std::string(108, 'x')), "x").error().what, HasSubstr("1 to 107 bytes"));
}

TEST_F(Status, ClosesConnectionsBeyondItsBound) {
  // Answers that do not fit into the socket's buffer, to clients that do not read.
  serve(std::string(kStatusBytesMax, 'x'));
  std::vector<base::UniqueFd> silent;
  for (std::size_t i = 0; i < kStatusClientsMax; ++i) silent.push_back(connect());
  for (const base::UniqueFd& fd : silent) {
    pollfd waiting{fd.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&waiting, 1, 5000), 1);
  }
  const auto refused = read_status(path_, kDeadline);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("too many clients"));
  silent.clear();
  // The server learns of the closed ones in its own time.
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  while (!read_status(path_, kDeadline) && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_TRUE(read_status(path_, kDeadline));
}

TEST_F(Status, ClosesOnAClientThatTakesNothing) {
  Made made = loop_.run([&] {
    return StatusServer::start(
        loop_.io(), path_, [] { return std::string(kStatusBytesMax, 'x'); }, base::Millis{50});
  });
  ASSERT_TRUE(made);
  server_ = *std::move(made);
  const base::UniqueFd fd = connect();
  pollfd waiting{fd.get(), 0, 0};  // POLLHUP alone: the other side is gone.
  ASSERT_EQ(::poll(&waiting, 1, 5000), 1);
  EXPECT_NE(waiting.revents & POLLHUP, 0);
}

TEST_F(Status, MayGoWhileClientsAreServed) {
  serve(std::string(kStatusBytesMax, 'x'));
  const base::UniqueFd fd = connect();
  pollfd waiting{fd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&waiting, 1, 5000), 1);
  stop();
  std::string rest(kStatusBytesMax, '\0');
  while (::recv(fd.get(), rest.data(), rest.size(), 0) > 0) {
  }
  SUCCEED() << "the connection has ended";
}

TEST_F(Status, TheClientSaysThatNobodyAnswers) {
  EXPECT_EQ(read_status(path_, kDeadline).error().what,
            "no agent answers on " + path_.string() + ": No such file or directory; is it running?");
  const base::UniqueFd mute(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = *unix_address(path_);
  ASSERT_EQ(::bind(mute.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(read_status(path_, kDeadline).error().what,
            "no agent answers on " + path_.string() + ": Connection refused; is it running?");
  ASSERT_EQ(::listen(mute.get(), 4), 0);
  EXPECT_EQ(read_status(path_, base::Millis{30}).error().what,
            "no agent answers on " + path_.string() + ": nothing came within 30 ms; is it running?");
  EXPECT_EQ(read_status(std::string(200, 'x'), kDeadline).error().action, base::Action::kStop);
}

}  // namespace
}  // namespace odograph::service
