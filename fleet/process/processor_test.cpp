#include "fleet/process/processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/process/drive.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/alert.pb.h"
#include "proto/public/processed.pb.h"

namespace odograph::process {
namespace {

using model::Lane;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ProcessorOptions options_80() {
  ProcessorOptions options;
  options.rules.limit_cmps = 2222;
  return options;
}

/// Feeds messages as one partition, counting offsets from `first_offset`.
struct Feed {
  explicit Feed(const ProcessorOptions& options = options_80(), std::int64_t first_offset = 0)
      : processor(options), offset(first_offset) {}

  Outcome feed(kafka::Message message) {
    message.offset = offset++;
    Outcome outcome;
    processor.on_message(message, outcome);
    for (const Output& output : outcome.outputs) written.push_back(output);
    return outcome;
  }
  std::vector<std::string> values(const std::string& topic) const {
    std::vector<std::string> found;
    for (const Output& output : written) {
      if (output.topic == topic) found.push_back(*output.value);
    }
    return found;
  }

  Processor processor;
  std::int64_t offset;
  std::vector<Output> written;
};

TEST(Processor, WritesOneReportARecordUnderTheVehiclesKey) {
  Feed run;
  const auto outcome = run.feed(message_of(header_of("truck-17"), {record_at(0, 50), record_at(1, 51)}));
  ASSERT_EQ(outcome.outputs.size(), 2U);
  EXPECT_EQ(outcome.outputs[0].topic, topics::kProcessedData);
  EXPECT_EQ(outcome.outputs[0].key, "truck-17");
  odograph::ProcessedRecord second;
  ASSERT_TRUE(second.ParseFromString(*outcome.outputs[1].value));
  EXPECT_EQ(second.id(), "truck-17/0000000000000abc/bulk/4294967298");
  EXPECT_EQ(second.report().sequence(), 4294967298U);
  EXPECT_EQ(second.report().speed_mps(), 14.17);
  EXPECT_EQ(run.processor.counters().reports, 2U);
  EXPECT_EQ(run.processor.counters().vehicles, 1U);
}

TEST(Processor, DropsRepeatsOfAMessageAndOfItsParts) {
  Feed run;
  run.feed(message_of(header_of("a"), {record_at(0, 50), record_at(1, 50)}));
  EXPECT_THAT(run.feed(message_of(header_of("a"), {record_at(0, 50), record_at(1, 50)})).outputs, IsEmpty());
  EXPECT_EQ(run.feed(message_of(header_of("a"), {record_at(1, 50), record_at(2, 50)}, 2)).outputs.size(), 1U);
  EXPECT_EQ(run.processor.counters().repeats, 3U);
  EXPECT_EQ(run.processor.counters().gaps_unexplained, 0U);
}

TEST(Processor, KeepsVehiclesStreamsAndLanesApart) {
  Feed run;
  auto other_stream = header_of("a");
  other_stream.stream_id = 0xdef;
  for (const auto& header : {header_of("a"), header_of("b"), other_stream, header_of("a", Lane::kEvent)}) {
    EXPECT_EQ(run.feed(message_of(header, {record_at(0, 50)})).outputs.size(), 1U);
  }
  EXPECT_EQ(run.processor.counters().repeats, 0U);
}

TEST(Processor, TheLiveLaneIsReportedAndMovesNothingElse) {
  Feed run;
  auto preview = record_at(100, 150);
  for (int i = 0; i < 2; ++i) run.feed(message_of(header_of("a", Lane::kLive), {preview}));
  run.feed(message_of(header_of("a"), {record_at(0, 50)}));
  EXPECT_EQ(run.processor.counters().live, 2U);
  EXPECT_EQ(run.processor.counters().repeats, 0U);
  EXPECT_EQ(run.processor.counters().gaps_unexplained, 0U);
  EXPECT_THAT(run.values(topics::kAlerts), IsEmpty());
  odograph::ProcessedRecord first;
  ASSERT_TRUE(first.ParseFromString(*run.written.front().value));
  EXPECT_EQ(first.id(), "a/0000000000000abc/live/1270296100000");
  EXPECT_EQ(first.report().sequence(), 0U);
}

TEST(Processor, PreviewsBetweenChangeNothingThatBulkSays) {
  // The vehicle drives too fast from 60 s on; previews of that come long before its records do.
  const auto bulk = [](Feed& run, int second) {
    run.feed(message_of(header_of("a"), {record_at(second, second < 60 ? 50 : 120)},
                        static_cast<std::uint32_t>(second + 1)));
  };
  Feed plain;
  Feed previewed;
  for (int second = 0; second < 120; ++second) {
    bulk(plain, second);
    if (second % 10 == 0) previewed.feed(message_of(header_of("a", Lane::kLive), {record_at(100 + second, 120)}));
    bulk(previewed, second);
  }
  EXPECT_FALSE(plain.values(topics::kAlerts).empty());
  EXPECT_EQ(previewed.values(topics::kAlerts), plain.values(topics::kAlerts));
  std::vector<std::string> stored;
  std::size_t previews = 0;
  for (const std::string& value : previewed.values(topics::kProcessedData)) {
    odograph::ProcessedRecord record;
    ASSERT_TRUE(record.ParseFromString(value));
    record.report().lane() == odograph::VehicleReport::LIVE ? static_cast<void>(++previews) : stored.push_back(value);
  }
  EXPECT_EQ(stored, plain.values(topics::kProcessedData)) << "who leaves out LIVE counts every reading once";
  EXPECT_EQ(previews, 12U);
  EXPECT_EQ(previewed.processor.counters().gaps_unexplained, 0U);
}

struct RefusedCase {
  const char* name;
  kafka::Message message;
  const char* reason;
};

std::vector<RefusedCase> refused_cases() {
  kafka::Message noise;
  noise.topic = "raw-data-topic";
  noise.key = "a";
  noise.value = std::string("\xff\x00\x12noise", 8);
  kafka::Message nothing = noise;
  nothing.value.clear();
  nothing.tombstone = true;
  kafka::Message cut = message_of(header_of("a"), {record_at(0, 50)});
  cut.value.resize(cut.value.size() - 3);
  kafka::Message stranger = message_of(header_of("a"), {record_at(0, 50)});
  stranger.key = "b";
  kafka::Message without_key = stranger;
  without_key.key.clear();
  return {{"Noise", noise, ""},
          {"Tombstone", nothing, ""},
          {"CutShort", cut, ""},
          {"AnothersKey", stranger, "the key is not the vehicle id a"},
          {"NoKey", without_key, "the key is not the vehicle id a"}};
}

TEST(Processor, WritesADeadLetterForWhatItCannotRead) {
  for (const auto& row : refused_cases()) {
    Feed run;
    run.feed(message_of(header_of("z"), {record_at(0, 50)}));
    const auto outcome = run.feed(row.message);
    ASSERT_EQ(outcome.outputs.size(), 1U) << row.name;
    const Output& letter = outcome.outputs.front();
    EXPECT_EQ(letter.topic, topics::kDeadLetter) << row.name;
    EXPECT_EQ(*letter.value, row.message.value) << row.name;
    ASSERT_EQ(letter.headers.size(), 4U) << row.name;
    EXPECT_EQ(letter.headers[0].first, "reason") << row.name;
    EXPECT_FALSE(letter.headers[0].second.empty()) << row.name;
    EXPECT_THAT(letter.headers[0].second, HasSubstr(row.reason)) << row.name;
    EXPECT_THAT(letter.headers[1], testing::Pair("source_topic", "raw-data-topic")) << row.name;
    EXPECT_THAT(letter.headers[2], testing::Pair("source_partition", "0")) << row.name;
    EXPECT_THAT(letter.headers[3], testing::Pair("source_offset", "1")) << row.name;
    EXPECT_THAT(outcome.notes, ElementsAre(testing::StartsWith("dead letter: raw-data-topic partition 0 offset 1")));
    EXPECT_EQ(run.processor.counters().dead_letters, 1U) << row.name;
  }
}

TEST(Processor, ReportsGapsAndTakesThemBackWhenTheyAreExplained) {
  Feed run;
  run.feed(message_of(header_of("a"), {record_at(0, 50)}));
  EXPECT_THAT(run.feed(message_of(header_of("a"), {record_at(9, 50)}, 4)).notes,
              ElementsAre("unexplained gap: vehicle a, bulk lane, boot 1, records 2 to 3"));
  EXPECT_EQ(run.processor.counters().gaps_unexplained, 2U);
  model::Record loss = record_at(10, -1);
  loss.loss = model::LossReport{Lane::kBulk, 1, 2, 3, 2, model::LossReason::kEvictedSpace};
  run.feed(message_of(header_of("a", Lane::kEvent), {loss}));
  EXPECT_EQ(run.processor.counters().gaps_unexplained, 0U);
  EXPECT_EQ(run.processor.counters().gaps_explained, 2U);
}

TEST(Processor, ShowsWhatAVehicleThinned) {
  Feed run;
  auto loss = record_at(0, 50);
  loss.loss = model::LossReport{.lane = Lane::kBulk,
                                .boot = 1,
                                .first_n = 1,
                                .last_n = 400,
                                .count = 300,
                                .reason = model::LossReason::kThinned,
                                .error_m = 12};
  auto smaller = record_at(1, 50);
  smaller.loss = model::LossReport{.lane = Lane::kBulk,
                                   .boot = 1,
                                   .first_n = 401,
                                   .last_n = 800,
                                   .count = 200,
                                   .reason = model::LossReason::kThinned};
  auto other = record_at(2, 50);
  other.loss = model::LossReport{.lane = Lane::kBulk, .boot = 1, .first_n = 801, .last_n = 900, .count = 100};
  auto header = header_of("truck-17");
  header.lane = Lane::kEvent;
  run.feed(message_of(header, {loss, smaller, other}));
  EXPECT_EQ(run.processor.counters().records_thinned, 500U);
  EXPECT_EQ(run.processor.counters().thinned_error_m, 12U);
  odograph::ProcessedRecord told;
  ASSERT_TRUE(told.ParseFromString(*run.written.front().value));
  EXPECT_EQ(told.report().loss().reason(), odograph::LossReport::THINNED);
  EXPECT_EQ(told.report().loss().error_m(), 12);
  EXPECT_EQ(told.report().loss().count(), 300U);
}

TEST(Processor, JudgesTheHeadOfAStreamOnlyFromTheFirstOffset) {
  Feed from_start(options_80(), 0);
  from_start.feed(message_of(header_of("a"), {record_at(0, 50)}, 3));
  EXPECT_EQ(from_start.processor.counters().gaps_unexplained, 2U);
  Feed from_somewhere(options_80(), 17);
  from_somewhere.feed(message_of(header_of("a"), {record_at(0, 50)}, 3));
  EXPECT_EQ(from_somewhere.processor.counters().gaps_unexplained, 0U);
}

TEST(Processor, ForgetsAPartitionThatIsTakenAway) {
  Feed run;
  run.feed(message_of(header_of("a"), {record_at(0, 50)}));
  run.processor.drop(1);
  EXPECT_EQ(run.processor.counters().vehicles, 1U);
  run.processor.drop(0);
  EXPECT_EQ(run.processor.counters().vehicles, 0U);
  EXPECT_EQ(run.feed(message_of(header_of("a"), {record_at(0, 50)}, 9)).outputs.size(), 1U);
  EXPECT_EQ(run.processor.counters().gaps_unexplained, 0U);
}

TEST(Processor, HoldsNoMoreVehiclesThanItsBoundAndThenTrustsNoBeginning) {
  auto options = options_80();
  options.vehicles_max = 2;
  Feed run(options);
  for (const char* vehicle : {"a", "b", "a", "c"}) run.feed(message_of(header_of(vehicle), {record_at(0, 50)}));
  EXPECT_EQ(run.processor.counters().vehicles, 2U);
  EXPECT_EQ(run.processor.counters().vehicles_forgotten, 1U);
  run.feed(message_of(header_of("a"), {record_at(0, 50)}));  // Still there: a repeat.
  EXPECT_EQ(run.processor.counters().repeats, 2U);
  run.feed(message_of(header_of("b"), {record_at(5, 50)}, 6));  // Was pushed out: the head is not judged.
  EXPECT_EQ(run.processor.counters().gaps_unexplained, 0U);
}

TEST(Processor, HoldsNoMoreStreamsOfAVehicleThanItsBound) {
  Feed run;
  for (std::uint64_t stream = 1; stream <= 6; ++stream) {
    auto header = header_of("a");
    header.stream_id = stream;
    run.feed(message_of(header, {record_at(0, 50)}));
  }
  EXPECT_EQ(run.processor.counters().streams_forgotten, 2U);
}

TEST(Counters, AreOneJsonObjectInTheOrderOfTheTable) {
  Counters counters;
  counters.records = 7;
  EXPECT_THAT(to_json(counters), testing::StartsWith("{\"messages\": 0, \"records\": 7, \"repeats\": 0, "));
  EXPECT_THAT(to_json(counters), testing::EndsWith("\"partitions_caught_up\": 0}"));
  EXPECT_EQ(counter_fields().size() * sizeof(std::uint64_t), sizeof(Counters)) << "a counter is not in the table";
}

}  // namespace
}  // namespace odograph::process
