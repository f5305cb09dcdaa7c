#include "lib/kafka/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "lib/base/unique_fd.h"
#include "lib/kafka/mock_cluster.h"

namespace odograph::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SocketsTest : public ::testing::Test {
 protected:
  SocketsTest() {
    listener_ = base::UniqueFd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(listener_.get(), plain(), size), 0);
    EXPECT_EQ(::getsockname(listener_.get(), plain(), &size), 0);
  }
  sockaddr* plain() { return reinterpret_cast<sockaddr*>(&address_); }
  void listen() { ASSERT_EQ(::listen(listener_.get(), 4), 0); }
  static int fresh() { return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
  int connect(int fd) { return sockets_.connect(fd, plain(), sizeof address_, "tls://b-1:9098/3"); }
  static bool wait_for(int fd, short events) {
    pollfd one{fd, events, 0};
    return ::poll(&one, 1, 10'000) == 1;
  }
  void serve() { gate_->leave("b-1:9098", ConnectGate::kServes, Failure::kSilent, std::chrono::steady_clock::now()); }
  milliseconds until_next_round() const {
    return std::chrono::duration_cast<milliseconds>(*gate_->next_round() - std::chrono::steady_clock::now());
  }

  std::shared_ptr<ConnectGate> gate_ = std::make_shared<ConnectGate>(ReconnectLimits{seconds{2}, seconds{600}}, "car-9",
                                                                     [] { return std::uint64_t{0}; });
  Sockets sockets_{{.gate = gate_, .answer_timeout = seconds{30}}};
  base::UniqueFd listener_;
  sockaddr_in address_{};
};

TEST_F(SocketsTest, ARefusalShutsTheGateForTheFleetsTime) {
  serve();
  const int fd = fresh();
  const int error = connect(fd);
  if (error == 0) {
    ASSERT_TRUE(wait_for(fd, POLLOUT));
  } else {
    ASSERT_EQ(error, ECONNREFUSED);
  }
  ASSERT_EQ(sockets_.close(fd), 0);
  ASSERT_TRUE(gate_->next_round());
  EXPECT_GT(until_next_round(), seconds{2});
  const int again = fresh();
  EXPECT_EQ(connect(again), ECANCELED);
  EXPECT_EQ(sockets_.close(again), 0);
  addrinfo* found = nullptr;
  EXPECT_EQ(sockets_.resolve("b-1", "9098", nullptr, &found), EAI_CANCELED);
}

TEST_F(SocketsTest, ASilentHostIsTheVehiclesOwnTrouble) {
  // Of TEST-NET-1: nobody answers, or this machine says at once that there is no way there.
  address_.sin_addr.s_addr = ::inet_addr("192.0.2.1");
  const int fd = fresh();
  connect(fd);
  ASSERT_EQ(sockets_.close(fd), 0);
  ASSERT_TRUE(gate_->next_round());
  EXPECT_LE(until_next_round(), seconds{2});
}

TEST_F(SocketsTest, AConnectionThatIsMadeOpensTheWayToTheOthers) {
  listen();
  ASSERT_TRUE(gate_->enter("b-2:9098", std::chrono::steady_clock::now()));
  gate_->leave("b-2:9098", milliseconds{0}, Failure::kSilent, std::chrono::steady_clock::now() - seconds{10});
  const int fd = fresh();
  ASSERT_EQ(connect(fd), 0);
  ASSERT_TRUE(wait_for(fd, POLLOUT));
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  ASSERT_EQ(sockets_.resolve("127.0.0.1", "9098", &hints, &found), 0);
  ::freeaddrinfo(found);
  sockets_.give_up();
  ASSERT_EQ(sockets_.close(fd), 0);
  EXPECT_FALSE(gate_->next_round()) << "what we give up ourselves is no failure";
}

TEST_F(SocketsTest, AnEndRightAfterTheBeginningIsAFailure) {
  serve();
  listen();
  const int fd = fresh();
  ASSERT_EQ(connect(fd), 0);
  const base::UniqueFd theirs{::accept(listener_.get(), nullptr, nullptr)};
  ASSERT_TRUE(theirs);
  ASSERT_TRUE(wait_for(fd, POLLOUT));
  ASSERT_EQ(sockets_.close(fd), 0);
  ASSERT_TRUE(gate_->next_round());
  EXPECT_GT(until_next_round(), seconds{2}) << "it was there, and answered";
}

TEST_F(SocketsTest, OnlyTheEndOfTheLastConnectionWaitsForAMoment) {
  // Whatever was connected has served.
  const auto gate =
      std::make_shared<ConnectGate>(ReconnectLimits{seconds{2}, seconds{0}}, "car-9", [] { return std::uint64_t{0}; });
  Sockets sockets{{.gate = gate, .answer_timeout = seconds{30}}};
  listen();
  std::array<int, 2> ours{};
  std::array<base::UniqueFd, 2> theirs;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ours.at(i) = fresh();
    const std::string broker = "tls://b-" + std::to_string(i) + ":9098/" + std::to_string(i);
    ASSERT_EQ(sockets.connect(ours.at(i), plain(), sizeof address_, broker), 0);
    ASSERT_TRUE(wait_for(ours.at(i), POLLOUT));
    theirs.at(i) = base::UniqueFd{::accept(listener_.get(), nullptr, nullptr)};
    ASSERT_TRUE(theirs.at(i));
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_FALSE(gate->next_round()) << i;
    theirs.at(i).reset();
    ASSERT_TRUE(wait_for(ours.at(i), POLLIN));
    ASSERT_EQ(sockets.close(ours.at(i)), 0);
  }
  EXPECT_TRUE(gate->next_round()) << "the other side has hung up on all of them";
}

