#include "fleet/dispatch/trips_commands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iomanip>
#include <ostream>
#include <set>
#include <tuple>

#include "fleet/decode/json.h"
#include "fleet/eta/route.h"
#include "fleet/topics/topic_table.h"
#include "fleet/trips/trip_message.h"

namespace odograph::dispatch {
namespace {

constexpr std::chrono::milliseconds kWriteWithin{30'000};
constexpr int kWholeDecimals = 6;  ///< Of the path, as trips-topic keeps it.

std::string plural(std::size_t count, const std::string& one) {
  return std::to_string(count) + ' ' + one + (count == 1 ? "" : "s");
}

std::string rounded(double degrees) {
  std::array<char, 32> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), degrees, std::chars_format::fixed, kWholeDecimals);
  return {text.data(), end};
}

std::string stop_json(const eta::PlannedStop& stop) {
  decode::JsonObject object;
  object.text("stop_id", stop.stop_id)
      .number("sequence", std::uint64_t{stop.sequence})
      .raw("lat", decode::json_number(stop.place.lat_deg))
      .raw("lon", decode::json_number(stop.place.lon_deg))
      .raw("radius_m", decode::json_number(stop.radius_m))
      .text("planned_arrival", base::to_rfc3339(stop.planned_arrival))
      .text("planned_departure", base::to_rfc3339(stop.planned_departure));
  if (stop.window_start) object.text("window_start", base::to_rfc3339(*stop.window_start));
  if (stop.window_end) object.text("window_end", base::to_rfc3339(*stop.window_end));
  object.raw("planned_dwell_s", decode::json_number(stop.planned_dwell_s));
  return object.str();
}

/// "2026-03-02T08:00Z": a table needs no seconds.
std::string to_the_minute(base::UtcTime time) { return base::to_rfc3339(time).substr(0, 16) + 'Z'; }

void print_table(const std::vector<const eta::Trip*>& trips, std::ostream& out) {
  std::size_t vehicle_width = 7;
  std::size_t trip_width = 4;
  for (const eta::Trip* trip : trips) {
    vehicle_width = std::max(vehicle_width, trip->vehicle_id.size());
    trip_width = std::max(trip_width, trip->trip_id.size());
  }
  const auto cell = [&out](const std::string& text, std::size_t width) {
    out << std::left << std::setw(static_cast<int>(width) + 2) << text;
  };
  cell("vehicle", vehicle_width);
  cell("trip", trip_width);
  out << "revision  start              end                stops  km\n";
  for (const eta::Trip* trip : trips) {
    cell(trip->vehicle_id, vehicle_width);
    cell(trip->trip_id, trip_width);
    const auto route = eta::Route::create(*trip);
    out << std::right << std::setw(8) << trip->revision << "  " << to_the_minute(trip->start_time) << "  "
        << to_the_minute(trip->stops.back().planned_departure) << "  " << std::setw(5) << trip->stops.size() << "  "
        << std::fixed << std::setprecision(1) << (route ? route->length_m() / 1000 : 0.0) << '\n';
  }
}

}  // namespace

std::string to_json_line(const eta::Trip& trip) {
  decode::JsonArray path;
  for (const eta::Place& place : trip.path)
    path.raw('[' + rounded(place.lon_deg) + ", " + rounded(place.lat_deg) + ']');
  decode::JsonArray stops;
  for (const eta::PlannedStop& stop : trip.stops) stops.raw(stop_json(stop));
  decode::JsonObject object;
  object.text("trip_id", trip.trip_id)
      .text("vehicle_id", trip.vehicle_id)
      .number("revision", std::uint64_t{trip.revision})
      .text("start_time", base::to_rfc3339(trip.start_time))
      .raw("path", path.str())
      .raw("stops", stops.str());
  return object.str();
}

