#include <string>

#include "fleet/eta/route.h"
#include "fleet/trips/read.h"
#include "fleet/trips/trip_object.h"
#include "lib/base/ids.h"

namespace odograph::trips {
namespace {

constexpr Range kSpeedMps{0, 150};
constexpr Range kTrackDeg{0, 360};

std::vector<eta::Place> path_of(Object& object) {
  std::vector<eta::Place> path;
  const nlohmann::json& places = object.line("path");
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

}  // namespace

std::string vehicle_id_of(Object& object) {
  std::string id = object.text("vehicle_id", kIdBytesMax);
  if (!base::is_vehicle_id(id)) object.complain("vehicle_id", "not 1 to 64 of A-Z a-z 0-9 . _ -");
  return id;
}

eta::Trip begin_trip(Object& object) {
  eta::Trip trip;
  trip.trip_id = object.text("trip_id", kIdBytesMax);
  trip.vehicle_id = vehicle_id_of(object);
  trip.revision = object.whole("revision", kWholeMax);
  trip.start_time = object.time("start_time");
  return trip;
}

void add_stop(Object& object, eta::Trip& trip) {
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
  check_stop(trip, stop, [&object](const char* field, const std::string& why) { object.complain(field, why); });
  if (!object.complaint()) trip.stops.push_back(std::move(stop));
}

base::Result<eta::Trip> trip_of(const nlohmann::json& json) {
  Object object(json, "");
  eta::Trip trip = begin_trip(object);
  trip.path = path_of(object);
  const nlohmann::json& stops = object.array("stops");
  if (object.complaint()) return *object.complaint();
  if (stops.size() > eta::kStopsMax) return base::drop_error("stops: more than " + std::to_string(eta::kStopsMax));
  for (const nlohmann::json& one : stops) {
    Object its(one, "stops[" + std::to_string(trip.stops.size()) + "].");
    add_stop(its, trip);
    if (its.complaint()) return *its.complaint();
  }
  if (auto route = eta::Route::create(trip); !route) return route.error();
  return trip;
}

base::Result<eta::Trip> parse_trip(std::string_view text) {
  const auto json = parse_object(text);
  if (!json) return json.error();
  return trip_of(*json);
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
