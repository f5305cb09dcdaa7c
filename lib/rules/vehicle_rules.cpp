#include "lib/rules/vehicle_rules.h"

#include <algorithm>
#include <utility>

#include "lib/rules/motion_rules.h"
#include "lib/rules/signal_rules.h"
#include "lib/rules/trip_rules.h"

namespace odograph::rules {
namespace {

constexpr std::int64_t kVersion = 1;

std::unique_ptr<Rule> make_rule(const RuleSpec& spec) {
  switch (spec.kind) {
    case RuleKind::kTemperature:
    case RuleKind::kPower: return std::make_unique<RangeRule>(spec.kind, spec);
    case RuleKind::kSensorFault: return std::make_unique<SensorRule>(spec);
    case RuleKind::kGeofence: return std::make_unique<GeofenceRule>(spec);
    case RuleKind::kHarshMotion: return std::make_unique<HarshRule>(spec);
    case RuleKind::kIdling: return std::make_unique<IdlingRule>(spec);
    case RuleKind::kOffline: return std::make_unique<OfflineRule>(spec);
    case RuleKind::kPositionLost: return std::make_unique<PositionRule>(spec);
    case RuleKind::kFuel: return std::make_unique<FuelRule>(spec);
    case RuleKind::kOffRoute: return std::make_unique<RouteRule>(spec);
    case RuleKind::kDelay: return std::make_unique<DelayRule>(spec);
    case RuleKind::kAtRisk: return std::make_unique<AtRiskRule>(spec);
  }
  return nullptr;
}

/// Only the alerts of a rule, for their end.
class FormerRule final : public Rule {
 public:
  FormerRule(RuleKind kind, const LifeConfig& life) : Rule(kind, life, {}) {}
};

std::optional<EventTime> earlier(std::optional<EventTime> a, std::optional<EventTime> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

}  // namespace

VehicleRules::VehicleRules(std::shared_ptr<const RuleSet> set) : set_(std::move(set)) {
  for (const auto& spec : *set_) rules_.push_back(watch(spec));
}

VehicleRules::Watched VehicleRules::watch(std::shared_ptr<const RuleSpec> spec) {
  auto rule = make_rule(*spec);
  ODOGRAPH_ASSERT(rule != nullptr);
  return {std::move(spec), std::move(rule)};
}

bool VehicleRules::holds_here(const RuleSpec& spec) const {
  const auto inside = [&](const auto& area) { return position_ && area->where(*position_, 0) == Where::kInside; };
  if (!spec.only_in.empty() && std::none_of(spec.only_in.begin(), spec.only_in.end(), inside)) return false;
  return std::none_of(spec.except_in.begin(), spec.except_in.end(), inside);
}

void VehicleRules::on_record(EventTime time, const model::Record& record, Told& told) {
  end_orphans(told);
  if (newest_ && time < *newest_) {
    ++late_;
    return;
  }
  newest_ = time;
  const Seen seen = gate_.look(time, record);
  if (seen.position) position_ = seen.position;
  for (Watched& each : rules_) {
    if (holds_here(*each.spec)) {
      each.rule->on_record(seen, told);
    } else {
      each.rule->end_all(time, Ending::kLeftScope, told);
    }
  }
}

void VehicleRules::on_trip(const TripWord& word, Told& told) {
  end_orphans(told);
  for (Watched& each : rules_) each.rule->on_trip(word, told);
}

void VehicleRules::on_heard(EventTime time) {
  for (Watched& each : rules_) each.rule->on_heard(time);
}

std::optional<EventTime> VehicleRules::wall_deadline() const {
  std::optional<EventTime> first;
  for (const Watched& each : rules_) first = earlier(first, each.rule->deadline());
  return first;
}

void VehicleRules::on_wall_clock(EventTime now, Told& told) {
  end_orphans(told);
  for (Watched& each : rules_) each.rule->on_deadline(now, told);
}

std::optional<EventTime> VehicleRules::stream_deadline() const {
  std::optional<EventTime> first;
  for (const Watched& each : rules_) first = earlier(first, each.rule->expires());
  return first;
}

void VehicleRules::on_stream_time(EventTime now, Told& told) {
  end_orphans(told);
  for (Watched& each : rules_) each.rule->expire(now, told);
}

void VehicleRules::end_orphans(Told& told) {
  const LifeConfig life;
  for (const Orphan& orphan : std::exchange(orphans_, {})) {
    FormerRule rule(orphan.kind, life);
    StateReader reader(orphan.state);
    rule.load(reader);
    // Each at the last moment at which something was known of it.
    if (reader.sound()) rule.end_all(EventTime::min(), Ending::kSuperseded, told);
  }
}

void VehicleRules::save(std::string& bytes) const {
  std::vector<Orphan> states = orphans_;
  for (const Watched& each : rules_) {
    Orphan& state = states.emplace_back(Orphan{each.spec->kind, subject(*each.spec), {}});
    StateWriter writer(state.state);
    each.rule->save(writer);
  }
  StateWriter writer(bytes);
  writer.number(kVersion);
  field(writer, newest_);
  field(writer, position_);
  field(writer, late_);
  field(writer, gate_);
  field(writer, states);
}

base::Status VehicleRules::load(std::string_view bytes) {
  StateReader reader(bytes);
  const std::int64_t version = reader.number();
  if (reader.sound() && version > kVersion) {
    return base::stop_error("state of rules: of version " + std::to_string(version) + ", newer than this program");
  }
  if (version == kVersion && read(reader)) return {};
  *this = VehicleRules(set_);
  return base::drop_error("state of rules: damaged");
}

bool VehicleRules::read(StateReader& reader) {
  std::vector<Orphan> states;
  field(reader, newest_);
  field(reader, position_);
  field(reader, late_);
  field(reader, gate_);
  field(reader, states);
  if (!reader.sound() || !reader.at_end()) return false;
  for (Orphan& state : states) {
    const auto mine = std::find_if(rules_.begin(), rules_.end(), [&](const Watched& each) {
      return each.spec->kind == state.kind && subject(*each.spec) == state.subject;
    });
    if (mine == rules_.end()) {
      if (state.kind < RuleKind::kTemperature || state.kind > RuleKind::kAtRisk) return false;
      orphans_.push_back(std::move(state));
      continue;
    }
    StateReader own(state.state);
    mine->rule->load(own);
    if (!own.sound() || !own.at_end()) return false;
  }
  return true;
}

}  // namespace odograph::rules
