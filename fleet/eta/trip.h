#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace odograph::eta {

/// A place on the globe, WGS 84 degrees; latitude -90..90, longitude -180..180.
struct Place {
  double lat_deg = 0;
  double lon_deg = 0;
  bool operator==(const Place&) const = default;
};

struct PlannedStop {
  std::string stop_id;         ///< Not empty; the same place may be served on many trips under one id.
  std::uint32_t sequence = 0;  ///< Ascending along the trip.
  Place place;
  double radius_m = 0;  ///< Within it the vehicle can be said to stand at the stop; 5..2000.
  base::UtcTime planned_arrival;
  base::UtcTime planned_departure;
  std::optional<base::UtcTime> window_start;
  std::optional<base::UtcTime> window_end;
  double planned_dwell_s = 0;  ///< 0..86400.
  bool operator==(const PlannedStop&) const = default;
};

/// What was planned for one vehicle: where it drives and what it serves.
struct Trip {
  std::string trip_id;
  std::string vehicle_id;
  std::uint32_t revision = 0;  ///< Of two with the same id the higher one counts.
  base::UtcTime start_time;
  std::vector<Place> path;         ///< 2 places at least, in driving order.
  std::vector<PlannedStop> stops;  ///< 1 at least, in driving order.
  bool operator==(const Trip&) const = default;
};

/// One position of a vehicle as it was told.
struct Position {
  base::UtcTime time;
  Place place;
  std::optional<double> speed_mps;  ///< 0 or more.
  std::optional<double> track_deg;  ///< Course over ground, 0..360; not believed below 10 km/h.
  bool operator==(const Position&) const = default;
};

/// Seconds from one moment to another; negative backwards.
inline double seconds_between(base::UtcTime from, base::UtcTime to) {
  return std::chrono::duration<double>(to - from).count();
}

/// `seconds` (|..| below 1e9) after `time`, rounded to a millisecond.
inline base::UtcTime after(base::UtcTime time, double seconds) {
  return time + std::chrono::round<base::Millis>(std::chrono::duration<double>(seconds));
}

}  // namespace odograph::eta
