#include "lib/rules/gate.h"

#include <algorithm>
#include <cstdlib>

#include "lib/rules/fence.h"

namespace odograph::rules {
namespace {

constexpr std::int64_t kNoiseDm = 100;

/// The way that is no noise. Most fixes are so near to each other that a bound from above, without a root, is enough.
bool is_within_reach(const model::Position& from, const model::Position& to, std::int64_t since_ms) {
  constexpr std::int64_t kAnywhereMs = 864'000'000;  // In ten days a vehicle can be at any place; and no overflow.
  const std::int64_t reach = kGateSpeedMaxCmps * std::min(since_ms, kAnywhereMs);
  const auto reachable = [&](std::int64_t way_dm) {
    return way_dm <= kNoiseDm || (way_dm - kNoiseDm) * 10 * 1'000 <= reach;
  };
  // 1e-7 degrees are 0.1113 dm of a great circle, and less of a parallel.
  const std::int64_t apart_e7 = std::abs(std::int64_t{from.lat_e7} - to.lat_e7) +  // Over the date line it is too much.
                                std::abs(std::int64_t{from.lon_e7} - to.lon_e7);
  return reachable(apart_e7 / 8 + 1) || reachable(distance_dm(from, to));
}

}  // namespace

bool is_usable(const model::Record& record) {
  return record.position && record.mode != model::FixMode::kNone && (record.flags & model::flag::kUnusable) == 0;
}

bool is_plausible(const SoundFix& before, base::Millis since, const model::Record& record) {
  const std::int64_t since_ms = since.count();
  if (!is_within_reach(before.position, *record.position, since_ms)) return false;
  if (!record.speed_cmps || !before.speed_cmps || since > kGatePairMax) return true;
  const std::int64_t change_cmps = std::abs(std::int64_t{*record.speed_cmps} - *before.speed_cmps);
  return change_cmps * 1'000 <= kGateAccelerationMaxCmps2 * since_ms || change_cmps == 0;
}

Seen Gate::look(EventTime time, const model::Record& record) {
  Seen seen{time, record, std::nullopt, std::nullopt};
  if (!is_usable(record)) return seen;
  if (time_ && refusals_ < kGateRefusalsMax && !is_plausible(sound_, time - *time_, record)) {
    ++refusals_;
    return seen;
  }
  refusals_ = 0;
  time_ = time;
  sound_ = {*record.position, record.speed_cmps};
  seen.position = record.position;
  seen.speed_cmps = record.speed_cmps;
  return seen;
}

}  // namespace odograph::rules
