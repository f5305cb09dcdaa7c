#include "fleet/lambda/kept_function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fleet/lambda/test_cluster.h"
#include "fleet/lambda/test_events.h"
#include "fleet/process/partition_note.h"
#include "fleet/topics/topic_table.h"

namespace odograph::lambda {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

FunctionRules rules() {
  FunctionRules rules;
  rules.processor.rules.limit_cmps = 2222;
  return rules;
}

class KeptFunctionTest : public testing::Test {
 protected:
  std::unique_ptr<KeptFunction> environment() {
    KeptConnections connections;
    connections.marks = std::make_unique<FakeConsumer>(cluster_);
    connections.make_reader = [this] { return std::unique_ptr<kafka::Consumer>(new FakeConsumer(cluster_)); };
    connections.make_producer = [this](std::int32_t partition) {
      return std::unique_ptr<kafka::TransactionalProducer>(new FakeProducer(cluster_, std::to_string(partition)));
    };
    return std::make_unique<KeptFunction>(rules(), std::move(connections), clock_);
  }

  std::vector<std::string> stored_alerts() {
    std::vector<std::string> lines;
    for (const kafka::Message& each : cluster_.topics[topics::kAlerts][0]) lines.push_back(line_of(each));
    return lines;
  }

  template <class T>
  static std::string line_of(const T& message, const std::string& value) {
    std::string line = message.key + '|' + value;
    for (const auto& [name, text] : message.headers) line += '|' + name + '=' + text;
    return line;
  }
  static std::string line_of(const kafka::Message& message) { return line_of(message, message.value); }

  static std::vector<std::string> by_the_processor(const std::vector<kafka::Message>& messages) {
    const auto processor = make_processor(rules());
    vehicle::Outcome outcome;
    for (const kafka::Message& message : messages) processor->on_message(message, outcome);
    std::vector<std::string> lines;
    for (const vehicle::Output& output : outcome.outputs) {
      if (output.topic == topics::kAlerts) lines.push_back(line_of(output, *output.value));
    }
    return lines;
  }

  static MskEvent event_of(const std::vector<kafka::Message>& messages) { return {messages, {}}; }

  /// Random batches to random environments, some of them twice, some commits with bad luck.
  void drive(const std::vector<kafka::Message>& messages, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::unique_ptr<KeptFunction>> environments;
    for (int i = 0; i < 3; ++i) environments.push_back(environment());
    for (auto at = messages.begin(); at != messages.end();) {
      const auto end = at + std::min<std::ptrdiff_t>(messages.end() - at, 1 + static_cast<int>(random() % 4));
      const MskEvent event = event_of({at, end});
      if (random() % 8 == 0) environments[random() % 3] = environment();
      if (random() % 4 == 0) cluster_.fates.push_back(static_cast<Fate>(random() % 4));
      const auto answer = environments[random() % 3]->invoke(event);
      if (random() % 4 == 0) continue;  // It was answered, but Lambda does not know.
      if (answer) at = end;
    }
  }

  Cluster cluster_;
  base::VirtualClock clock_;
};

TEST_F(KeptFunctionTest, WritesWhatTheProcessorWritesOnceWhateverHappens) {
  const auto messages = speeding("truck-1", 2);
  const auto expected = by_the_processor(messages);
  for (unsigned seed = 1; seed <= 30; ++seed) {
    cluster_ = {};
    drive(messages, seed);
    EXPECT_EQ(stored_alerts(), expected) << "seed " << seed;
  }
}

TEST_F(KeptFunctionTest, WouldNotWithoutFences) {
  const auto messages = speeding("truck-1", 2);
  int wrong = 0;
  for (unsigned seed = 1; seed <= 30; ++seed) {
    cluster_ = {};
    cluster_.fences = false;
    drive(messages, seed);
    wrong += stored_alerts() == by_the_processor(messages) ? 0 : 1;
  }
  EXPECT_GT(wrong, 0) << "nothing was put to the test";
}

TEST_F(KeptFunctionTest, AnswersWhatItCommittedAndNothingASecondTime) {
  const auto messages = speeding("truck-1", 0);
  const auto function = environment();
  const auto first = function->invoke(event_of(messages));
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->outputs.size(), stored_alerts().size());
  EXPECT_THAT(first->states, IsEmpty());
  EXPECT_EQ(cluster_.topics.count(topics::kProcessedData), 0U);
  const auto again = environment()->invoke(event_of(messages));
  ASSERT_TRUE(again);
  EXPECT_THAT(again->outputs, IsEmpty());
  EXPECT_EQ(stored_alerts(), by_the_processor(messages));
}

