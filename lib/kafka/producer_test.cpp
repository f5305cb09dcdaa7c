#include "lib/kafka/producer.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "lib/kafka/consumer.h"
#include "lib/kafka/mock_cluster.h"

namespace odograph::kafka {
namespace {

using Outcome = Delivery::Outcome;

class ProducerTest : public ::testing::Test {
 protected:
  void SetUp() override { cluster_.create("t", 1); }

  std::unique_ptr<Producer> make(const ProducerOptions& options) {
    auto producer = Producer::create(options);
    EXPECT_TRUE(producer) << producer.error().what;
    return std::move(producer).value();
  }
  std::unique_ptr<Producer> make() { return make(quick_options(cluster_.brokers())); }

  MockCluster cluster_;
  std::vector<Delivery> deliveries_;
};

TEST_F(ProducerTest, DeliversInOrderAndReportsTheTags) {
  const auto producer = make();
  for (std::uint64_t tag = 0; tag < 100; ++tag) {
    ASSERT_TRUE(producer->send({"t", "car", "v" + std::to_string(tag)}, 0xF000000000000000ULL + tag));
  }
  EXPECT_EQ(producer->outstanding(), 100U);
  ASSERT_TRUE(poll_until(*producer, deliveries_, [&] { return deliveries_.size() == 100; }));
  EXPECT_EQ(producer->outstanding(), 0U);
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(deliveries_[i].tag, 0xF000000000000000ULL + i);
    EXPECT_EQ(deliveries_[i].outcome, Outcome::kStored);
    EXPECT_EQ(deliveries_[i].error, "");
  }
  EXPECT_TRUE(producer->link().connected);
  EXPECT_FALSE(producer->link().fatal);
}

TEST_F(ProducerTest, EventFdIsReadableWhenThereIsAReport) {
  const auto producer = make();
  // What comes before the report (nothing has to) is polled away until the report is there.
  ASSERT_TRUE(producer->send({"t", "k", "v"}, 7));
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (deliveries_.empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    pollfd fd{producer->event_fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&fd, 1, 30'000), 1);
    producer->poll(std::chrono::milliseconds{0}, deliveries_);
  }
  // Nothing more has to come, but librdkafka may have something else to tell.
  pollfd fd{producer->event_fd(), POLLIN, 0};
  while (::poll(&fd, 1, 0) == 1) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "poll does not empty it";
    producer->poll(std::chrono::milliseconds{0}, deliveries_);
  }
}

TEST_F(ProducerTest, SaysRetryWhileTheQueueIsFull) {
  ProducerOptions options = quick_options(cluster_.brokers());
  options.queue_bytes_max = 64 << 10;
  options.linger = std::chrono::milliseconds{50};
  const auto producer = make(options);
  const std::string value(20'000, 'x');
  std::uint64_t taken = 0;
  base::Status last;
  while (taken < 100 && (last = producer->send({"t", "k", value}, taken))) ++taken;
  ASSERT_FALSE(last) << "100 messages of 20 kB in 64 KiB";
  EXPECT_EQ(last.error().action, base::Action::kRetry);
  EXPECT_EQ(producer->outstanding(), taken);
  ASSERT_TRUE(poll_until(*producer, deliveries_, [&] { return producer->outstanding() == 0; }));
  EXPECT_EQ(deliveries_.size(), taken);
  EXPECT_TRUE(producer->send({"t", "k", value}, 1000));
}

TEST_F(ProducerTest, SaysDropForAMessageThatIsTooLarge) {
  ProducerOptions options = quick_options(cluster_.brokers());
  options.message_bytes_max = 2000;
  const auto producer = make(options);
  const base::Status sent = producer->send({"t", "k", std::string(5000, 'x')}, 1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().action, base::Action::kDrop);
  EXPECT_EQ(producer->outstanding(), 0U);
}

TEST_F(ProducerTest, FlushWaitsForTheReports) {
  ProducerOptions options = quick_options(cluster_.brokers());
  options.linger = std::chrono::milliseconds{100};
  const auto producer = make(options);
  ASSERT_TRUE(producer->send({"t", "k", "v"}, 1));
  producer->flush(kPatience, deliveries_);
  ASSERT_EQ(deliveries_.size(), 1U);
  EXPECT_EQ(deliveries_[0].outcome, Outcome::kStored);
}

TEST_F(ProducerTest, FlushDoesNotWaitForNothing) {
  const auto producer = make();
  ASSERT_TRUE(producer->send({"t", "k", "v"}, 1));
  producer->flush(kPatience, deliveries_);
  ASSERT_EQ(deliveries_.size(), 1U);
  // Some event may be there to end the first one early.
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) producer->flush(kPatience, deliveries_);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{2});
}

