#include <gtest/gtest.h>

#include <algorithm>

#include "lib/kafka/mock_cluster.h"
#include "lib/kafka/producer.h"

namespace odograph::kafka {
namespace {

using Outcome = Delivery::Outcome;

constexpr std::int16_t kProduceApi = 0;

class ProducerFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.create("t", 1);
    auto producer = Producer::create(quick_options(cluster_.brokers()));
    ASSERT_TRUE(producer) << producer.error().what;
    producer_ = std::move(producer).value();
  }

  bool sent(const std::string& topic, std::uint64_t tag) {
    return producer_->send({topic, "car", "v"}, tag).has_value();
  }
  bool wait(const std::function<bool()>& done) { return poll_until(*producer_, deliveries_, done); }

  MockCluster cluster_;
  std::unique_ptr<Producer> producer_;
  std::vector<Delivery> deliveries_;
};

TEST_F(ProducerFaults, KeepsMessagesWhileTheBrokerIsAwayAndDeliversThemLater) {
  ASSERT_TRUE(sent("t", 1));
  ASSERT_TRUE(wait([&] { return deliveries_.size() == 1; }));
  cluster_.set_up(false);
  for (std::uint64_t tag = 2; tag <= 10; ++tag) ASSERT_TRUE(sent("t", tag));
  ASSERT_TRUE(wait([&] { return !producer_->link().connected; }));
  EXPECT_EQ(producer_->outstanding(), 9U);
  EXPECT_EQ(producer_->link().disconnects, 1U);
  EXPECT_TRUE(producer_->link().last_error.starts_with("broker unreachable: ")) << producer_->link().last_error;
  cluster_.set_up(true);
  ASSERT_TRUE(wait([&] { return producer_->outstanding() == 0; }));
  EXPECT_TRUE(producer_->link().connected);
  ASSERT_EQ(deliveries_.size(), 10U);
  for (std::uint64_t i = 0; i < 10; ++i) {
    EXPECT_EQ(deliveries_[i].tag, i + 1);
    EXPECT_EQ(deliveries_[i].outcome, Outcome::kStored);
  }
}

TEST_F(ProducerFaults, SeesTheBrokerComeAndGoWhileNothingIsSent) {
  ASSERT_TRUE(wait([&] { return producer_->link().connected; }));
  for (std::uint64_t outage = 1; outage <= 2; ++outage) {
    cluster_.set_up(false);
    ASSERT_TRUE(wait([&] { return !producer_->link().connected; }));
    EXPECT_EQ(producer_->link().disconnects, outage);
    cluster_.set_up(true);
    ASSERT_TRUE(wait([&] { return producer_->link().connected; })) << producer_->link().last_error;
  }
}

TEST_F(ProducerFaults, StartsWithoutAWordInTheLog) {
  ASSERT_TRUE(wait([&] { return producer_->link().connected; }));
  EXPECT_TRUE(producer_->take_log_lines().empty());
}

