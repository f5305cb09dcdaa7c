#include "simulator/broker/relay.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "lib/base/unique_fd.h"
#include "lib/base/wake_fd.h"

namespace odograph::broker {
namespace {

constexpr int kDeadlineMs = 10'000;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A listening socket on a free port: the far end of the relay.
struct Target {
  base::UniqueFd fd{::socket(AF_INET, SOCK_STREAM, 0)};
  std::uint16_t port = 0;

  Target() {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd.get(), 16), 0);
    EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
  base::UniqueFd accept() const {
    pollfd waiting{fd.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kDeadlineMs) != 1) return {};
    return base::UniqueFd(::accept(fd.get(), nullptr, nullptr));
  }
};

base::UniqueFd connect_to(std::uint16_t port) {
  base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = loopback(port);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

/// What arrives until `size` bytes are there, the other end closes, or the deadline passes.
std::string read_up_to(int fd, std::size_t size) {
  std::string got;
  char buffer[4096];
  pollfd waiting{fd, POLLIN, 0};
  while (got.size() < size && ::poll(&waiting, 1, kDeadlineMs) == 1) {
    const ssize_t count = ::recv(fd, buffer, std::min(sizeof(buffer), size - got.size()), 0);
    if (count <= 0) break;
    got.append(buffer, static_cast<std::size_t>(count));
  }
  return got;
}

bool closes(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  char byte = 0;
  return ::poll(&waiting, 1, kDeadlineMs) == 1 && ::recv(fd, &byte, 1, 0) <= 0;
}

class RelayTest : public testing::Test {
 protected:
  void start(std::size_t connections_max = 8) {
    auto relay = Relay::create({.port = 0, .target_port = target_.port, .connections_max = connections_max});
    ASSERT_TRUE(relay) << relay.error().what;
    relay_ = std::move(*relay);
    port_ = relay_->port();
    thread_ = std::thread([this] { relay_->run(stop_.fd()); });
  }
  void stop() {
    stop_.wake();
    if (thread_.joinable()) thread_.join();
  }

 public:
  ~RelayTest() override { stop(); }

 protected:
  Target target_;
  base::WakeFd stop_;
  std::unique_ptr<Relay> relay_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(RelayTest, PassesBytesBothWaysInOrder) {
  start();
  const base::UniqueFd client = connect_to(port_);
  const base::UniqueFd server = target_.accept();
  ASSERT_TRUE(server);
  std::string long_text;  // Several buffers long, and no two places alike.
  for (int i = 0; long_text.size() < 5 * Relay::kBufferBytes; ++i) long_text += std::to_string(i);
  std::thread writer([&] {
    std::size_t sent = 0;
    while (sent < long_text.size()) {
      const ssize_t count = ::send(client.get(), long_text.data() + sent, long_text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
  });
  EXPECT_EQ(read_up_to(server.get(), long_text.size()), long_text);
  writer.join();
  ASSERT_EQ(::send(server.get(), "answer", 6, MSG_NOSIGNAL), 6);
  EXPECT_EQ(read_up_to(client.get(), 6), "answer");
}

TEST_F(RelayTest, ClosesTheOtherEndWhenOneCloses) {
  start();
  base::UniqueFd client = connect_to(port_);
  const base::UniqueFd server = target_.accept();
  ASSERT_TRUE(server);
  client.reset();
  EXPECT_TRUE(closes(server.get()));
}

TEST_F(RelayTest, ClosesAClientWhoseTargetIsGone) {
  target_.fd.reset();
  start();
  const base::UniqueFd client = connect_to(port_);
  EXPECT_TRUE(closes(client.get()));
}

TEST_F(RelayTest, RefusesMoreConnectionsThanItsBound) {
  start(1);
  const base::UniqueFd first = connect_to(port_);
  const base::UniqueFd server = target_.accept();
  ASSERT_TRUE(server);
  const base::UniqueFd second = connect_to(port_);
  EXPECT_TRUE(closes(second.get()));
  stop();
  EXPECT_EQ(relay_->refused(), 1U);
}

TEST_F(RelayTest, StopsWhileConnectionsAreOpen) {
  start();
  const base::UniqueFd client = connect_to(port_);
  const base::UniqueFd server = target_.accept();
  stop();
  EXPECT_TRUE(closes(client.get()));
  EXPECT_TRUE(closes(server.get()));
}

TEST_F(RelayTest, NamesAPortThatIsTaken) {
  const auto relay = Relay::create({.port = target_.port, .target_port = 1});
  ASSERT_FALSE(relay);
  EXPECT_EQ(relay.error().action, base::Action::kStop);
  EXPECT_NE(relay.error().what.find(std::to_string(target_.port)), std::string::npos) << relay.error().what;
}

}  // namespace
}  // namespace odograph::broker
