#include "fleet/lambda/msk_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/lambda/test_events.h"

namespace odograph::lambda {
namespace {

using testing::HasSubstr;

const std::string kStart = R"({"eventSource":"aws:kafka","records":)";
const std::string kTopic = R"("topic":"raw-data-topic",)";

std::string with_record(const std::string& record) { return kStart + R"({"raw-data-topic-3":[)" + record + "]}}"; }

TEST(MskEvent, TakesTheDocumentedShape) {
  const auto event = parse_msk_event(R"({
    "eventSource": "aws:kafka",
    "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/demo/751d2973-a626-431c-9d4e-d7975eb44dd7-2",
    "bootstrapServers": "b-2.demo.a1bcde.c1.kafka.us-east-1.amazonaws.com:9092",
    "records": {
      "raw-data-topic-0": [
        {"topic": "raw-data-topic", "partition": 0, "offset": 15, "timestamp": 1545084650987,
         "timestampType": "CREATE_TIME", "key": "dHJ1Y2stMTc=", "value": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
         "headers": [{"headerKey": [104, 101, 97, -100]}]},
        {"topic": "raw-data-topic", "partition": 0, "offset": 17, "timestamp": 1545084650988,
         "timestampType": "LOG_APPEND_TIME", "value": null, "headers": []}
      ],
      "raw-data-topic-11": []
    }})");
  ASSERT_TRUE(event) << event.error().what;
  ASSERT_EQ(event->messages.size(), 2U);
  const kafka::Message& first = event->messages[0];
  EXPECT_EQ(first.topic, "raw-data-topic");
  EXPECT_EQ(first.partition, 0);
  EXPECT_EQ(first.offset, 15);
  EXPECT_EQ(first.timestamp_ms, 1545084650987);
  EXPECT_EQ(first.key, "truck-17");
  EXPECT_EQ(first.value, "Hello, this is a test.");
  EXPECT_FALSE(first.is_append_time);
  EXPECT_TRUE(event->messages[1].is_append_time);
  EXPECT_FALSE(first.tombstone);
  EXPECT_TRUE(event->messages[1].tombstone);
  EXPECT_EQ(event->messages[1].key, "");
  EXPECT_THAT(event->states, testing::IsEmpty());
}

TEST(MskEvent, TakesAnEmptyBatchOfAnyKafka) {
  EXPECT_TRUE(parse_msk_event(R"({"eventSource":"SelfManagedKafka","bootstrapServers":"a:9092","records":{}})"));
}

TEST(MskEvent, TakesTheStateThatTheCallerKept) {
  const auto event = parse_msk_event(kStart + R"({},"state":[{"partition":2,"key":"truck-17","value":"Zm8="}]})");
  ASSERT_TRUE(event) << event.error().what;
  EXPECT_THAT(event->states, testing::ElementsAre(StateRow{2, "truck-17", "fo"}));
  EXPECT_TRUE(parse_msk_event(kStart + R"({},"state":null})"));
}

struct Refusal {
  const char* name = "";
  std::string json{};
  const char* says = "";
};

TEST(MskEvent, NamesWhatItRefuses) {
  const std::string place = kTopic + R"("partition":3,"offset":7)";
  const std::string list = R"(records["raw-data-topic-3"])";
  const Refusal refusals[] = {
      {"empty", "", "the whole: is no JSON"},
      {"cut", kStart + "{", "the whole: is no JSON"},
      {"an array", "[]", "the whole: expected an object, found array"},
      {"another service's", R"({"Records":[{"eventSource":"aws:sqs"}]})", "eventSource: expected"},
      {"a source that is no text", R"({"eventSource":1,"records":{}})", "eventSource: expected"},
      {"no records", R"({"eventSource":"aws:kafka"})", "records: is missing"},
      {"records of Kinesis", kStart + "[]}", "records: expected an object, found array"},
      {"no list", kStart + R"({"raw-data-topic-3":{}}})", R"(records["raw-data-topic-3"]: expected an array)"},
      {"no record", with_record("7"), R"([0]: expected an object, found number)"},
      {"no topic", with_record(R"({"partition":3,"offset":7})"), "[0].topic: expected a text"},
      {"another topic", with_record(R"({"topic":"alerts-topic","partition":3,"offset":7})"),
       "reads raw-data-topic alone"},
      {"no partition", with_record("{" + kTopic + R"("offset":7})"), "[0].partition: is missing"},
      {"a partition in words", with_record("{" + kTopic + R"("partition":"3","offset":7})"),
       "partition: expected an int"},
      {"half a partition", with_record("{" + kTopic + R"("partition":3.0,"offset":7})"),
       "partition: expected an integer"},
      {"below 0", with_record("{" + kTopic + R"("partition":-1,"offset":7})"), "partition: expected 0 or more"},
      {"too many", with_record("{" + kTopic + R"("partition":1000,"offset":7})"), "partition: expected less than 1000"},
      {"of another list", with_record("{" + kTopic + R"("partition":4,"offset":7})"), "is not that of the list"},
      {"no offset", with_record("{" + kTopic + R"("partition":3})"), "[0].offset: is missing"},
      {"2^63", with_record("{" + kTopic + R"("partition":3,"offset":9223372036854775808})"),
       "offset: expected 0 or more"},
      {"a date", with_record("{" + place + R"(,"timestamp":"2026"})"), "[0].timestamp: expected an integer"},
      {"a key that is no text", with_record("{" + place + R"(,"key":[1]})"), "[0].key: expected base64 or null"},
      {"a key in the clear", with_record("{" + place + R"(,"key":"truck-17"})"), "[0].key: is no base64"},
      {"a value in the clear", with_record("{" + place + R"(,"value":"{}"})"), "[0].value: is no base64"},
      {"the same twice", with_record("{" + place + "},{" + place + "}"), "[1].offset: is not above the one before"},
      {"state in words", kStart + R"({},"state":"none"})", "state: expected an array, found string"},
      {"a state that is none", kStart + R"({},"state":[1]})", "state[0]: expected an object"},
      {"a state without key", kStart + R"({},"state":[{"partition":1,"value":""}]})", "state[0].key: expected a text"},
      {"a state of nothing", kStart + R"({},"state":[{"partition":1,"key":"a"}]})", "state[0].value: expected base64"},
  };
  for (const Refusal& refusal : refusals) {
    const auto event = parse_msk_event(refusal.json);
    ASSERT_FALSE(event) << refusal.name;
    EXPECT_EQ(event.error().action, base::Action::kDrop) << refusal.name;
    EXPECT_THAT(event.error().what, HasSubstr(refusal.says)) << refusal.name;
  }
  EXPECT_THAT(parse_msk_event(with_record("7")).error().what, HasSubstr("event: " + list + "[0]"));
}

TEST(MskEvent, IsBounded) {
  std::string records;
  for (std::size_t i = 0; i <= kEventRecordsMax; ++i) {
    records += (i == 0 ? "{" : ",{") + kTopic + R"("partition":3,"offset":)" + std::to_string(i) + '}';
  }
  const auto many = parse_msk_event(with_record(records));
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().what, HasSubstr("[10000]: more than 10000 records"));
  const auto large = parse_msk_event(std::string(kEventBytesMax + 1, ' '));
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().what, HasSubstr("more than 7340032 bytes"));
}

TEST(MskEvent, IsNotDeep) {
  const auto nested = [](std::size_t levels) {
    return kStart + R"({},"other":"}]\"}","more":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + '}';
  };
  EXPECT_TRUE(parse_msk_event(nested(32)));
  for (const std::string& deep : {nested(33), std::string(kEventBytesMax, '[')}) {
    const auto event = parse_msk_event(deep);
    ASSERT_FALSE(event);
    EXPECT_THAT(event.error().what, HasSubstr("more than 32 levels"));
  }
}

}  // namespace
}  // namespace odograph::lambda
