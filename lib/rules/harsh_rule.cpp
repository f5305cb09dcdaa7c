#include <algorithm>
#include <cstdlib>

#include "lib/model/geo.h"
#include "lib/rules/motion_rules.h"
#include "lib/rules/signals.h"

namespace odograph::rules {
namespace {

constexpr char kAcceleration[] = "acceleration";
constexpr char kBraking[] = "braking";
constexpr char kCornering[] = "cornering";

/// cm/s2 of a signal in m/s2.
std::optional<std::int64_t> cmps2_of(const model::Signal* signal) {
  if (signal == nullptr) return std::nullopt;
  return milli_of(*signal) / 10;
}

/// Speed times rate of turn. Pi as 314159 / 100000: cm/s * 0.01 degrees / ms.
std::int64_t sideways_cmps2(std::int64_t speed_cmps, std::int64_t turn_cdeg, std::int64_t since_ms) {
  return speed_cmps * turn_cdeg * 314'159 / (std::int64_t{18'000} * 100 * since_ms);
}

}  // namespace

HarshRule::HarshRule(const RuleSpec& spec)
    : Rule(RuleKind::kHarshMotion, spec.life, {"m/s2", 2}), config_(std::get<HarshConfig>(spec.config)) {}

HarshRule::Motion HarshRule::motion(const Seen& seen) const {
  Motion motion{cmps2_of(find_signal(seen.record, config_.forward_signal)),
                cmps2_of(find_signal(seen.record, config_.sideways_signal))};
  if (motion.sideways) motion.sideways = std::abs(*motion.sideways);
  if (!seen.speed_cmps || !state_.time || seen.time <= *state_.time || seen.time - *state_.time > config_.pair_max) {
    return motion;
  }
  const std::int64_t since_ms = (seen.time - *state_.time).count();
  const auto [slower, faster] = std::minmax(*seen.speed_cmps, state_.speed_cmps);
  if (config_.forward_signal.empty() && faster >= config_.min_cmps) {
    motion.forward = (std::int64_t{*seen.speed_cmps} - state_.speed_cmps) * 1'000 / since_ms;
  }
  if (config_.sideways_signal.empty() && slower >= config_.cornering_min_cmps && state_.course_cdeg &&
      seen.record.course_cdeg) {
    const std::int32_t turn = model::course_difference_cdeg(*seen.record.course_cdeg, *state_.course_cdeg);
    const std::int64_t found = sideways_cmps2((std::int64_t{slower} + faster) / 2, turn, since_ms);
    // No tyre holds that; the course jumped.
    if (found <= kGateAccelerationMaxCmps2) motion.sideways = found;
  }
  return motion;
}

void HarshRule::on_record(const Seen& seen, Told& told) {
  const Motion found = motion(seen);
  // Where nothing can be said, nothing goes on: these alerts are of moments.
  const std::int64_t forward = found.forward.value_or(0);
  judge({kAcceleration, forward, config_.acceleration_cmps2}, seen, told);
  judge({kBraking, -forward, config_.braking_cmps2}, seen, told);
  judge({kCornering, found.sideways.value_or(0), config_.cornering_cmps2}, seen, told);
  if (!seen.speed_cmps) return;
  state_.time = seen.time;
  state_.speed_cmps = *seen.speed_cmps;
  state_.course_cdeg = seen.record.course_cdeg;
}

void HarshRule::judge(const Manoeuvre& what, const Seen& seen, Told& told) {
  const bool is_beyond = what.value >= what.limit;
  const Life* life = find(what.scope);
  const bool begins = is_beyond && (life == nullptr || !life->active());
  if (begins) {
    std::erase_if(state_.raised, [&](EventTime each) { return seen.time - each > config_.major_window; });
    if (state_.raised.size() >= config_.major_count) state_.raised.erase(state_.raised.begin());
    state_.raised.push_back(seen.time);
  }
  const bool often = state_.raised.size() >= config_.major_count;
  Rule::look(what.scope,
             {.time = seen.time,
              .standing = is_beyond ? Standing::kBeyond : Standing::kWithin,
              .severity = often ? model::Severity::kMajor : model::Severity::kMinor,
              .cause = Cause::kAbove,
              .value = what.value,
              .limit = what.limit,
              .excess = what.value,
              .position = seen.position},
             told);
}

}  // namespace odograph::rules
