#include "lib/kafka/consumer.h"

#include <gtest/gtest.h>

#include "lib/kafka/mock_cluster.h"
#include "lib/kafka/producer.h"

namespace odograph::kafka {
namespace {

class ConsumerTest : public ::testing::Test {
 protected:
  void SetUp() override { cluster_.create("t", 2); }

  void produce(int count) {
    auto producer = Producer::create(quick_options(cluster_.brokers()));
    ASSERT_TRUE(producer);
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE((*producer)->send({"t", "k" + std::to_string(i), "v" + std::to_string(i)}, 0));
    }
    std::vector<Delivery> deliveries;
    (*producer)->flush(kPatience, deliveries);
    ASSERT_EQ(deliveries.size(), static_cast<std::size_t>(count));
  }

  std::unique_ptr<Consumer> make(const std::string& group,
                                 ConsumerOptions::Start start = ConsumerOptions::Start::kCommitted) {
    ConsumerOptions options;
    options.start = start;
    options.brokers = cluster_.brokers();
    options.client_id = "test";
    options.group = group;
    options.group_instance_id = instance_;
    options.overrides = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "500"}};
    auto consumer = Consumer::create(options);
    EXPECT_TRUE(consumer) << consumer.error().what;
    return std::move(consumer).value();
  }

  bool poll_until(Consumer& consumer, const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      consumer.poll(std::chrono::milliseconds{20}, 1000, messages_, events_);
    }
    return true;
  }

  /// What is held after `events`: a revocation is the last thing that a poll tells.
  static void follow(const ConsumerEvents& events, std::vector<TopicPartition>& held) {
    if (!events.assigned.empty()) held = events.assigned;
    if (!events.revoked.empty()) held.clear();
  }

  MockCluster cluster_;
  std::string instance_;
  std::vector<Message> messages_;
  ConsumerEvents events_;
};

TEST_F(ConsumerTest, ReadsAnAssignmentToItsEnds) {
  produce(20);
  const auto consumer = make("");
  ASSERT_TRUE(consumer->assign({{"t", 0, -2}, {"t", 1, -2}}));
  ASSERT_TRUE(poll_until(*consumer, [&] { return events_.ended.size() >= 2; }));
  EXPECT_EQ(messages_.size(), 20U);
  std::int64_t next[2] = {0, 0};
  for (const Message& message : messages_) EXPECT_EQ(message.offset, next[message.partition]++);
  EXPECT_GT(messages_.at(0).timestamp_ms, 0);
}

TEST_F(ConsumerTest, StartsWhereItIsTold) {
  produce(20);
  const auto consumer = make("");
  ASSERT_TRUE(consumer->assign({{"t", 0, 3}, {"t", 1, -1}}));
  ASSERT_TRUE(poll_until(*consumer, [&] { return events_.ended.size() >= 2; }));
  ASSERT_FALSE(messages_.empty());
  EXPECT_EQ(messages_[0].offset, 3);
  for (const Message& message : messages_) EXPECT_EQ(message.partition, 0);
}

TEST_F(ConsumerTest, WaitsForTheCallerToStart) {
  produce(20);
  const auto consumer = make("g", ConsumerOptions::Start::kCaller);
  ASSERT_TRUE(consumer->subscribe({"t"}));
  ASSERT_TRUE(poll_until(*consumer, [&] { return events_.assigned.size() == 2; }));
  for (int i = 0; i < 10; ++i) consumer->poll(std::chrono::milliseconds{50}, 100, messages_, events_);
  EXPECT_TRUE(messages_.empty());
  const auto committed = consumer->committed({{"t", 0}, {"t", 1}}, kPatience);
  ASSERT_TRUE(committed) << committed.error().what;
  EXPECT_EQ(*committed, (std::vector<TopicPartition>{{"t", 0, -1}, {"t", 1, -1}}));
  EXPECT_FALSE(consumer->group().bytes.empty());

  ASSERT_TRUE(consumer->assign({{"t", 0, 3}, {"t", 1, -2}}));
  ASSERT_TRUE(poll_until(*consumer, [&] { return events_.ended.size() >= 2; }));
  const std::size_t first_read = messages_.size();
  // And once more from elsewhere, as after an abort.
  ASSERT_TRUE(consumer->assign({{"t", 0, 0}, {"t", 1, -2}}));
  ASSERT_TRUE(poll_until(*consumer, [&] { return messages_.size() >= first_read + 20; }));
  EXPECT_EQ(messages_.size(), first_read + 20);
  const auto marks = consumer->watermarks("t", 0, kPatience);
  ASSERT_TRUE(marks) << marks.error().what;
  EXPECT_EQ(first_read, static_cast<std::size_t>(20 - 3));
  EXPECT_EQ(marks->low, 0);
}

TEST_F(ConsumerTest, TellsOfAnOffsetThatIsNotThere) {
  produce(20);
  const auto consumer = make("g", ConsumerOptions::Start::kCaller);
  ASSERT_TRUE(consumer->assign({{"t", 0, 1'000'000}}));
  ASSERT_TRUE(poll_until(*consumer, [&] { return !events_.gone.empty(); }));
  EXPECT_EQ(events_.gone.front().partition, 0);
  EXPECT_TRUE(messages_.empty());
  const auto marks = consumer->watermarks("nowhere", 17, std::chrono::milliseconds{500});
  EXPECT_FALSE(marks);
}

