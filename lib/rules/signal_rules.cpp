#include "lib/rules/signal_rules.h"

#include <algorithm>
#include <cstdlib>

#include "lib/rules/signals.h"

namespace odograph::rules {

RangeRule::RangeRule(RuleKind kind, const RuleSpec& spec)
    : Rule(kind, spec.life, {"", 3}), config_(std::get<RangeConfig>(spec.config)) {}

void RangeRule::on_record(const Seen& seen, Told& told) {
  if (const auto* door = find_signal(seen.record, config_.door_signal)) door_open_ = door->mantissa > 0;
  const model::Signal* signal = find_signal(seen.record, config_.signal);
  if (signal == nullptr) return;
  set_unit(signal->def->unit);
  Look look{.time = seen.time, .severity = config_.severity, .value = milli_of(*signal), .position = seen.position};
  const std::int64_t above = config_.max_milli ? look.value - *config_.max_milli : -kMilliMax;
  const std::int64_t below = config_.min_milli ? *config_.min_milli - look.value : -kMilliMax;
  const bool is_above = above >= below;
  look.excess = std::max(above, below);
  look.limit = is_above ? config_.max_milli.value_or(0) : config_.min_milli.value_or(0);
  look.cause = is_above ? Cause::kAbove : Cause::kBelow;
  if (look.excess > 0) {
    look.standing = Standing::kBeyond;
  } else if (look.excess > -config_.hysteresis_milli) {
    look.standing = Standing::kBetween;
  }
  if (config_.at_once_milli && look.excess > *config_.at_once_milli) {
    look.required = base::Millis(0);
  } else if (door_open_) {
    look.required = config_.door_duration;
  }
  const Life* life = find(config_.signal);
  const auto since = life == nullptr ? std::nullopt : life->since();
  if (config_.critical_after && since && seen.time - *since >= *config_.critical_after) {
    look.severity = model::Severity::kCritical;
  }
  Rule::look(config_.signal, look, told);
}

SensorRule::SensorRule(const RuleSpec& spec)
    : Rule(RuleKind::kSensorFault, spec.life, {"", 3}), config_(std::get<SensorConfig>(spec.config)) {}

void SensorRule::on_record(const Seen& seen, Told& told) {
  const base::Millis since = state_.newest ? seen.time - *state_.newest : base::Millis(0);
  state_.newest = seen.time;
  const model::Signal* signal = find_signal(seen.record, config_.signal);
  if (signal != nullptr) {
    Look look = judge(seen.time, *signal);
    look.position = seen.position;
    return Rule::look(config_.signal, look, told);
  }
  // A sensor that never spoke may not be there at all.
  if (!state_.reading) return;
  if (since <= life_config().gap) state_.silent += since;
  if (state_.silent < config_.missing) return;
  Rule::look(config_.signal,
             {.time = seen.time,
              .standing = Standing::kBeyond,
              .severity = config_.severity,
              .cause = Cause::kMissing,
              .value = state_.milli,
              .since = state_.reading,
              .position = seen.position},
             told);
}

Look SensorRule::judge(EventTime time, const model::Signal& signal) {
  set_unit(signal.def->unit);
  const std::int64_t milli = milli_of(signal);
  Look look{.time = time, .severity = config_.severity, .value = milli};
  const bool is_near = state_.reading && time - *state_.reading <= life_config().gap;
  const bool is_same = state_.reading && signal.mantissa == state_.mantissa && signal.def->decimals == state_.decimals;
  if (!is_same) state_.same_since = time;
  state_.same = is_same ? state_.same + (is_near ? time - *state_.reading : base::Millis(0)) : base::Millis(0);
  if ((config_.min_milli && milli < *config_.min_milli) || (config_.max_milli && milli > *config_.max_milli)) {
    look.standing = Standing::kBeyond;
    look.cause = Cause::kOutOfRange;
    look.limit = config_.max_milli && milli > *config_.max_milli ? *config_.max_milli : *config_.min_milli;
  } else if (is_near && config_.jump_milli && std::abs(milli - state_.milli) > *config_.jump_milli) {
    look.standing = Standing::kBeyond;
    look.cause = Cause::kJump;
    look.limit = *config_.jump_milli;
  } else if (config_.stuck > base::Millis(0) && state_.same >= config_.stuck) {
    look.standing = Standing::kBeyond;
    look.cause = Cause::kStuck;
    look.since = state_.same_since;
  }
  state_.reading = time;
  state_.silent = base::Millis(0);
  state_.mantissa = signal.mantissa;
  state_.decimals = signal.def->decimals;
  state_.milli = milli;
  return look;
}

FuelRule::FuelRule(const RuleSpec& spec)
    : Rule(RuleKind::kFuel, spec.life, {"", 3}), config_(std::get<FuelConfig>(spec.config)) {}

void FuelRule::on_record(const Seen& seen, Told& told) {
  if (seen.speed_cmps) at_rest_ = *seen.speed_cmps < config_.rest_cmps;
  if (!at_rest_) readings_.clear();
  const model::Signal* signal = find_signal(seen.record, config_.signal);
  if (signal == nullptr) return;
  set_unit(signal->def->unit);
  Look look{.time = seen.time, .severity = config_.severity, .value = milli_of(*signal), .position = seen.position};
  if (at_rest_) {
    std::erase_if(readings_, [&](const Reading& each) { return seen.time - each.time > config_.window; });
    while (!readings_.empty() && readings_.back().milli <= look.value) readings_.pop_back();
    if (readings_.size() >= kReadingsMax) readings_.erase(readings_.begin() + 1);
    readings_.push_back({seen.time, look.value});
    look.excess = readings_.front().milli - look.value;
    look.limit = readings_.front().milli - config_.drop_milli;
    if (look.excess >= config_.drop_milli) {
      look.standing = Standing::kBeyond;
      look.cause = Cause::kDrop;
    }
  }
  Rule::look(config_.signal, look, told);
}

void FuelRule::save_own(StateWriter& writer) const {
  field(writer, at_rest_);
  field(writer, readings_);
}

void FuelRule::load_own(StateReader& reader) {
  field(reader, at_rest_);
  field(reader, readings_);
}

}  // namespace odograph::rules
