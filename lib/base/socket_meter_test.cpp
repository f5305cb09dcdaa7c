#include "lib/base/socket_meter.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "lib/base/unique_fd.h"

namespace odograph::base {
namespace {

/// A connection over the loopback device: its near end is metered.
struct Connection {
  explicit Connection(SocketMeter& meter) : near(meter.open(AF_INET, SOCK_STREAM, 0)) {
    const UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener.get(), generic, size), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener.get(), generic, &size), 0);
    EXPECT_EQ(::connect(near, generic, size), 0);
    far.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  static void pass(int from, int to, std::size_t bytes) {
    std::string data(bytes, 'x');
    ASSERT_EQ(::send(from, data.data(), data.size(), 0), static_cast<ssize_t>(bytes));
    ASSERT_EQ(::recv(to, data.data(), data.size(), MSG_WAITALL), static_cast<ssize_t>(bytes));
  }

  int near;
  UniqueFd far;
};

TEST(SocketMeter, CountsBothWaysWhileOpenAndAfterwards) {
  SocketMeter meter;
  Connection one(meter);
  Connection::pass(one.near, one.far.get(), 5000);
  Connection::pass(one.far.get(), one.near, 700);
  const TcpBytes open = meter.count();
  EXPECT_EQ(open.sent, 5000U);
  EXPECT_EQ(open.received, 700U);
  EXPECT_EQ(open.connections, 1U);
  EXPECT_EQ(meter.close(one.near), 0);
  EXPECT_EQ(meter.count().sent, 5000U);
  EXPECT_EQ(meter.count().received, 700U);

  Connection two(meter);
  Connection::pass(two.near, two.far.get(), 30);
  EXPECT_EQ(meter.count().sent, 5030U) << "its descriptor may have the number of the one before";
  EXPECT_EQ(meter.count().connections, 2U);
  meter.close(two.near);
}

TEST(SocketMeter, CountsTheHeadersOfEverySegment) {
  SocketMeter meter;
  Connection connection(meter);
  const TcpBytes connected = meter.count();
  EXPECT_GE(connected.headers, 2 * kIp4HeaderBytes) << "it went back and forth";
  EXPECT_EQ(connected.headers % kIp4HeaderBytes, 0U);
  EXPECT_EQ(connected.sent + connected.received, 0U);
  Connection::pass(connection.near, connection.far.get(), 1);
  EXPECT_GE(meter.count().headers, connected.headers + kIp4HeaderBytes);
  EXPECT_EQ(meter.count().total(), meter.count().headers + 1);
  meter.close(connection.near);
}

TEST(SocketMeter, LeavesAloneWhatIsNotItsOwn) {
  SocketMeter meter;
  EXPECT_EQ(meter.open(-1, SOCK_STREAM, 0), -1);
  EXPECT_EQ(meter.count(), TcpBytes{});
  const int other = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(meter.close(other), 0);
  EXPECT_EQ(::fcntl(other, F_GETFD), -1) << "closed all the same";
  EXPECT_EQ(meter.close(-1), -1);
  const int udp = meter.open(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(meter.count().total(), 0U) << "not TCP";
  meter.close(udp);
}

TEST(SocketMeter, CountsAConnectionThatNeverCameAbout) {
  SocketMeter meter;
  const int fd = meter.open(AF_INET6, SOCK_STREAM, 0);
  meter.close(fd);
  EXPECT_EQ(meter.count(), (TcpBytes{0, 0, 0, 1}));
}

TEST(SocketMeter, PassesNoSocketOnToPrograms) {
  SocketMeter meter;
  const int fd = meter.open(AF_INET, SOCK_STREAM, 0);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  meter.close(fd);
}

}  // namespace
}  // namespace odograph::base