base::Result<trips::TripFile> read_files(const std::vector<std::filesystem::path>& files) {
  trips::TripFile all;
  std::set<std::string> ids;
  std::string wrong;
  for (const std::filesystem::path& path : files) {
    auto file = trips::read_trips(path);
    if (!file) return file.error();
    for (eta::Trip& trip : file->trips) {
      if (!ids.insert(trip.trip_id).second)
        wrong += (wrong.empty() ? "" : "\n") + path.string() + ": trip " + trip.trip_id + " is in a file before it too";
      all.trips.push_back(std::move(trip));
    }
    for (std::string& column : file->unused_columns) all.unused_columns.push_back(std::move(column));
  }
  if (!wrong.empty()) return base::drop_error(wrong);
  return all;
}

base::Result<InForce> read_in_force(const Broker& broker) {
  auto table = read_table(topics::kTrips, broker);
  if (!table) return table.error();
  InForce in_force;
  for (const auto& [vehicle_id, value] : *table) {
    auto trips = trips::from_message(vehicle_id, value);
    if (!trips) {
      in_force.unreadable[vehicle_id] = trips.error().what;
    } else if (!trips->empty()) {
      in_force.trips[vehicle_id] = *std::move(trips);
    }
  }
  return in_force;
}

base::Status put_trips(const trips::TripFile& file, const Broker& broker, const PutOptions& options,
                       std::ostream& out) {
  const auto in_force = read_in_force(broker);
  if (!in_force) return in_force.error();
  const auto plan = plan_put(*in_force, file.trips, options.now);
  if (!plan) return plan.error();
  if (options.dry_run == DryRun::kNo) {
    if (auto status = write_all(topics::kTrips, plan->writes, broker, kWriteWithin); !status) return status;
  }
  out << plural(file.trips.size(), "trip") << ": " << plan->fresh << " new, " << plan->revised << " revised, "
      << plan->moved << " moved to another vehicle, " << plan->unchanged << " as they were\n"
      << plural(plan->writes.size(), "vehicle") << (options.dry_run == DryRun::kYes ? " would be" : "") << " written";
  if (plan->over > 0) out << "; " << plural(plan->over, "trip") << " of them that ended more than a day ago left out";
  out << '\n';
  if (file.unused_columns.empty()) return {};
  out << "columns that are not looked at:";
  for (const std::string& column : file.unused_columns) out << ' ' << column;
  out << '\n';
  return {};
}

base::Status list_trips(const ListOptions& options, const Broker& broker, std::ostream& out, std::ostream& err) {
  const auto in_force = read_in_force(broker);
  if (!in_force) return in_force.error();
  std::vector<const eta::Trip*> trips;
  for (const auto& [vehicle_id, its] : in_force->trips) {
    if (!options.vehicle_id.empty() && options.vehicle_id != vehicle_id) continue;
    for (const eta::Trip& trip : its) trips.push_back(&trip);
  }
  if (options.format == ListOptions::Format::kJson) {
    for (const eta::Trip* trip : trips) out << to_json_line(*trip) << '\n';
  } else if (trips.empty()) {
    out << "no trips are in force\n";
  } else {
    print_table(trips, out);
  }
  for (const auto& [vehicle_id, why] : in_force->unreadable)
    err << "trips of vehicle " << vehicle_id << " cannot be read: " << why << '\n';
  return {};
}

base::Status cancel_trips(const std::vector<std::string>& trip_ids, const std::vector<std::string>& vehicle_ids,
                          const Broker& broker, std::ostream& out) {
  const auto in_force = read_in_force(broker);
  if (!in_force) return in_force.error();
  const auto writes = plan_cancel(*in_force, trip_ids, vehicle_ids);
  if (!writes) return writes.error();
  if (auto status = write_all(topics::kTrips, *writes, broker, kWriteWithin); !status) return status;
  out << plural(writes->size(), "vehicle") << " written\n";
  for (const Write& write : *writes) {
    if (!write.value) out << "vehicle " << write.vehicle_id << " has no trip any more\n";
  }
  return {};
}

}  // namespace odograph::dispatch
