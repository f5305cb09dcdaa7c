#include "fleet/rules_command.h"

#include <algorithm>
#include <map>
#include <vector>

#include "fleet/arrivals/arrivals.h"
#include "fleet/fences/fence_row.h"
#include "fleet/fences/geojson.h"
#include "fleet/rules_config.h"
#include "fleet/trips/read.h"
#include "fleet/trips/trip_message.h"
#include "fleet/watch/topic_source.h"
#include "lib/config/notation.h"
#include "lib/keys/link.h"
#include "lib/service/signals.h"

namespace odograph::fleet {
namespace {

/// What is tried.
struct Trial {
  watch::TrialRules rules;
  watch::TrialTrips trips;
};

base::Result<watch::TrialTrips> load_trips(const std::filesystem::path& path) {
  watch::TrialTrips trips;
  if (path.empty()) return trips;
  auto file = trips::read_trips(path);
  if (!file) return file.error();
  std::map<std::string, std::vector<eta::Trip>> by_vehicle;
  for (eta::Trip& trip : file->trips) by_vehicle[trip.vehicle_id].push_back(std::move(trip));
  for (auto& [vehicle_id, of_vehicle] : by_vehicle) {
    auto row = trips::to_message(vehicle_id, std::move(of_vehicle));
    if (!row) return row.error();
    trips.rows[vehicle_id] = *std::move(row);
  }
  trips.arrivals = arrivals::make_factory();
  return trips;
}

/// Rows as of geofences-topic; what does not say from when on it holds does since ever.
base::Result<std::map<std::string, std::string>> load_fences(const std::filesystem::path& path) {
  std::map<std::string, std::string> rows;
  if (path.empty()) return rows;
  const auto file = fences::read_fences({path});
  if (!file) return file.error();
  std::map<std::string, fences::FenceRow> by_id;
  for (const fences::FencePut& one : file->fences) {
    fences::FenceRow& row = by_id.try_emplace(one.id, fences::FenceRow{one.id, {}}).first->second;
    row.versions.push_back({one.valid_from.value_or(base::UtcTime{}), one.area, one.alert});
  }
  if (by_id.size() > fences::kFencesMax) {
    return base::stop_error(path.string() + ": " + std::to_string(by_id.size()) + " fences, expected at most " +
                            std::to_string(fences::kFencesMax));
  }
  for (auto& [id, row] : by_id) {
    std::sort(row.versions.begin(), row.versions.end(),
              [](const auto& a, const auto& b) { return a.valid_from < b.valid_from; });
    if (auto status = fences::validate(row); !status) {
      return base::stop_error(path.string() + ": fence " + id + ": " + status.error().what);
    }
    rows[id] = fences::to_message(row);
  }
  return rows;
}

base::Status try_topic(const RulesTryCommand& command, Trial trial, std::ostream& out, std::ostream& log) {
  const auto back = config::parse_duration(command.since);
  if (!back) return base::stop_error("--since: expected a duration such as \"7d\" or \"12h\", found " + command.since);
  const auto signals = service::Signals::create();
  if (!signals) return signals.error();
  const auto values = load_config(command.source);
  if (!values) return values.error();
  const auto secured = security(*values);
  if (!secured) return secured.error();
  const std::string brokers = keys::brokers_of(*values);
  const auto admin = kafka::Admin::create({.brokers = brokers, .client_id = "odograph-fleet", .security = *secured});
  if (!admin) return admin.error();
  const auto consumer =
      kafka::Consumer::create({.brokers = brokers, .client_id = "odograph-fleet-rules", .security = *secured});
  if (!consumer) return consumer.error();
  const auto stopped = [&] { return signals->next() == service::Signal::kStop; };
  watch::TrialSource source = watch::recorded_topic({**admin, **consumer, log, stopped});
  if (const auto now = base::RealClock().utc_now()) source.since = now->time - *back;
  return watch::try_rules(std::move(trial.rules), std::move(trial.trips), source, {command.format, out, log});
}

}  // namespace

base::Status run_rules_try(const RulesTryCommand& command, std::ostream& out, std::ostream& log) {
  auto rules = load_rules(command.rules);
  if (!rules) return rules.error();
  auto fences = load_fences(command.fences);
  if (!fences) return fences.error();
  rules->fences = *std::move(fences);
  auto trips = load_trips(command.trips);
  if (!trips) return trips.error();
  if (command.records.empty()) return try_topic(command, {*std::move(rules), *std::move(trips)}, out, log);
  return watch::try_rules(*std::move(rules), *std::move(trips), watch::recorded_file(command.records),
                          {command.format, out, log});
}

}  // namespace odograph::fleet
