#include "fleet/lambda/function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "fleet/lambda/answer_json.h"
#include "fleet/lambda/carried_function.h"
#include "fleet/lambda/test_events.h"
#include "fleet/topics/topic_table.h"

namespace odograph::lambda {
namespace {

using testing::IsEmpty;

FunctionRules rules() {
  FunctionRules rules;
  rules.processor.rules.limit_cmps = 2222;
  return rules;
}

/// What a message on a topic is, to the last byte.
using Written = std::vector<std::string>;
Written written(const std::vector<vehicle::Output>& outputs) {
  Written lines;
  for (const vehicle::Output& output : outputs) {
    if (output.topic != topics::kAlerts && output.topic != topics::kDeadLetter) continue;
    std::string line = output.topic + '|' + output.key + '|' + output.value.value_or("tombstone");
    for (const auto& [name, value] : output.headers) line += '|' + name + '=' + value;
    lines.push_back(std::move(line));
  }
  return lines;
}

Written by_the_processor(const std::vector<kafka::Message>& messages) {
  const auto processor = make_processor(rules());
  vehicle::Outcome outcome;
  for (const kafka::Message& message : messages) processor->on_message(message, outcome);
  return written(outcome.outputs);
}

MskEvent event_of(const std::vector<kafka::Message>& messages, std::vector<StateRow> states = {}) {
  auto event = parse_msk_event(event_json(messages));
  EXPECT_TRUE(event) << event.error().what;
  event->states = std::move(states);
  return std::move(*event);
}

TEST(CarriedFunction, AnswersWhatTheProcessorWrites) {
  const auto messages = speeding("truck-1", 0);
  const auto answer = CarriedFunction(rules()).invoke(event_of(messages));
  ASSERT_TRUE(answer) << answer.error().what;
  const Written expected = by_the_processor(messages);
  EXPECT_GE(expected.size(), 4U);
  EXPECT_EQ(written(answer->outputs), expected);
  EXPECT_EQ(answer->messages, messages.size());
  EXPECT_EQ(answer->outputs.size(), expected.size()) << "no reports";
}

TEST(CarriedFunction, AnswersTheSameHoweverTheBatchesAreCutAndRepeated) {
  auto messages = speeding("truck-1", 0);
  messages.insert(messages.begin() + 7, noise(0, 7));
  for (std::size_t i = 0; i < messages.size(); ++i) messages[i].offset = static_cast<std::int64_t>(i);
  const Written expected = by_the_processor(messages);
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<StateRow> states;
    Written all;
    for (auto at = messages.begin(); at != messages.end();) {
      const auto end = at + std::min<std::ptrdiff_t>(messages.end() - at, 1 + static_cast<int>(random() % 6));
      const MskEvent event = event_of({at, end}, states);
      const auto answer = CarriedFunction(rules()).invoke(event);
      ASSERT_TRUE(answer) << answer.error().what;
      // Each invocation is another environment; and Lambda calls a second time.
      const auto again = CarriedFunction(rules()).invoke(event);
      ASSERT_TRUE(again);
      EXPECT_EQ(written(again->outputs), written(answer->outputs));
      EXPECT_EQ(again->states, answer->states);
      const Written more = written(answer->outputs);
      all.insert(all.end(), more.begin(), more.end());
      states = answer->states;
      at = end;
    }
    EXPECT_EQ(all, expected) << "round " << round;
  }
}

TEST(CarriedFunction, WithoutItsStateForgetsWhatWasOpen) {
  const auto messages = speeding("truck-1", 0);
  Written all;
  for (const kafka::Message& message : messages) {
    const auto answer = CarriedFunction(rules()).invoke(event_of({message}));
    ASSERT_TRUE(answer);
    const Written more = written(answer->outputs);
    all.insert(all.end(), more.begin(), more.end());
  }
  EXPECT_NE(all, by_the_processor(messages)) << "the state is of no use?";
}

TEST(CarriedFunction, KeepsPartitionsAndVehiclesApart) {
  auto messages = speeding("truck-1", 0);
  for (const auto& [vehicle, partition] : {std::pair{"truck-2", 10}, std::pair{"truck-3", 2}}) {
    const auto more = speeding(vehicle, partition, 1000);
    messages.insert(messages.end(), more.begin(), more.end());
  }
  const auto answer = CarriedFunction(rules()).invoke(event_of(messages));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_THAT(written(answer->outputs), testing::UnorderedElementsAreArray(by_the_processor(messages)));
  EXPECT_EQ(answer->states.size(), 6U) << "three vehicles, and a note for each partition";
}

TEST(CarriedFunction, PutsPoisonAsideAndGoesOn) {
  auto messages = speeding("truck-1", 0);
  kafka::Message strange = messages[3];
  strange.key = "truck-2";
  const auto answer = CarriedFunction(rules()).invoke(event_of({noise(1, 5), strange, messages[4]}));
  ASSERT_TRUE(answer) << answer.error().what;
  ASSERT_EQ(answer->outputs.size(), 3U);
  const auto json = to_json(*answer);
  ASSERT_TRUE(json);
  const auto parsed = nlohmann::json::parse(*json);
  ASSERT_EQ(parsed["dead_letters"].size(), 2U);
  EXPECT_EQ(parsed["dead_letters"][0]["reason"], "the key is not the vehicle id truck-1");
  EXPECT_EQ(parsed["dead_letters"][1]["source_offset"], 5);
  EXPECT_EQ(parsed["dead_letters"][1]["source_partition"], 1);
  EXPECT_EQ(parsed["dead_letters"][1]["value"], to_base64("no batch"));
  EXPECT_EQ(parsed["alerts"].size(), 1U);
}

TEST(CarriedFunction, RefusesAStateThatIsNone) {
  const auto answer = CarriedFunction(rules()).invoke(event_of({noise(0, 1)}, {{0, "truck-1", "\xff\xff"}}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, base::Action::kDrop);
  EXPECT_THAT(answer.error().what, testing::HasSubstr("state of truck-1"));
}

TEST(AnswerJson, HasAlertsAsBytesAndInWords) {
  const auto messages = speeding("truck-1", 0);
  const auto answer = CarriedFunction(rules()).invoke(event_of(messages));
  ASSERT_TRUE(answer);
  const auto json = to_json(*answer);
  ASSERT_TRUE(json);
  const auto parsed = nlohmann::json::parse(*json);
  const auto& alert = parsed["alerts"][0];
  EXPECT_EQ(alert["key"], "truck-1");
  EXPECT_EQ(from_base64(alert["value"].get<std::string>()), *answer->outputs[0].value);
  EXPECT_EQ(alert["alert"]["state"], "RAISED");
  EXPECT_EQ(alert["alert"]["start_time"], "2010-04-03T12:00:20.000Z");
  EXPECT_EQ(alert["headers"]["ce_type"], "fleet.alert.overspeed.v1");
  EXPECT_THAT(parsed["dead_letters"], IsEmpty());
  EXPECT_EQ(parsed["state"].size(), 2U);
  EXPECT_EQ(parsed["messages"], messages.size());
}

TEST(AnswerJson, IsBounded) {
  Answer answer;
  answer.outputs.push_back({topics::kDeadLetter, "truck-1", std::string(kAnswerBytesMax, 'x'), {{"reason", "noise"}}});
  const auto json = to_json(answer);
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().action, base::Action::kDrop);
  EXPECT_EQ(counts_json(answer), R"({"messages": 0, "alerts_left_out": 0, "dead_letters_left_out": 1})");
}

TEST(AnswerJson, TellsWhoHasToMendAFailure) {
  EXPECT_EQ(to_json(base::retry_error("no \"broker\"")),
            R"({"errorMessage": "no \"broker\"", "errorType": "Odograph.Unavailable", "stackTrace": []})");
  EXPECT_EQ(error_type(base::Action::kDrop), "Odograph.BadEvent");
  EXPECT_EQ(error_type(base::Action::kStop), "Odograph.Misconfigured");
}

}  // namespace
}  // namespace odograph::lambda
