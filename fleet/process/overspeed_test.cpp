#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/process/drive.h"
#include "fleet/process/processor.h"
#include "fleet/topics/topic_table.h"
#include "proto/public/alert.pb.h"

namespace odograph::process {
namespace {

using model::Lane;

rules::SpeedLimitConfig rule() {
  rules::SpeedLimitConfig config;
  config.limit_cmps = 2222;
  config.zones = {
      {"school", 833, {{470400000, 79000000}, {470400000, 81000000}, {470500000, 81000000}, {470500000, 79000000}}}};
  return config;
}

/// Fifteen minutes: over the limit, long enough for updates; void fixes and a gap inside; through a zone; and again.
std::vector<model::Record> drive() {
  std::vector<model::Record> records;
  for (int second = 0; second < 900; ++second) {
    if (second > 120 && second < 150) continue;  // A tunnel.
    double speed_kmh = 70;
    if (second >= 20 && second < 180) speed_kmh = 90 + second / 10.0;
    if (second >= 600 && second < 620) speed_kmh = 81;
    if (second >= 620 && second < 625) speed_kmh = 76;  // Too short to end it.
    if (second >= 625 && second < 640) speed_kmh = 115;
    if (second % 37 == 0) speed_kmh = -1;
    records.push_back(record_at(second, speed_kmh));
  }
  return records;
}

std::vector<std::string> alerts_of(const std::vector<kafka::Message>& messages, const ProcessorOptions& options) {
  Processor processor(options);
  std::vector<std::string> alerts;
  std::int64_t offset = 0;
  for (kafka::Message message : messages) {
    message.offset = offset++;
    Outcome outcome;
    processor.on_message(message, outcome);
    for (const Output& output : outcome.outputs) {
      if (output.topic == topics::kAlerts) alerts.push_back(*output.value);
    }
  }
  return alerts;
}

std::vector<std::string> evaluated_by_the_fleet(const std::vector<model::Record>& records = drive()) {
  return alerts_of({message_of(header_of("truck-17"), records)}, {.rules = rule()});
}

/// As an agent does it: the rule runs on the boot's own time line, each event goes with its fix into the alert lane.
std::vector<std::string> evaluated_by_the_vehicle(const std::vector<model::Record>& records = drive()) {
  rules::SpeedLimit limit(rule());
  std::vector<model::Record> told;
  for (const model::Record& record : records) {
    const auto since_boot = *record.utc - kNoon + base::Millis(77'777);
    for (const model::RuleEvent& event : limit.on_record(rules::EventTime(since_boot), record)) {
      // As an agent does it: the event's record has the moment, and not the fix.
      told.push_back({.n = record.n, .utc = record.utc, .time_quality = record.time_quality, .flags = record.flags});
      told.back().reason = model::reason::kEvent;
      told.back().event = event;
    }
  }
  auto bulk = header_of("truck-17");
  auto alert = header_of("truck-17", Lane::kAlert);
  bulk.rule_set = alert.rule_set = rules::rule_set_hash(rule());
  // The fleet's own rule would say something else: it must not be asked.
  ProcessorOptions options{.rules = rule()};
  options.rules.limit_cmps = 1000;
  return alerts_of({message_of(alert, told), message_of(bulk, records)}, options);
}

TEST(Overspeed, ComesOutTheSameWhoeverEvaluatesIt) {
  const auto fleet = evaluated_by_the_fleet();
  EXPECT_GE(fleet.size(), 8U);
  EXPECT_EQ(evaluated_by_the_vehicle(), fleet);
}

std::string summary_of(const std::string& value) {
  odograph::Alert alert;
  EXPECT_TRUE(alert.ParseFromString(value));
  const auto noon = std::chrono::duration_cast<std::chrono::seconds>(kNoon.time_since_epoch()).count();
  return odograph::Alert::State_Name(alert.state()) + " " + alert.scope() + "@" +
         std::to_string(alert.time().seconds() - noon);
}

TEST(Overspeed, TellsTheDrive) {
  std::vector<std::string> told;
  for (const std::string& value : evaluated_by_the_fleet()) told.push_back(summary_of(value));
  // North at 2000e-7 degrees a second the zone lies between 200 s and 250 s. In the tunnel nothing counts as observed.
  // Nobody brakes by 45 km/h within a second: the first of the slow ones does not count.
  EXPECT_THAT(told, testing::ElementsAre("RAISED @20", "UPDATED @80", "UPDATED @150", "CLEARED @191",
                                         "RAISED school@200", "CLEARED school@251", "RAISED @600", "CLEARED @651"));
}

/// Half a minute above the limit, half a minute below; then a quarter of an hour below; and above once more.
TEST(Overspeed, ThatComesAndGoesIsHeldWhoeverEvaluatesIt) {
  std::vector<model::Record> records;
  for (int second = 0; second < 2'000; ++second) {
    const bool is_above = second < 900 ? second % 60 < 30 : second > 1'900;
    records.push_back(record_at(second, is_above ? 85 : 70));
    records.back().position->lon_e7 = 70'000'000;  // Far from the zone.
  }
  const auto fleet = evaluated_by_the_fleet(records);
  std::vector<std::string> told;
  for (const std::string& value : fleet) told.push_back(summary_of(value));
  EXPECT_THAT(told, testing::ElementsAre("RAISED @0", "CLEARED @40", "RAISED @60", "CLEARED @100", "RAISED @120",
                                         "CLEARED @160", "RAISED @180", "CLEARED @1470", "RAISED @1901"));
  EXPECT_EQ(evaluated_by_the_vehicle(records), fleet);
}

TEST(Overspeed, AVehicleMayHaveALimitOfItsOwn) {
  ProcessorOptions options;
  options.rules.limit_cmps = 2222;
  options.limits_cmps["slow"] = 1000;
  const std::vector<model::Record> records = {record_at(0, 50), record_at(1, 50)};
  EXPECT_EQ(alerts_of({message_of(header_of("slow"), records)}, options).size(), 1U);
  EXPECT_EQ(alerts_of({message_of(header_of("usual"), records)}, options).size(), 0U);
}

TEST(Overspeed, LateRecordsAndUndatedOnesRaiseNothing) {
  std::vector<model::Record> late = {record_at(100, 50), record_at(50, 150)};
  EXPECT_EQ(alerts_of({message_of(header_of("a"), late)}, {.rules = rule()}).size(), 0U);
  std::vector<model::Record> undated = {record_at(0, 150)};
  undated.front().utc.reset();
  undated.front().time_quality = model::TimeQuality::kNone;
  undated.front().boot_time = base::BootTime(base::Millis(5));
  EXPECT_EQ(alerts_of({message_of(header_of("a"), undated)}, {.rules = rule()}).size(), 0U);
}

TEST(Overspeed, AnEventOfAVehicleWhoseRulesTheFleetEvaluatesIsNoAlert) {
  auto record = record_at(0, 50);
  record.event = model::RuleEvent{.phase = model::EventPhase::kStart, .value_cmps = 3000, .limit_cmps = 2222};
  EXPECT_EQ(alerts_of({message_of(header_of("a", Lane::kAlert), {record})}, {.rules = rule()}).size(), 0U);
}

}  // namespace
}  // namespace odograph::process
