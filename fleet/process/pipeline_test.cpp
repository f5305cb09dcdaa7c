#include "fleet/process/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/process/connect.h"
#include "fleet/process/drive.h"
#include "fleet/topics/topic_table.h"
#include "lib/kafka/mock_broker.h"
#include "proto/public/alert.pb.h"
#include "proto/public/processed.pb.h"

namespace odograph::process {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadline{60};

/// The whole processor against librdkafka's mock broker, which it reaches over TCP.
class PipelineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto broker = kafka::MockBroker::create();
    ASSERT_TRUE(broker);
    broker_ = std::move(*broker);
    for (const auto& spec : topics::topic_table(topics::kDevelopment)) {
      ASSERT_TRUE(broker_->create_topic(spec.name, spec.partitions));
    }
  }

  kafka::ProducerOptions producer_options() const {
    kafka::ProducerOptions options;
    options.brokers = broker_->brokers();
    options.client_id = "test";
    options.linger = base::Millis(1);
    return options;
  }

  void produce(const std::vector<kafka::Message>& messages) {
    auto producer = kafka::Producer::create(producer_options());
    ASSERT_TRUE(producer);
    std::vector<kafka::Delivery> deliveries;
    for (const auto& message : messages) {
      ASSERT_TRUE((*producer)->send({message.topic, message.key, message.value}, 0));
    }
    (*producer)->flush(kDeadline, deliveries);
    ASSERT_EQ(deliveries.size(), messages.size());
    for (const auto& delivery : deliveries) ASSERT_EQ(delivery.outcome, kafka::Delivery::Outcome::kStored);
  }

  std::unique_ptr<Pipeline> make_pipeline(Begin begin = Begin::kEarliest, Memory memory = Memory::kKept) {
    ConnectOptions options;
    options.brokers = broker_->brokers();
    options.group = "odograph-process";
    // The mock keeps no offsets of a transaction, so what is asked of it here is the other way.
    options.guarantee = Guarantee::kAtLeastOnce;
    // The mock makes a group wait for its session time-out before it goes on.
    options.session_timeout = base::Millis(6'000);
    auto connections = connect(options);
    EXPECT_TRUE(connections);
    if (change_) change_(*connections);
    PipelineOptions pipeline;
    pipeline.processor.rules.limit_cmps = 2222;
    pipeline.commit_interval = base::Millis(50);
    pipeline.begin = begin;
    pipeline.memory = memory;
    return std::make_unique<Pipeline>(pipeline, std::move(*connections), clock_);
  }

  /// Steps until `done` says so; false after the deadline.
  template <class Done>
  bool step_until(Pipeline& pipeline, Done done) {
    const auto end = steady_clock::now() + kDeadline;
    while (!done(pipeline.counters())) {
      if (steady_clock::now() > end) return false;
      const auto status = pipeline.step(notes_);
      EXPECT_TRUE(status) << status.error().what;
      if (!status) return false;
    }
    return true;
  }

  std::vector<kafka::Message> read_all(const std::string& topic, int partitions) {
    kafka::ConsumerOptions options;
    options.brokers = broker_->brokers();
    options.client_id = "reader";
    auto consumer = kafka::Consumer::create(options);
    EXPECT_TRUE(consumer);
    std::vector<kafka::TopicPartition> all;
    for (int i = 0; i < partitions; ++i) all.push_back({topic, i, -2});
    EXPECT_TRUE((*consumer)->assign(all));
    std::vector<kafka::Message> messages;
    kafka::ConsumerEvents events;
    const auto end = steady_clock::now() + kDeadline;
    while (events.ended.size() < all.size() && steady_clock::now() < end) {
      (*consumer)->poll(base::Millis(100), 1000, messages, events);
    }
    return messages;
  }

  base::RealClock clock_;
  std::unique_ptr<kafka::MockBroker> broker_;
  Notes notes_;
  std::function<void(Connections&)> change_;  ///< Before the pipeline is made.
};

/// Takes all, and then the brokers do not let it.
class RefusedProducer final : public kafka::TransactionalProducer {
 public:
  base::Status init(std::chrono::milliseconds) override { return {}; }
  base::Status begin() override { return {}; }
  base::Status send(const kafka::Outgoing&) override { return {}; }
  base::Status flush(std::chrono::milliseconds) override { return {}; }
  base::Status send_offsets(const std::vector<kafka::TopicPartition>&, const kafka::GroupMetadata&,
                            std::chrono::milliseconds) override {
    return base::drop_error("what followed from it");
  }
  base::Status commit(std::chrono::milliseconds) override { return base::stop_error("nobody asks"); }
  base::Status abort(std::chrono::milliseconds) override { return {}; }
  bool is_fenced() const override { return false; }
  std::string refusal() const override { return "identity AKID may not write to alerts-topic"; }
  std::uint64_t disturbances() const override { return 0; }
  std::vector<std::string> take_log_lines() override { return {}; }
};

std::vector<model::Record> some_records() {
  std::vector<model::Record> records;
  for (int second = 0; second < 60; ++second) records.push_back(record_at(second, second < 20 ? 100 : 50));
  return records;
}

