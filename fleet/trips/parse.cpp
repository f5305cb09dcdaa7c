#include <string>

#include "fleet/eta/route.h"
#include "fleet/trips/object.h"
#include "fleet/trips/read.h"
#include "lib/base/ids.h"

namespace odograph::trips {
namespace {

constexpr std::size_t kIdBytesMax = 128;
constexpr std::uint32_t kWholeMax = 4'000'000'000;
constexpr Range kLatDeg{-90, 90};
constexpr Range kLonDeg{-180, 180};
constexpr Range kRadiusM{5, 2000};
constexpr Range kDwellS{0, 86'400};
constexpr Range kSpeedMps{0, 150};
constexpr Range kTrackDeg{0, 360};

std::string vehicle_id_of(Object& object) {
  std::string id = object.text("vehicle_id", kIdBytesMax);
  if (!base::is_vehicle_id(id)) object.complain("vehicle_id", "not 1 to 64 of A-Z a-z 0-9 . _ -");
  return id;
}

std::vector<eta::Place> path_of(Object& object) {
  std::vector<eta::Place> path;
  const nlohmann::json& places = object.array("path");
  if (places.size() > eta::kPathPlacesMax) {
    object.complain("path", "more than " + std::to_string(eta::kPathPlacesMax) + " places");
    return path;
  }
  const auto within = [](const nlohmann::json& number, Range range) {
    return number.is_number() && number.get<double>() >= range.least && number.get<double>() <= range.most;
  };
  for (const nlohmann::json& place : places) {
    const bool is_place = place.is_array() && place.size() >= 2 && place.size() <= 3;
    if (!is_place || !within(place[0], kLonDeg) || !within(place[1], kLatDeg)) {
      object.complain("path[" + std::to_string(path.size()) + "]", "not [longitude, latitude] in degrees");
      return path;
    }
    path.push_back({place[1].get<double>(), place[0].get<double>()});
  }
  return path;
}

eta::PlannedStop stop_of(Object& object) {
  eta::PlannedStop stop;
  stop.stop_id = object.text("stop_id", kIdBytesMax);
  stop.sequence = object.whole("sequence", kWholeMax);
  stop.place.lat_deg = object.number("lat", kLatDeg);
  stop.place.lon_deg = object.number("lon", kLonDeg);
  stop.radius_m = object.number("radius_m", kRadiusM);
  stop.planned_arrival = object.time("planned_arrival");
  stop.planned_departure = object.time("planned_departure");
  stop.window_start = object.optional_time("window_start");
  stop.window_end = object.optional_time("window_end");
  stop.planned_dwell_s = object.number("planned_dwell_s", kDwellS);
  if (stop.planned_departure < stop.planned_arrival) object.complain("planned_departure", "before planned_arrival");
  if (stop.window_start && stop.window_end && *stop.window_end < *stop.window_start)
    object.complain("window_end", "before window_start");
  return stop;
}

/// What is wrong between a stop and what comes before it.
void check_order(Object& object, const eta::Trip& trip, const eta::PlannedStop& stop) {
  const bool first = trip.stops.empty();
  if (!first && stop.sequence <= trip.stops.back().sequence)
    object.complain("sequence", "not above that of the stop before; stops are listed in driving order");
  if (stop.planned_arrival < (first ? trip.start_time : trip.stops.back().planned_departure))
    object.complain("planned_arrival", first ? "before start_time" : "before the planned_departure of the stop before");
}

}  // namespace

base::Result<eta::Trip> parse_trip(std::string_view text) {
  const auto json = parse_object(text);
  if (!json) return json.error();
  Object object(*json, "");
  eta::Trip trip;
  trip.trip_id = object.text("trip_id", kIdBytesMax);
  trip.vehicle_id = vehicle_id_of(object);
  trip.revision = object.whole("revision", kWholeMax);
  trip.start_time = object.time("start_time");
  trip.path = path_of(object);
  for (const nlohmann::json& one : object.array("stops")) {
    if (trip.stops.size() >= eta::kStopsMax) break;  // The route says what is wrong.
    Object its(one, "stops[" + std::to_string(trip.stops.size()) + "].");
    eta::PlannedStop stop = stop_of(its);
    check_order(its, trip, stop);
    if (object.complaint()) return *object.complaint();
    if (its.complaint()) return *its.complaint();
    trip.stops.push_back(std::move(stop));
  }
  if (object.complaint()) return *object.complaint();
  if (object.array("stops").size() > eta::kStopsMax)
    return base::drop_error("stops: more than " + std::to_string(eta::kStopsMax));
  if (auto route = eta::Route::create(trip); !route) return route.error();
  return trip;
}

base::Result<VehiclePosition> parse_position(std::string_view text) {
  const auto json = parse_object(text);
  if (!json) return json.error();
  Object object(*json, "");
  VehiclePosition told;
  told.vehicle_id = vehicle_id_of(object);
  told.position.time = object.time("time");
  told.position.place.lat_deg = object.number("lat", kLatDeg);
  told.position.place.lon_deg = object.number("lon", kLonDeg);
  told.position.speed_mps = object.optional_number("speed", kSpeedMps);
  told.position.track_deg = object.optional_number("track", kTrackDeg);
  if (object.complaint()) return *object.complaint();
  return told;
}

}  // namespace odograph::trips
