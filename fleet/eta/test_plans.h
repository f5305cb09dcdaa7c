#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "fleet/eta/trip.h"

namespace odograph::eta {

/// So many metres east and north of 47 N 8 E.
inline Place at(double east_m, double north_m) {
  constexpr double kMetresPerDegree = 111'194.93;
  return {47 + north_m / kMetresPerDegree, 8 + east_m / (kMetresPerDegree * std::cos(47 * 3.14159265358979 / 180))};
}

/// A Monday, 08:00:00 UTC, and so many seconds.
inline base::UtcTime moment(double second) {
  return after(base::UtcTime{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}} + std::chrono::hours{8}, second);
}

/// East and north of 47 N 8 E in metres, one corner after the other.
using Corners = std::vector<std::pair<double, double>>;

/// A stop for `plan`: where it is, and when it is planned in seconds after the start.
struct StopAt {
  double east_m;
  double north_m;
  double planned_s;
};

/// A trip from 08:00:00 with 60 s at every stop and radii of 60 m.
inline Trip plan(const Corners& path, const std::vector<StopAt>& stops) {
  Trip trip{"trip", "van", 1, moment(0), {}, {}};
  for (const auto& [east_m, north_m] : path) trip.path.push_back(at(east_m, north_m));
  for (const StopAt& stop : stops) {
    PlannedStop one;
    one.sequence = static_cast<std::uint32_t>(trip.stops.size() + 1);
    one.stop_id = "stop-" + std::to_string(one.sequence);
    one.place = at(stop.east_m, stop.north_m);
    one.radius_m = 60;
    one.planned_arrival = moment(stop.planned_s);
    one.planned_departure = moment(stop.planned_s + 60);
    one.planned_dwell_s = 60;
    trip.stops.push_back(one);
  }
  return trip;
}

inline Position seen(double second, std::pair<double, double> east_north_m, double speed_mps, double track_deg) {
  return {moment(second), at(east_north_m.first, east_north_m.second), speed_mps, track_deg};
}

}  // namespace odograph::eta