TEST_F(ProducerTest, HasItsBytesCounted) {
  ProducerOptions options = quick_options(cluster_.brokers());
  options.meter = std::make_shared<base::SocketMeter>();
  auto producer = make(options);
  constexpr std::size_t kBytes = 100'000;
  ASSERT_TRUE(producer->send({"t", "car", std::string(kBytes, 'v')}, 1));
  ASSERT_TRUE(poll_until(*producer, deliveries_, [&] { return deliveries_.size() == 1; }));
  const base::TcpBytes while_open = options.meter->count();
  EXPECT_GE(while_open.sent, kBytes);
  EXPECT_LT(while_open.sent, kBytes + 3'000) << "the connection's own words, and the request around the value";
  EXPECT_GT(while_open.received, 0U);
  producer.reset();
  const base::TcpBytes closed = options.meter->count();
  EXPECT_GE(closed.sent, while_open.sent) << "what was counted stays when the sockets are gone";
  EXPECT_EQ(closed.connections, while_open.connections);
}

TEST_F(ProducerTest, KeyHeadersAndTombstoneArrive) {
  const auto producer = make();
  ASSERT_TRUE(producer->send({"t", "car", "value", {{"h", "1"}, {"h", ""}}}, 1));
  ASSERT_TRUE(producer->send({"t", "car", {}}, 2));
  producer->flush(kPatience, deliveries_);
  ConsumerOptions options;
  options.brokers = cluster_.brokers();
  auto consumer = Consumer::create(options);
  ASSERT_TRUE(consumer);
  ASSERT_TRUE((*consumer)->assign({{"t", 0, -2}}));
  std::vector<Message> messages;
  ConsumerEvents events;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (messages.size() < 2 && std::chrono::steady_clock::now() < end) {
    (*consumer)->poll(std::chrono::milliseconds{50}, 10, messages, events);
  }
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].key, "car");
  EXPECT_EQ(messages[0].value, "value");
  EXPECT_FALSE(messages[0].tombstone);
  EXPECT_EQ(messages[0].headers, (std::vector<std::pair<std::string, std::string>>{{"h", "1"}, {"h", ""}}));
  EXPECT_TRUE(messages[1].tombstone);
}

struct BadOptions {
  const char* name;
  std::function<void(ProducerOptions&)> change;
  const char* says;
};

TEST(ProducerOptions, AreRefusedByName) {
  const BadOptions cases[] = {
      {"NoBrokers", [](ProducerOptions& o) { o.brokers.clear(); }, "brokers"},
      {"UnknownSetting",
       [](ProducerOptions& o) {
         o.overrides = {{"no.such.thing", "1"}};
       },
       "no.such.thing"},
      {"BadValue",
       [](ProducerOptions& o) {
         o.overrides = {{"socket.timeout.ms", "soon"}};
       },
       "socket.timeout.ms"},
      {"OverrideAgainstIdempotence",
       [](ProducerOptions& o) {
         o.overrides = {{"acks", "1"}};
       },
       "acks"},
      {"Iam", [](ProducerOptions& o) { o.security.protocol = Protocol::kTlsIam; },
       "kafka.security tls_iam: nobody told where its tokens come from"},
  };
  for (const BadOptions& row : cases) {
    ProducerOptions options = quick_options("127.0.0.1:9");
    row.change(options);
    const auto producer = Producer::create(options);
    ASSERT_FALSE(producer) << row.name;
    EXPECT_EQ(producer.error().action, base::Action::kStop) << row.name;
    EXPECT_NE(producer.error().what.find(row.says), std::string::npos) << row.name << ": " << producer.error().what;
  }
}

}  // namespace
}  // namespace odograph::kafka