TEST_F(KeptFunctionTest, ReadsItsStateOnceWhileNobodyElseWorks) {
  const auto messages = speeding("truck-1", 0);
  ASSERT_TRUE(environment()->invoke(event_of({messages[0]})));
  const auto function = environment();
  for (std::size_t i = 1; i < messages.size(); ++i) ASSERT_TRUE(function->invoke(event_of({messages[i]})));
  EXPECT_EQ(cluster_.restores, 1U);
  EXPECT_EQ(stored_alerts(), by_the_processor(messages));
}

TEST_F(KeptFunctionTest, TakesANewProducerAfterADisturbance) {
  const auto messages = speeding("truck-1", 0);
  cluster_.fates = {Fate::kDisturbed};
  const auto function = environment();
  ASSERT_TRUE(function->invoke(event_of({messages[0]})));
  EXPECT_EQ(cluster_.producers, 0U);
  ASSERT_TRUE(function->invoke(event_of({messages[1]})));
  EXPECT_EQ(cluster_.epochs["0"], 2);
}

TEST_F(KeptFunctionTest, FailsTheInvocationWhenTheBrokersDo) {
  const auto messages = speeding("truck-1", 0);
  const auto function = environment();
  cluster_.reachable = false;
  auto answer = function->invoke(event_of(messages));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, base::Action::kRetry);
  cluster_.reachable = true;
  cluster_.fates = {Fate::kRefused, Fate::kRefused};
  answer = function->invoke(event_of(messages));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, base::Action::kRetry);
  EXPECT_THAT(answer.error().what, HasSubstr("partition 0: commit: refused"));
  ASSERT_TRUE(function->invoke(event_of(messages)));
  EXPECT_EQ(stored_alerts(), by_the_processor(messages));
}

TEST_F(KeptFunctionTest, DoesNothingWhilePartitionsAreAdded) {
  const auto messages = speeding("truck-1", 0);
  const auto row = [&](const std::string& key, const std::string& value) {
    kafka::Message message;
    message.topic = topics::kVehicleState;
    message.key = key;
    message.value = value;
    message.tombstone = value.empty();
    auto& log = cluster_.topics[topics::kVehicleState][0];
    message.offset = static_cast<std::int64_t>(log.size());
    log.push_back(message);
  };
  const auto refused = [&] {
    const auto answer = environment()->invoke(event_of(messages));
    return answer ? "" : answer.error().what;
  };
  row(process::kScalingKey, "x");
  EXPECT_THAT(refused(), HasSubstr("topics scale is under way"));
  row(process::kScalingKey, "");
  row(process::note_key(0), process::to_bytes({.partitions = 3, .inherited = {{1, 5, 9}}}));
  EXPECT_THAT(refused(), HasSubstr("run odograph-fleet process until they are"));
  row(process::note_key(0), process::to_bytes({.partitions = 3, .inherited = {}}));
  EXPECT_EQ(refused(), "");
  EXPECT_EQ(stored_alerts(), by_the_processor(messages));
}

TEST_F(KeptFunctionTest, SaysThatTheTopicsDoNotFit) {
  const auto answer = environment()->invoke(event_of(speeding("truck-1", FakeConsumer::kPartitions)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, base::Action::kStop);
  EXPECT_THAT(answer.error().what, HasSubstr("odograph-fleet topics check"));
}

TEST_F(KeptFunctionTest, HoldsSoManyProducersAndNoMore) {
  std::vector<kafka::Message> messages;
  for (std::int32_t partition = 0; partition < FakeConsumer::kPartitions; ++partition) {
    const auto more = speeding("truck-" + std::to_string(partition), partition);
    messages.insert(messages.end(), more.begin(), more.end());
  }
  const auto function = environment();
  ASSERT_TRUE(function->invoke(event_of(messages)));
  EXPECT_LE(cluster_.producers_most, KeptFunction::kPartitionsHeldMax + 1);
  EXPECT_EQ(cluster_.producers, KeptFunction::kPartitionsHeldMax);
  EXPECT_EQ(stored_alerts(), by_the_processor(messages));
}

TEST_F(KeptFunctionTest, GivesUpWhatNoBrokerTakesInsteadOfTryingForEver) {
  kafka::Message large = noise(0, 0);
  large.value = std::string(2 << 20, 'x');
  const auto answer = environment()->invoke(event_of({large, noise(0, 1)}));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_THAT(answer->notes, testing::Contains(HasSubstr("given up")));
  EXPECT_EQ(cluster_.topics[topics::kDeadLetter][0].size(), 1U);
}

TEST_F(KeptFunctionTest, TakesNoStateFromTheCaller) {
  const auto answer = environment()->invoke({{}, {{0, "truck-1", "x"}}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, base::Action::kDrop);
}

}  // namespace
}  // namespace odograph::lambda
