#include "lib/rules/motion_rules.h"

#include <algorithm>
#include <utility>

#include "lib/rules/signals.h"

namespace odograph::rules {

GeofenceRule::GeofenceRule(const RuleSpec& spec)
    : Rule(RuleKind::kGeofence, spec.life, {"", 0}), config_(std::get<GeofenceConfig>(spec.config)) {}

void GeofenceRule::on_record(const Seen& seen, Told& told) {
  if (!seen.position) return;
  const std::string& scope = config_.area->fence().id;
  const Where where = config_.area->where(*seen.position, config_.hysteresis_m);
  const bool inside = config_.when == GeofenceConfig::When::kInside;
  Look look{.time = seen.time,
            .severity = config_.severity,
            .cause = inside ? Cause::kInside : Cause::kOutside,
            .position = seen.position};
  if (where == Where::kNear) {
    look.standing = Standing::kBetween;
  } else if ((where == Where::kInside) == inside) {
    look.standing = Standing::kBeyond;
  }
  const bool is_outside = where != Where::kInside;
  const bool connected = state_.time && seen.time - *state_.time <= config_.crossing;
  const Life* life = find(scope);
  const bool idle = life == nullptr || !life->since();
  if (inside && idle && connected && state_.was_outside && is_outside &&
      config_.area->crossed(state_.position, *seen.position)) {
    Look through = look;
    through.standing = Standing::kBeyond;
    through.required = base::Millis(0);
    through.cause = Cause::kCrossed;
    Rule::look(scope, through, told);
    end(scope, seen.time, Ending::kRecovered, told);
  } else {
    Rule::look(scope, look, told);
  }
  state_ = {seen.time, *seen.position, is_outside};
}

IdlingRule::IdlingRule(const RuleSpec& spec)
    : Rule(RuleKind::kIdling, spec.life, {"m/s", 2}), config_(std::get<IdlingConfig>(spec.config)) {}

void IdlingRule::on_record(const Seen& seen, Told& told) {
  const model::Signal* ignition = find_signal(seen.record, config_.ignition_signal);
  const model::Signal* rpm = find_signal(seen.record, config_.rpm_signal);
  if (ignition != nullptr || rpm != nullptr) {
    // An engine that turns runs, whatever the key says; without its word the key has it.
    engine_on_ = rpm != nullptr ? rpm->mantissa > 0 : ignition->mantissa > 0;
    engine_told_ = seen.time;
  }
  if (!engine_told_) return;
  const bool engine_on = engine_on_ && seen.time - *engine_told_ <= config_.valid;
  if (engine_on && !seen.speed_cmps) return;
  Look look{.time = seen.time,
            .severity = config_.severity,
            .cause = Cause::kAtRest,
            .value = seen.speed_cmps.value_or(0),
            .limit = config_.rest_cmps,
            .position = seen.position};
  if (engine_on && look.value < config_.rest_cmps) {
    look.standing = Standing::kBeyond;
  } else if (engine_on && look.value < config_.moving_cmps) {
    look.standing = Standing::kBetween;
  }
  Rule::look("", look, told);
}

OfflineRule::OfflineRule(const RuleSpec& spec)
    : Rule(RuleKind::kOffline, spec.life, {"s", 0}), config_(std::get<OfflineConfig>(spec.config)) {}

base::Millis OfflineRule::patience() const { return std::max(config_.after, 3 * config_.interval); }

void OfflineRule::on_record(const Seen& seen, Told& told) {
  if (seen.speed_cmps) moving_ = *seen.speed_cmps >= config_.moving_cmps;
  on_heard(seen.time);
  const Life* life = find("");
  if (life == nullptr || !life->since()) return;
  // What it sent before the silence may come after it was missed: it is back all the same.
  const EventTime time = std::max(seen.time, *life->newest());
  Rule::look("", {.time = time, .severity = model::Severity::kMinor, .position = seen.position}, told);
  // Heard no earlier than it was missed, whatever time its record has.
  if (!life->since() && life->closed_start() >= heard_) heard_ = time;
}

void OfflineRule::on_heard(EventTime time) { heard_ = std::max(heard_.value_or(time), time); }

std::optional<EventTime> OfflineRule::deadline() const {
  if (!heard_) return std::nullopt;
  const Life* life = find("");
  if (life == nullptr) return *heard_ + patience();
  if (life->since()) return std::nullopt;
  // This silence was told; that the word of it expired since makes it no other.
  if (life->closed_start() >= heard_) return std::nullopt;
  // With less patience than before it may lie before what the last word was about.
  return std::max(*heard_ + patience(), life->newest().value_or(*heard_));
}

void OfflineRule::on_deadline(EventTime now, Told& told) {
  const auto due = deadline();
  if (!due || now < *due) return;
  const std::int64_t patience_s = patience().count() / 1'000;
  Rule::look("",
             {.time = *due,  // Not `now`: whenever somebody looks, it comes to the same.
              .standing = Standing::kBeyond,
              .severity = moving_ ? model::Severity::kMajor : model::Severity::kMinor,
              .cause = moving_ ? Cause::kMoving : Cause::kNoRecords,
              .value = patience_s,
              .limit = patience_s,
              .required = base::Millis(0),
              .since = heard_},
             told);
}

PositionRule::PositionRule(const RuleSpec& spec)
    : Rule(RuleKind::kPositionLost, spec.life, {"", 0}), config_(std::get<PositionConfig>(spec.config)) {}

void PositionRule::on_record(const Seen& seen, Told& told) {
  if (const auto* supply = find_signal(seen.record, config_.supply_signal)) {
    supply_good_ = milli_of(*supply) >= config_.supply_min_milli;
  }
  Look look{.time = seen.time, .severity = config_.severity, .cause = Cause::kNoFix, .position = seen.position};
  if (seen.position) {
    sky_was_good_ = seen.record.satellites.value_or(config_.satellites_min) >= config_.satellites_min;
    return Rule::look("", look, told);
  }
  // A record of signals alone, or a fix that is doubtful: neither says that there is none.
  if (seen.record.mode != model::FixMode::kNone) return;
  look.standing = sky_was_good_ && supply_good_ ? Standing::kBeyond : Standing::kBetween;
  Rule::look("", look, told);
}

}  // namespace odograph::rules
