#pragma once

#include <cmath>
#include <cstdint>

#include "fleet/eta/trip.h"
#include "lib/model/record.h"

namespace odograph::arrivals {

/// For tests: what a vehicle with a good receiver would tell of itself there.
inline model::Record record_of(const eta::Position& position) {
  model::Record record;
  record.utc = position.time;
  record.time_quality = model::TimeQuality::kGnss;
  record.mode = model::FixMode::k3d;
  record.position = model::Position{static_cast<std::int32_t>(std::lround(position.place.lat_deg * 1e7)),
                                    static_cast<std::int32_t>(std::lround(position.place.lon_deg * 1e7))};
  if (position.speed_mps) record.speed_cmps = static_cast<std::int32_t>(std::lround(*position.speed_mps * 100));
  if (position.track_deg) record.course_cdeg = static_cast<std::int32_t>(std::lround(*position.track_deg * 100));
  return record;
}

}  // namespace odograph::arrivals
