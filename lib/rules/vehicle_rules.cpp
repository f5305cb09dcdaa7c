#include "lib/rules/vehicle_rules.h"

#include <algorithm>
#include <map>
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
      each.rule->on_heard(time);
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
  for (const Watched& each : rules_) {
    const auto deadline = each.rule->deadline();
    if (deadline && holds_here(*each.spec)) first = earlier(first, deadline);
  }
  return first;
}

void VehicleRules::on_wall_clock(EventTime now, Told& told) {
  end_orphans(told);
  for (Watched& each : rules_) {
    if (each.rule->deadline() && holds_here(*each.spec)) each.rule->on_deadline(now, told);
  }
}

std::optional<EventTime> VehicleRules::stream_deadline() const {
  std::optional<EventTime> first;
  for (const Watched& each : rules_) first = earlier(first, each.rule->expires());
  // Alerts of a rule that is not there, as far as is known now, wait for nothing but to be looked at.
  if (std::any_of(orphans_.begin(), orphans_.end(), has_alerts)) first = earlier(first, newest_);
  return first;
}

void VehicleRules::on_stream_time(EventTime now, Told& told) {
  end_orphans(told);
  for (Watched& each : rules_) each.rule->expire(now, told);
}

void VehicleRules::change(std::shared_ptr<const RuleSet> set) {
  const bool same = *set == *set_;
  set_ = std::move(set);
  if (!same) {
    std::map<const RuleSpec*, Watched> before;
    for (Watched& each : std::exchange(rules_, {})) before.emplace(each.spec.get(), std::move(each));
    for (const auto& spec : *set_) {
      auto kept = before.extract(spec.get());
      rules_.push_back(kept ? std::move(kept.mapped()) : watch(spec));
    }
    for (const auto& [spec, each] : before) orphans_.push_back(state_of(each));
  }
  // A damaged one begins anew.
  static_cast<void>(adopt(std::exchange(orphans_, {})));
}

/// States of rules that are there go on in those, the others wait; false if one of the former is damaged.
bool VehicleRules::adopt(std::vector<Orphan> states) {
  if (states.empty()) return true;
  std::map<std::pair<RuleKind, std::string>, Watched*> by_subject;
  for (Watched& each : rules_) by_subject[{each.spec->kind, subject(*each.spec)}] = &each;
  bool sound = true;
  for (Orphan& state : states) {
    const auto mine = by_subject.find({state.kind, state.subject});
    if (mine == by_subject.end()) {
      orphans_.push_back(std::move(state));
      continue;
    }
    StateReader own(state.state);
    mine->second->rule->load(own);
    if (own.sound() && own.at_end()) continue;
    *mine->second = watch(mine->second->spec);
    sound = false;
  }
  return sound;
}

VehicleRules::Orphan VehicleRules::state_of(const Watched& watched) {
  Orphan state{watched.spec->kind, subject(*watched.spec), {}};
  StateWriter writer(state.state);
  watched.rule->save(writer);
  return state;
}

bool VehicleRules::has_alerts(const Orphan& orphan) {
  const LifeConfig life;
  FormerRule rule(orphan.kind, life);
  StateReader reader(orphan.state);
  rule.load(reader);
  return reader.sound() && rule.expires().has_value();
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
  for (const Watched& each : rules_) states.push_back(state_of(each));
  StateWriter writer(bytes);
  writer.number(kVersion);
  field(writer, newest_);
  field(writer, position_);
  field(writer, late_);
  field(writer, gate_);
  field(writer, states);
}

base::Status VehicleRules::load(std::string_view bytes) {
  return load(bytes, [this](std::optional<EventTime>) { return set_; });
}

base::Status VehicleRules::load(std::string_view bytes, const Choose& choose) {
  StateReader reader(bytes);
  const std::int64_t version = reader.number();
  if (reader.sound() && version > kVersion) {
    return base::stop_error("state of rules: of version " + std::to_string(version) + ", newer than this program");
  }
  if (version == kVersion && read(reader, choose)) return {};
  *this = VehicleRules(set_);
  return base::drop_error("state of rules: damaged");
}

bool VehicleRules::read(StateReader& reader, const Choose& choose) {
  std::vector<Orphan> states;
  field(reader, newest_);
  field(reader, position_);
  field(reader, late_);
  field(reader, gate_);
  field(reader, states);
  if (!reader.sound() || !reader.at_end()) return false;
  change(choose(newest_));
  if (!adopt(std::move(states))) return false;
  return std::all_of(orphans_.begin(), orphans_.end(), [](const Orphan& orphan) {
    return orphan.kind >= RuleKind::kTemperature && orphan.kind <= RuleKind::kAtRisk;
  });
}

}  // namespace odograph::rules