TEST_F(ProducerFaults, IsFatalWhenTheSequenceIsLostAndGivesBackWhatIsOutstanding) {
  cluster_.push_errors(kProduceApi, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  ASSERT_TRUE(sent("t", 1));
  ASSERT_TRUE(wait([&] { return producer_->link().fatal; }));
  EXPECT_TRUE(producer_->link().last_error.starts_with("fatal: ")) << producer_->link().last_error;
  ASSERT_TRUE(sent("t", 2)) << "the report tells";
  producer_->purge();
  ASSERT_TRUE(wait([&] { return producer_->outstanding() == 0; }));
  ASSERT_EQ(deliveries_.size(), 2U);
  for (const Delivery& delivery : deliveries_) {
    EXPECT_EQ(delivery.outcome, Outcome::kAgain) << delivery.error;
    EXPECT_NE(delivery.error, "");
  }
}

TEST_F(ProducerFaults, PurgeGivesBackWhatTheAbsentBrokerDidNotTake) {
  ASSERT_TRUE(sent("t", 1));
  ASSERT_TRUE(wait([&] { return deliveries_.size() == 1; }));
  cluster_.set_up(false);
  for (std::uint64_t tag = 2; tag <= 5; ++tag) ASSERT_TRUE(sent("t", tag));
  producer_->purge();
  ASSERT_TRUE(wait([&] { return producer_->outstanding() == 0; }));
  ASSERT_EQ(deliveries_.size(), 5U);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(deliveries_[i].outcome, Outcome::kAgain);
}

struct Answer {
  const char* name;
  rd_kafka_resp_err_t code;
  Outcome outcome;
};

TEST_F(ProducerFaults, ReportsTheBrokersAnswers) {
  const Answer answers[] = {
      {"NotAuthorised", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Outcome::kPause},
      {"TooLargeForTheTopic", RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Outcome::kPoison},
      {"StaleLeaderIsRetriedInside", RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Outcome::kStored},
  };
  for (const Answer& row : answers) {
    auto producer = Producer::create(quick_options(cluster_.brokers()));
    ASSERT_TRUE(producer);
    producer_ = std::move(producer).value();
    deliveries_.clear();
    cluster_.push_errors(kProduceApi, {row.code});
    ASSERT_TRUE(sent("t", 3));
    ASSERT_TRUE(wait([&] { return !deliveries_.empty(); })) << row.name;
    EXPECT_EQ(deliveries_[0].outcome, row.outcome) << row.name << ": " << deliveries_[0].error;
    EXPECT_EQ(deliveries_[0].error.empty(), row.outcome == Outcome::kStored) << row.name;
    // After a refusal the handle takes no more, so that nothing overtakes what was refused.
    EXPECT_EQ(producer_->link().fatal, row.outcome != Outcome::kStored) << row.name;
  }
}

TEST_F(ProducerFaults, PausesForATopicThatIsNotThereAtOnceAndLater) {
  cluster_.set_topic_error("missing", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  ASSERT_TRUE(sent("missing", 1));
  ASSERT_TRUE(wait([&] { return !deliveries_.empty(); }));
  EXPECT_EQ(deliveries_[0].outcome, Outcome::kPause) << deliveries_[0].error;
  // By now the handle knows, and refuses while sending.
  ASSERT_TRUE(sent("missing", 2));
  ASSERT_TRUE(sent("t", 3)) << "a good topic, but behind one that was refused";
  EXPECT_EQ(producer_->outstanding(), 2U);
  ASSERT_TRUE(wait([&] { return deliveries_.size() == 3; }));
  EXPECT_EQ(deliveries_[2].outcome, Outcome::kAgain);
  EXPECT_EQ(deliveries_[1].tag, 2U);
  EXPECT_EQ(deliveries_[1].outcome, Outcome::kPause) << deliveries_[1].error;
  EXPECT_EQ(producer_->outstanding(), 0U);
}

TEST(ProducerWithoutBroker, SaysWhyAndKeepsItsLogToItself) {
  // Nothing listens on port 1 of this machine.
  auto producer = Producer::create(quick_options("127.0.0.1:1"));
  ASSERT_TRUE(producer) << "an absent broker is no error";
  std::vector<Delivery> deliveries;
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE((*producer)->send({"t", "k", "v"}, 1));
  std::vector<std::string> lines;
  ASSERT_TRUE(poll_until(**producer, deliveries, [&] {
    const auto more = (*producer)->take_log_lines();
    lines.insert(lines.end(), more.begin(), more.end());
    return !lines.empty() && !(*producer)->link().last_error.empty();
  }));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_NE((*producer)->link().last_error.find("Connection refused"), std::string::npos)
      << (*producer)->link().last_error;
  EXPECT_FALSE((*producer)->link().connected);
  EXPECT_EQ((*producer)->outstanding(), 1U);
}

}  // namespace
}  // namespace odograph::kafka