TEST_F(SocketsTest, ANameThatIsNotFoundIsATryThatFailed) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  EXPECT_EQ(sockets_.resolve("no-number", "9098", &hints, &found), EAI_NONAME);
  ASSERT_TRUE(gate_->next_round());
  EXPECT_LE(until_next_round(), seconds{2});
  EXPECT_EQ(sockets_.resolve("no-number", "9098", &hints, &found), EAI_CANCELED);
}

TEST_F(SocketsTest, SilenceIsBoundedByTheKernel) {
  listen();
  const int fd = fresh();
  ASSERT_EQ(connect(fd), 0);
  const auto value = [&](int option) {
    int number = 0;
    socklen_t size = sizeof number;
    EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, option, &number, &size), 0);
    return number;
  };
  EXPECT_EQ(value(TCP_USER_TIMEOUT), 30'000);
  EXPECT_EQ(value(TCP_KEEPIDLE), 330);
  EXPECT_EQ(value(TCP_SYNCNT), 2);
  ASSERT_EQ(sockets_.close(fd), 0);
}

TEST(SocketWords, AddressesAreWithoutWhatLibrdkafkaAdds) {
  EXPECT_EQ(address_of("tls://b-1.example:9098/3"), "b-1.example:9098");
  EXPECT_EQ(address_of("b-1:9092/bootstrap"), "b-1:9092");
  EXPECT_EQ(address_of("[::1]:9092"), "[::1]:9092");
  EXPECT_TRUE(is_held_back(std::string{"Failed to connect to broker at ipv4#1.2.3.4:5: "} + std::strerror(ECANCELED)));
  EXPECT_TRUE(is_held_back(std::string{"Failed to resolve 'a:1': "} + ::gai_strerror(EAI_CANCELED)));
  EXPECT_FALSE(is_held_back("Connect to ipv4#1.2.3.4:5 failed: Connection refused"));
}

TEST(ProducerGate, HoldsLibrdkafkaBackAndKeepsTheCause) {
  // Nothing listens on port 1 of this machine.
  ProducerOptions options = quick_options("127.0.0.1:1");
  options.gate = std::make_shared<ConnectGate>(ReconnectLimits{seconds{600}, seconds{600}}, "car-9",
                                               [] { return std::uint64_t{0}; });
  auto producer = Producer::create(options);
  ASSERT_TRUE(producer);
  std::vector<Delivery> deliveries;
  ASSERT_TRUE((*producer)->send({"t", "k", "v"}, 1));
  ASSERT_TRUE(poll_until(**producer, deliveries, [&] { return !(*producer)->link().last_error.empty(); }));
  ASSERT_TRUE(options.gate->next_round());
  // Some of its own tries, which come every 200 ms.
  const auto end = std::chrono::steady_clock::now() + seconds{1};
  std::vector<std::string> lines = (*producer)->take_log_lines();
  EXPECT_TRUE(poll_until(**producer, deliveries, [&] { return std::chrono::steady_clock::now() > end; }));
  EXPECT_EQ((*producer)->link().last_error, "broker unreachable: 127.0.0.1:1: Connection refused");
  EXPECT_TRUE((*producer)->take_log_lines().empty());

  // The next handle has made no try: that nobody is there is not for it to say.
  auto next = Producer::create(options);
  ASSERT_TRUE(next);
  ASSERT_TRUE((*next)->send({"t", "k", "v"}, 1));
  const auto later = std::chrono::steady_clock::now() + seconds{1};
  EXPECT_TRUE(poll_until(**next, deliveries, [&] { return std::chrono::steady_clock::now() > later; }));
  EXPECT_EQ((*next)->link().last_error, "");
  EXPECT_FALSE((*next)->link().connected);
}

}  // namespace
}  // namespace odograph::kafka
