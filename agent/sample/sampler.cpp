#include "agent/sample/sampler.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "lib/model/geo.h"

namespace odograph::sample {
namespace {

bool is_usable(const model::Record& record) { return record.position && (record.flags & model::flag::kUnusable) == 0; }

/// Where the vehicle rests after `record`, a usable fix; nothing if it moves.
std::optional<model::Position> rest_place(const Config& config, const State& state, const model::Record& record) {
  if (!record.speed_cmps || *record.speed_cmps >= config.rest_below_cmps) return std::nullopt;
  if (!state.rest_place) return record.position;
  const double hdop = record.hdop_centi.value_or(0) / 100.0;
  const double radius_m = std::max<double>(config.rest_radius_m, config.rest_radius_m_per_hdop * hdop);
  // Crept or was pushed away: it rests, but somewhere else.
  return model::distance_m(*state.rest_place, *record.position) <= radius_m ? state.rest_place : record.position;
}

/// What a usable fix tells that the reference did not.
std::uint32_t news(const Config& config, const State::Reference& reference, const model::Record& record) {
  std::uint32_t reason = 0;
  const double away_m = model::distance_m(reference.position, *record.position);
  if (away_m >= config.distance_m) reason |= model::reason::kDistance;
  if (record.speed_cmps && reference.speed_cmps &&
      std::abs(*record.speed_cmps - *reference.speed_cmps) >= config.speed_change_cmps) {
    reason |= model::reason::kSpeed;
  }
  const bool moves = record.speed_cmps.value_or(0) > config.angle_above_cmps && away_m > config.angle_beyond_m;
  if (moves && record.course_cdeg && reference.course_cdeg &&
      model::course_difference_cdeg(*record.course_cdeg, *reference.course_cdeg) >= config.angle_cdeg) {
    reason |= model::reason::kAngle;
  }
  return reason;
}

State::Reference reference_from(const Config& config, const model::Record& record) {
  State::Reference reference{*record.position, std::nullopt, record.speed_cmps};
  if (record.speed_cmps.value_or(0) > config.angle_above_cmps) reference.course_cdeg = record.course_cdeg;
  return reference;
}

bool is_slow(const State& state) { return state.rest_place && state.rest_told; }

/// kTime or kRest if it is time again.
std::uint32_t due(const Config& config, const State& state, base::BootTime now) {
  if (!state.last_kept) return 0;
  if (now - *state.last_kept < (is_slow(state) ? config.rest_time : config.time)) return 0;
  return is_slow(state) ? model::reason::kRest : model::reason::kTime;
}

base::Status wrong(const std::string& what) { return base::stop_error("sampling: " + what); }

}  // namespace

base::Status validate(const Config& config) {
  if (config.time.count() <= 0) return wrong("time must be above 0");
  if (config.rest_time < config.time) return wrong("time at rest must not be below the time on the move");
  if (config.distance_m <= 0) return wrong("distance must be above 0");
  if (config.angle_cdeg < 1 || config.angle_cdeg > 18'000) return wrong("angle must be 0.01 to 180 degrees");
  if (config.angle_above_cmps < 0) return wrong("speed for the angle must not be below 0");
  if (config.angle_beyond_m < 0) return wrong("distance for the angle must not be below 0");
  if (config.speed_change_cmps <= 0) return wrong("speed change must be above 0");
  if (config.rest_below_cmps < 0) return wrong("speed at rest must not be below 0");
  if (config.rest_radius_m < 0) return wrong("radius at rest must not be below 0");
  if (config.rest_radius_m_per_hdop < 0) return wrong("radius at rest per HDOP must not be below 0");
  return {};
}

Decision decide(const Config& config, const State& state, const model::Record& record) {
  ODOGRAPH_ASSERT(record.boot_time.has_value());
  Decision decision{0, state};
  State& next = decision.next;
  std::uint32_t& reason = decision.reason;
  const bool usable = is_usable(record);

  if (usable) {
    next.rest_place = rest_place(config, state, record);
    if (next.rest_place != state.rest_place) next.rest_told = false;
  }
  if (record.mode) next.had_fix = record.position.has_value();

  if (config.mode == Mode::kAll) reason |= model::reason::kAll;
  if (!state.last_kept) reason |= model::reason::kFirst;
  if (record.event || record.boot || record.loss) reason |= model::reason::kEvent;
  if (state.had_fix && next.had_fix != state.had_fix) reason |= model::reason::kFixChange;
  if (usable && state.reference && !is_slow(next)) reason |= news(config, *state.reference, record);
  reason |= due(config, next, *record.boot_time);

  if (reason != 0) {
    next.last_kept = record.boot_time;
    if (usable) next.reference = reference_from(config, record);
    if (usable && next.rest_place) next.rest_told = true;
  }
  return decision;
}

}  // namespace odograph::sample
