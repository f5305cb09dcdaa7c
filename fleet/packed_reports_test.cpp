#include <gtest/gtest.h>

#include <map>

#include "fleet/arrivals/arrivals.h"
#include "fleet/arrivals/test_fleet.h"
#include "fleet/process/drive.h"
#include "fleet/process/test_packs.h"
#include "fleet/topics/topic_table.h"

namespace odograph::process {
namespace {

using model::Lane;

/// What a reader of a topic finds under a key, in order.
using Read = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

struct Written {
  Read read;
  std::size_t messages = 0;  ///< On processed-data-topic.
  std::string counters;
};

Written run_of(ReportForm form, const std::vector<kafka::Message>& messages) {
  ProcessorOptions options;
  options.rules.limit_cmps = 900;
  options.reports = form;
  Processor processor(options);
  processor.plug_in(arrivals::make_factory());
  const std::string trips = trips::to_message("a", {arrivals::three_stops()}).value();
  Written written;
  Outcome outcome;
  processor.on_vehicle_row(0, {topics::kTrips, "a", trips}, outcome);
  std::int64_t offset = 0;
  for (kafka::Message message : messages) {
    message.offset = offset++;
    processor.on_message(message, outcome);
  }
  processor.save(outcome);
  for (const Output& output : outcome.outputs) {
    written.messages += output.topic == topics::kProcessedData ? 1U : 0U;
    auto& values = written.read[{output.topic, output.key}];
    for (std::string& value : unpacked(output)) values.push_back(std::move(value));
  }
  written.counters = to_json(processor.counters());
  return written;
}

/// Three stops, at each of which it stands; too fast between them. In batches, of which some come again, whole or with
/// new records behind old ones; another vehicle's and previews between.
std::vector<kafka::Message> drive_with_stops() {
  const auto record = [](std::uint32_t second) { return arrivals::record_of(arrivals::on_plan(second)); };
  std::vector<kafka::Message> messages;
  for (std::uint32_t from = 0; from < 840; from += 60) {
    const std::uint32_t again = from % 180 == 60 ? 20 : 0;
    std::vector<model::Record> records;
    for (std::uint32_t second = from - again; second < from + 60; ++second) records.push_back(record(second));
    const kafka::Message message = message_of(header_of("a"), records, from - again + 1);
    messages.push_back(message);
    if (from % 120 == 60) messages.push_back(message);
    messages.push_back(message_of(header_of("b"), {records.back(), record(from + 60)}, from + 1));
    if (from % 240 == 0) messages.push_back(message_of(header_of("a", Lane::kLive), {record(from + 130)}));
    model::Record word = records.back();
    word.event = model::RuleEvent{.scope = "school"};
    messages.push_back(message_of(header_of("a", Lane::kEvent), {word}, from / 60 + 1));
  }
  kafka::Message noise = messages.front();
  noise.value.resize(noise.value.size() / 2);
  messages.push_back(noise);
  return messages;
}

TEST(PackedReports, TellWhatSingleReportsTellInTheSameOrder) {
  const Written single = run_of(ReportForm::kSingle, drive_with_stops());
  const Written packed = run_of(ReportForm::kPacked, drive_with_stops());
  EXPECT_EQ(packed.read, single.read);
  EXPECT_EQ(packed.counters, single.counters);
  EXPECT_LT(packed.messages, single.messages / 4);
  std::map<std::string, int> facts;
  for (const std::string& value : single.read.at({topics::kProcessedData, "a"})) ++facts[fact_of(value)];
  EXPECT_EQ(facts["report"], 840 + 14 + 4);
  EXPECT_GE(facts["stop_event"], 5) << "or the order was not put to the test";
  EXPECT_GT(facts["arrival"], 20);
  EXPECT_FALSE(single.read.at({topics::kAlerts, "a"}).empty());
}

}  // namespace
}  // namespace odograph::process