TEST_F(PipelineTest, WritesReportsAlertsAndDeadLettersAndDropsRepeats) {
  const auto message = message_of(header_of("truck-17"), some_records());
  auto noise = message;
  noise.value = "noise";
  produce({message, noise, message, message_of(header_of("truck-18"), some_records())});
  auto pipeline = make_pipeline();
  ASSERT_TRUE(step_until(*pipeline, [](const Counters& counters) { return counters.messages == 4; }));
  ASSERT_TRUE(pipeline->finish(notes_));
  const Counters counters = pipeline->counters();
  EXPECT_EQ(counters.repeats, 60U);
  EXPECT_EQ(counters.dead_letters, 1U);
  EXPECT_EQ(counters.gaps_unexplained, 0U);
  const Work work = pipeline->work();
  EXPECT_EQ(work.doing, Work::Doing::kWorking);
  EXPECT_EQ(work.append.all.count(), 4U);
  EXPECT_EQ(work.append.all.counts().back(), 0U) << "just now";
  EXPECT_EQ(work.event.all.count(), 2U) << "neither noise nor repeats";
  EXPECT_EQ(work.event.all.counts().back(), 2U) << "of 2010";
  EXPECT_GE(counters.commits, 1U);

  EXPECT_EQ(read_all(topics::kProcessedData, 3).size(), 120U);
  std::vector<std::string> states;
  for (const auto& alert_message : read_all(topics::kAlerts, 3)) {
    odograph::Alert alert;
    ASSERT_TRUE(alert.ParseFromString(alert_message.value));
    if (alert_message.key == "truck-17") states.push_back(odograph::Alert::State_Name(alert.state()));
  }
  EXPECT_THAT(states, testing::ElementsAre("RAISED", "CLEARED"));
  const auto letters = read_all(topics::kDeadLetter, 1);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters.front().value, "noise");
  EXPECT_EQ(letters.front().headers.size(), 4U);
}

TEST_F(PipelineTest, GoesOnWhereItCommitted) {
  produce({message_of(header_of("truck-17"), some_records())});
  {
    auto first = make_pipeline();
    ASSERT_TRUE(step_until(*first, [](const Counters& counters) { return counters.commits == 1; }));
  }
  produce({message_of(header_of("truck-17"), some_records(), 61)});
  auto second = make_pipeline();
  ASSERT_TRUE(step_until(*second, [](const Counters& counters) { return counters.messages == 1; }));
  ASSERT_TRUE(second->finish(notes_));
  EXPECT_EQ(second->counters().records, 60U);
  EXPECT_EQ(read_all(topics::kProcessedData, 3).size(), 120U);
  EXPECT_THAT(read_all(topics::kVehicleState, 3), testing::Not(testing::IsEmpty()));
}

TEST_F(PipelineTest, LooksOnFromNowOnWithoutATraceInTheStateOfOthers) {
  produce({message_of(header_of("truck-17"), some_records())});
  auto pipeline = make_pipeline(Begin::kLatest, Memory::kProcess);
  const auto ends = [&] {
    return std::count_if(notes_.news.begin(), notes_.news.end(),
                         [](const std::string& line) { return line.starts_with("read to the end: "); });
  };
  ASSERT_TRUE(step_until(*pipeline, [&](const Counters&) { return ends() == 3; }));
  produce({message_of(header_of("truck-17"), some_records(), 61)});
  ASSERT_TRUE(step_until(*pipeline, [](const Counters& counters) { return counters.messages == 1; }));
  ASSERT_TRUE(pipeline->finish(notes_));
  EXPECT_EQ(pipeline->counters().records, 60U);
  EXPECT_EQ(read_all(topics::kProcessedData, 3).size(), 60U);
  EXPECT_THAT(read_all(topics::kVehicleState, 3), testing::IsEmpty());
}

TEST_F(PipelineTest, WhoIsRefusedWaitsForLongOrForOtherCredentials) {
  int made = 0;
  std::string credentials = "AKID";
  change_ = [&](Connections& connections) {
    connections.make_producer = [&](kafka::Consumer&) -> base::Result<std::unique_ptr<kafka::TransactionalProducer>> {
      ++made;
      return std::unique_ptr<kafka::TransactionalProducer>(std::make_unique<RefusedProducer>());
    };
    connections.credentials = [&] { return credentials; };
  };
  produce({message_of(header_of("truck-17"), some_records())});
  auto pipeline = make_pipeline();
  const auto is_paused = [&](const Counters&) { return pipeline->work().doing == Work::Doing::kPaused; };
  ASSERT_TRUE(step_until(*pipeline, is_paused));
  EXPECT_EQ(pipeline->work().refusal, "identity AKID may not write to alerts-topic");
  EXPECT_GT(pipeline->work().next_try, base::Millis(20'000));
  ASSERT_FALSE(notes_.troubles.empty());
  EXPECT_THAT(notes_.troubles.back(), testing::StartsWith("identity AKID may not write to alerts-topic; next try in "));
  EXPECT_THAT(notes_.troubles, testing::Not(testing::Contains("what followed from it")));
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(pipeline->step(notes_));
  EXPECT_EQ(made, 1) << "other failures wait for 200 ms";
  credentials = "AKIDNEW";
  ASSERT_TRUE(step_until(*pipeline, [&](const Counters&) { return made == 2; }));
  ASSERT_TRUE(step_until(*pipeline, is_paused));
  EXPECT_EQ(pipeline->counters().aborts, 2U);
  EXPECT_EQ(pipeline->counters().commits, 0U);
}

}  // namespace
}  // namespace odograph::process