TEST_F(ConsumerTest, GivesNoMoreThanAsked) {
  produce(20);
  const auto consumer = make("");
  ASSERT_TRUE(consumer->assign({{"t", 0, -2}, {"t", 1, -2}}));
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (messages_.size() < 20 && std::chrono::steady_clock::now() < end) {
    std::vector<Message> part;
    consumer->poll(std::chrono::milliseconds{20}, 3, part, events_);
    ASSERT_LE(part.size(), 3U);
    messages_.insert(messages_.end(), part.begin(), part.end());
  }
  EXPECT_EQ(messages_.size(), 20U);
}

TEST_F(ConsumerTest, GoesOnAfterWhatItsGroupCommitted) {
  produce(10);
  {
    const auto consumer = make("g");
    ASSERT_TRUE(consumer->subscribe({"t"}));
    ASSERT_TRUE(poll_until(*consumer, [&] { return messages_.size() == 10; }));
    EXPECT_EQ(events_.assigned.size(), 2U);
    std::vector<TopicPartition> done = {{"t", 0, 0}, {"t", 1, 0}};
    for (const Message& m : messages_) done[static_cast<std::size_t>(m.partition)].offset = m.offset + 1;
    const base::Status committed = consumer->commit(done);
    EXPECT_TRUE(committed) << committed.error().what;
  }
  messages_.clear();
  events_ = {};
  produce(5);
  const auto consumer = make("g");
  ASSERT_TRUE(consumer->subscribe({"t"}));
  ASSERT_TRUE(poll_until(*consumer, [&] { return events_.ended.size() >= 2; }));
  EXPECT_EQ(messages_.size(), 5U) << "what was committed does not come again, what was not does";
}

TEST_F(ConsumerTest, WithoutACommitEverythingComesAgain) {
  produce(10);
  for (int round = 0; round < 2; ++round) {
    messages_.clear();
    const auto consumer = make("g");
    ASSERT_TRUE(consumer->subscribe({"t"}));
    ASSERT_TRUE(poll_until(*consumer, [&] { return messages_.size() == 10; }));
  }
}

TEST_F(ConsumerTest, ARevocationIsToldBeforeItHappens) {
  produce(10);
  const auto first = make("g");
  ASSERT_TRUE(first->subscribe({"t"}));
  ASSERT_TRUE(poll_until(*first, [&] { return messages_.size() == 10; }));
  const auto second = make("g");
  ASSERT_TRUE(second->subscribe({"t"}));
  std::vector<TopicPartition> firsts;
  std::vector<TopicPartition> seconds;
  const auto poll_second = [&] {
    std::vector<Message> messages;
    ConsumerEvents events;
    second->poll(std::chrono::milliseconds{0}, 100, messages, events);
    follow(events, seconds);
  };
  ASSERT_TRUE(poll_until(*first, [&] {
    poll_second();
    return !events_.revoked.empty();
  }));
  EXPECT_EQ(events_.revoked.size(), 2U);
  // The mock broker refuses every commit during a rebalance, where Kafka takes it. That it says "rebalance in progress"
  // and not "unknown member" shows that the partitions were still held.
  const base::Status committed = first->commit({{"t", 0, 1}});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().action, base::Action::kRetry) << committed.error().what;
  events_ = {};
  ASSERT_TRUE(poll_until(*first, [&] {
    follow(events_, firsts);
    events_ = {};
    poll_second();
    return firsts.size() == 1 && seconds.size() == 1;
  }));
  EXPECT_NE(firsts[0].partition, seconds[0].partition);
}

TEST_F(ConsumerTest, IsAtItsEndWhenAnotherTakesItsName) {
  constexpr std::int16_t kHeartbeat = 12;
  instance_ = "p-1";
  const auto consumer = make("g");
  ASSERT_TRUE(consumer->subscribe({"t"}));
  ASSERT_TRUE(poll_until(*consumer, [&] { return !events_.assigned.empty(); }));
  EXPECT_FALSE(events_.fatal);
  cluster_.push_errors(kHeartbeat, {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID});
  ASSERT_TRUE(poll_until(*consumer, [&] { return events_.fatal.has_value(); }));
  EXPECT_EQ(*events_.fatal, "another one came into group g under the name p-1 of this instance; each needs its own");
}

TEST_F(ConsumerTest, RefusesToSubscribeWithoutAGroup) {
  const base::Status refused = make("")->subscribe({"t"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().action, base::Action::kStop);
}

TEST(ConsumerWithoutBroker, TellsTheErrorAndEndsInTime) {
  ConsumerOptions options;
  options.brokers = "127.0.0.1:1";
  options.group = "g";
  auto consumer = Consumer::create(options);
  ASSERT_TRUE(consumer) << "an absent broker is no error";
  ASSERT_TRUE((*consumer)->subscribe({"t"}));
  std::vector<Message> messages;
  ConsumerEvents events;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (events.errors.empty() && std::chrono::steady_clock::now() < end) {
    (*consumer)->poll(std::chrono::milliseconds{50}, 10, messages, events);
  }
  ASSERT_FALSE(events.errors.empty());
  const auto before = std::chrono::steady_clock::now();
  consumer->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{10});
}

}  // namespace
}  // namespace odograph::kafka
