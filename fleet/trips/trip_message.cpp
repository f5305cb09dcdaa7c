#include "fleet/trips/trip_message.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "fleet/eta/route.h"
#include "fleet/trips/polyline.h"
#include "fleet/trips/trip_check.h"
#include "lib/base/ids.h"
#include "proto/public/trip.pb.h"

namespace odograph::trips {
namespace {

using Timestamp = google::protobuf::Timestamp;

constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::int64_t kSecondsMin = -62'135'596'800;  // 0001-01-01 and 9999-12-31, as the message's contract has it.
constexpr std::int64_t kSecondsMax = 253'402'300'799;

void put(Timestamp& out, base::UtcTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  out.set_seconds(seconds.time_since_epoch().count());
  out.set_nanos(static_cast<std::int32_t>((time - seconds).count() * kNanosPerMilli));
}

bool is_time(const Timestamp& from) {
  return from.seconds() >= kSecondsMin && from.seconds() <= kSecondsMax && from.nanos() >= 0 &&
         from.nanos() < 1'000 * kNanosPerMilli;
}

base::UtcTime take(const Timestamp& from) {
  return base::UtcTime{std::chrono::seconds{from.seconds()} + base::Millis{from.nanos() / kNanosPerMilli}};
}

void put_stop(odograph::TripStop& out, const eta::PlannedStop& stop) {
  out.set_stop_id(stop.stop_id);
  out.set_sequence(stop.sequence);
  out.mutable_position()->set_lat(stop.place.lat_deg);
  out.mutable_position()->set_lon(stop.place.lon_deg);
  out.set_radius_m(stop.radius_m);
  put(*out.mutable_planned_arrival(), stop.planned_arrival);
  put(*out.mutable_planned_departure(), stop.planned_departure);
  if (stop.window_start) put(*out.mutable_window_start(), *stop.window_start);
  if (stop.window_end) put(*out.mutable_window_end(), *stop.window_end);
  out.set_planned_dwell_s(stop.planned_dwell_s);
}

/// Reads one trip; the first thing that is wrong with it is its complaint.
class Reading {
 public:
  explicit Reading(std::string path) : path_(std::move(path)) {}

  void require(bool sound, const std::string& field, const std::string& why) {
    if (!sound && !complaint_) complaint_ = base::drop_error(path_ + field + ": " + why);
  }
  base::UtcTime time(bool told, const Timestamp& from, const std::string& field) {
    require(told && is_time(from), field, "missing, or no time");
    return complaint_ ? base::UtcTime{} : take(from);
  }
  std::optional<base::UtcTime> optional_time(bool told, const Timestamp& from, const std::string& field) {
    if (!told) return std::nullopt;
    return time(told, from, field);
  }
  const std::optional<base::Error>& complaint() const { return complaint_; }

