#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/decode/lines.h"
#include "fleet/process/drive.h"
#include "fleet/process/processor.h"
#include "fleet/topics/topic_table.h"
#include "fleet/watch/rules_module.h"

namespace odograph::fleet {
namespace {

using process::kNoon;
using process::Processor;

std::unique_ptr<Processor> make_processor() {
  auto processor = std::make_unique<Processor>(process::ProcessorOptions{});
  rules::RuleSpec power{.kind = rules::RuleKind::kPower};
  power.life.clear_duration = base::Millis(0);
  power.config = rules::RangeConfig{.signal = "battery", .min_milli = 20'000};
  const rules::RuleSpec offline{.kind = rules::RuleKind::kOffline, .config = rules::OfflineConfig{}};
  processor->plug_in(
      std::make_unique<watch::RulesFactory>(rules::RuleBookConfig{.rules = {power, offline}, .groups = {}}));
  return processor;
}

kafka::Message battery(std::uint32_t n, double second, std::int64_t percent) {
  model::Record record = process::record_at(second, 30);
  record.signals = {{std::make_shared<const model::SignalDef>(model::SignalDef{"battery", "%", 0}), percent}};
  kafka::Message message = process::message_of(process::header_of("truck-17"), {record}, n);
  message.offset = n - 1;
  return message;
}

std::vector<std::string> alerts_of(const vehicle::Outcome& outcome) {
  std::vector<std::string> found;
  for (const vehicle::Output& output : outcome.outputs) {
    if (output.topic != topics::kAlerts) continue;
    kafka::Message message;
    message.topic = output.topic;
    message.key = output.key;
    message.value = *output.value;
    const auto lines = decode::lines_of(message, decode::Place::kLeftOut);
    EXPECT_TRUE(lines.has_value());
    const auto said = [&](const char* what) { return lines->front().find(what) != std::string::npos; };
    EXPECT_EQ(output.headers.at(3).first, "ce_type");
    found.push_back((said("RAISED") ? "raised " : said("CLEARED") ? "cleared " : "") + output.headers[3].second);
  }
  return found;
}

/// The processor that takes over once this one has saved what it knows.
std::unique_ptr<Processor> successor(Processor& processor) {
  vehicle::Outcome saved;
  processor.save(saved);
  auto next = make_processor();
  for (const vehicle::Output& output : saved.outputs) {
    kafka::Message row;
    row.topic = topics::kVehicleState;
    row.partition = *output.partition;
    row.key = output.key;
    row.value = output.value.value_or("");
    EXPECT_TRUE(next->load(row).has_value());
  }
  return next;
}

TEST(RulesInTheProcessor, GoOnInTheNextOne) {
  auto processor = make_processor();
  vehicle::Outcome first;
  processor->on_message(battery(1, 0, 10), first);
  EXPECT_THAT(alerts_of(first), testing::ElementsAre("raised fleet.alert.power.v1"));
  EXPECT_EQ(processor->counters().alerts_raised, 1U);
  processor = successor(*processor);
  vehicle::Outcome second;
  processor->on_message(battery(1, 0, 10), second);
  EXPECT_THAT(alerts_of(second), testing::IsEmpty()) << "a repeat";
  processor->on_message(battery(2, 60, 50), second);
  EXPECT_THAT(alerts_of(second), testing::ElementsAre("cleared fleet.alert.power.v1"));
  EXPECT_EQ(processor->counters().alerts_cleared, 1U);
}

TEST(RulesInTheProcessor, MissASilentVehicleOnlyByTheClockOnTheWall) {
  auto processor = make_processor();
  vehicle::Outcome outcome;
  processor->on_message(battery(1, 0, 50), outcome);
  processor->on_wall_clock(0, kNoon + std::chrono::minutes(9), outcome);
  EXPECT_THAT(alerts_of(outcome), testing::IsEmpty());
  processor = successor(*processor);
  processor->on_wall_clock(0, kNoon + std::chrono::minutes(11), outcome);
  EXPECT_THAT(alerts_of(outcome), testing::ElementsAre("raised fleet.alert.offline.v1"));
  processor->on_wall_clock(0, kNoon + std::chrono::minutes(12), outcome);
  EXPECT_THAT(alerts_of(outcome), testing::ElementsAre("raised fleet.alert.offline.v1")) << "once";
  EXPECT_EQ(processor->counters().alerts_raised, 1U);
}

}  // namespace
}  // namespace odograph::fleet
