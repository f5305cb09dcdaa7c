#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/rules/life.h"
#include "lib/rules/rule_config.h"
#include "lib/rules/vehicle_rules.h"

namespace odograph::rules {

/// For tests: times in seconds, records by what they hold, and words as one line each.

inline EventTime at(double second) { return EventTime(base::Millis(static_cast<std::int64_t>(second * 1'000))); }

/// "raised 1 @60 warning above", at the second at which it was decided; cleared: with the ending and when it ended.
inline std::string word(const LifeEvent& event) {
  const auto second = [](EventTime time) {
    const std::string text = std::to_string(time.time_since_epoch().count() / 1'000);
    const auto rest = time.time_since_epoch().count() % 1'000;
    return rest == 0 ? text : text + "." + std::to_string(rest);
  };
  std::string line = to_string(event.phase);
  line += " " + std::to_string(event.revision) + " @" + second(event.time) + " from " + second(event.start);
  if (!event.scope.empty()) line += " " + event.scope;
  line += std::string(" ") + model::to_string(event.severity);
  if (event.cause != Cause::kNone) line += std::string(" ") + to_string(event.cause);
  if (event.flapping) line += " flapping";
  if (event.phase == Phase::kCleared) line += std::string(" ") + to_string(event.ending) + " at " + second(event.end);
  return line;
}

inline std::vector<std::string> words(const std::vector<LifeEvent>& told) {
  std::vector<std::string> lines;
  for (const LifeEvent& event : told) lines.push_back(word(event));
  return lines;
}

/// A fix on the meridian of 8 degrees, so many metres north of 47 degrees.
inline model::Record fix(double north_m, double speed_mps = 0) {
  model::Record record;
  record.mode = model::FixMode::k3d;
  record.position = model::Position{470'000'000 + static_cast<std::int32_t>(north_m * 89.932), 80'000'000};
  record.speed_cmps = static_cast<std::int32_t>(speed_mps * 100);
  return record;
}

inline model::Record no_fix() {
  model::Record record;
  record.mode = model::FixMode::kNone;
  return record;
}

inline model::Record with(model::Record record, const std::string& name, std::int64_t mantissa, int decimals = 1) {
  auto def = std::make_shared<model::SignalDef>(model::SignalDef{name, "u", decimals});
  record.signals.push_back({std::move(def), mantissa});
  return record;
}

/// A record and when it was made.
struct Step {
  double second;
  model::Record record;
};

/// What one rule says to a drive.
inline std::vector<std::string> run_rule(const RuleSpec& spec, const std::vector<Step>& drive) {
  VehicleRules rules(std::make_shared<const RuleSet>(RuleSet{std::make_shared<const RuleSpec>(spec)}));
  std::vector<LifeEvent> told;
  for (const Step& step : drive) rules.on_record(at(step.second), step.record, told);
  return words(told);
}

}  // namespace odograph::rules