 private:
  std::string path_;
  std::optional<base::Error> complaint_;
};

eta::PlannedStop stop_of(const odograph::TripStop& from, Reading& reading) {
  eta::PlannedStop stop;
  reading.require(is_text(from.stop_id(), kIdBytesMax), "stop_id", "not 1 to 128 bytes of text");
  reading.require(from.has_position() && kLatDeg.holds(from.position().lat()) && kLonDeg.holds(from.position().lon()),
                  "position", "missing, or not on the globe");
  reading.require(kRadiusM.holds(from.radius_m()), "radius_m", "not within 5 to 2000");
  reading.require(kDwellS.holds(from.planned_dwell_s()), "planned_dwell_s", "not within 0 to 86400");
  stop.stop_id = from.stop_id();
  stop.sequence = from.sequence();
  stop.place = {from.position().lat(), from.position().lon()};
  stop.radius_m = from.radius_m();
  stop.planned_arrival = reading.time(from.has_planned_arrival(), from.planned_arrival(), "planned_arrival");
  stop.planned_departure = reading.time(from.has_planned_departure(), from.planned_departure(), "planned_departure");
  stop.window_start = reading.optional_time(from.has_window_start(), from.window_start(), "window_start");
  stop.window_end = reading.optional_time(from.has_window_end(), from.window_end(), "window_end");
  stop.planned_dwell_s = from.planned_dwell_s();
  return stop;
}

base::Result<eta::Trip> trip_of(const odograph::Trip& from, const std::string& vehicle_id) {
  if (!is_text(from.trip_id(), kIdBytesMax)) return base::drop_error("trip_id: not 1 to 128 bytes of text");
  Reading reading("trip " + from.trip_id() + ": ");
  eta::Trip trip;
  trip.trip_id = from.trip_id();
  trip.vehicle_id = vehicle_id;
  trip.revision = from.revision();
  trip.start_time = reading.time(from.has_start_time(), from.start_time(), "start_time");
  auto path = decode_polyline(from.path(), Precision::kSix);
  if (!path) reading.require(false, "path", path.error().what);
  if (reading.complaint()) return *reading.complaint();
  trip.path = *std::move(path);
  reading.require(static_cast<std::size_t>(from.stops_size()) <= eta::kStopsMax, "stops", "more than 500");
  for (const odograph::TripStop& one : from.stops()) {
    Reading its("trip " + from.trip_id() + ": stops[" + std::to_string(trip.stops.size()) + "].");
    eta::PlannedStop stop = stop_of(one, its);
    check_stop(trip, stop, [&its](const char* field, const std::string& why) { its.require(false, field, why); });
    if (reading.complaint()) return *reading.complaint();
    if (its.complaint()) return *its.complaint();
    trip.stops.push_back(std::move(stop));
  }
  if (auto route = eta::Route::create(trip); !route)
    return base::drop_error("trip " + trip.trip_id + ": " + route.error().what);
  return trip;
}

}  // namespace

base::Result<std::string> to_message(const std::string& vehicle_id, std::vector<eta::Trip> trips) {
  if (trips.size() > kTripsOfVehicleMax)
    return base::drop_error("vehicle " + vehicle_id + ": " + std::to_string(trips.size()) + " trips, " +
                            std::to_string(kTripsOfVehicleMax) + " are allowed; cancel those that are over");
  std::sort(trips.begin(), trips.end(), [](const eta::Trip& a, const eta::Trip& b) {
    return std::tie(a.start_time, a.trip_id) < std::tie(b.start_time, b.trip_id);
  });
  odograph::VehicleTrips message;
  message.set_vehicle_id(vehicle_id);
  for (const eta::Trip& trip : trips) {
    odograph::Trip& out = *message.add_trips();
    out.set_trip_id(trip.trip_id);
    out.set_revision(trip.revision);
    put(*out.mutable_start_time(), trip.start_time);
    out.set_path(encode_polyline(trip.path, Precision::kSix));
    for (const eta::PlannedStop& stop : trip.stops) put_stop(*out.add_stops(), stop);
  }
  std::string value = message.SerializeAsString();
  if (value.size() > kTripsBytesMax)
    return base::drop_error("vehicle " + vehicle_id + ": its " + std::to_string(trips.size()) + " trips need " +
                            std::to_string(value.size()) + " bytes, " + std::to_string(kTripsBytesMax) +
                            " are allowed; thin the paths, or cancel trips that are over");
  return value;
}

base::Result<std::vector<eta::Trip>> from_message(const std::string& vehicle_id, std::string_view value) {
  odograph::VehicleTrips message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size())))
    return base::drop_error("no sound VehicleTrips message");
  if (!base::is_vehicle_id(vehicle_id)) return base::drop_error("its key is no vehicle id");
  if (message.vehicle_id() != vehicle_id) return base::drop_error("it is of another vehicle than its key");
  if (static_cast<std::size_t>(message.trips_size()) > kTripsOfVehicleMax)
    return base::drop_error("more than " + std::to_string(kTripsOfVehicleMax) + " trips");
  std::vector<eta::Trip> trips;
  for (const odograph::Trip& one : message.trips()) {
    auto trip = trip_of(one, vehicle_id);
    if (!trip) return trip.error();
    const bool known =
        std::any_of(trips.begin(), trips.end(), [&](const auto& t) { return t.trip_id == trip->trip_id; });
    if (known) return base::drop_error("trip " + trip->trip_id + ": twice");
    trips.push_back(*std::move(trip));
  }
  return trips;
}

}  // namespace odograph::trips
