#include "lib/rules/gate.h"

#include <cstdlib>

#include "lib/rules/fence.h"

namespace odograph::rules {

Seen Gate::look(EventTime time, const model::Record& record) {
  Seen seen{time, record, std::nullopt, std::nullopt};
  if (!record.position || (record.flags & model::flag::kUnusable) != 0) return seen;
  if (!plausible(time, record) && refusals_ < kRefusalsMax) {
    ++refusals_;
    return seen;
  }
  refusals_ = 0;
  time_ = time;
  position_ = *record.position;
  speed_cmps_ = record.speed_cmps;
  seen.position = record.position;
  seen.speed_cmps = record.speed_cmps;
  return seen;
}

bool Gate::plausible(EventTime time, const model::Record& record) const {
  if (!time_) return true;
  const std::int64_t since_ms = (time - *time_).count();
  // Ten metres are noise at any speed.
  const std::int64_t way_cm = (distance_dm(position_, *record.position) - 100) * 10;
  if (way_cm > 0 && way_cm * 1'000 > kSpeedMaxCmps * since_ms) return false;
  if (!record.speed_cmps || !speed_cmps_ || base::Millis(since_ms) > kPairMax) return true;
  const std::int64_t change_cmps = std::abs(std::int64_t{*record.speed_cmps} - *speed_cmps_);
  return change_cmps * 1'000 <= kAccelerationMaxCmps2 * std::int64_t{since_ms} || change_cmps == 0;
}

}  // namespace odograph::rules
