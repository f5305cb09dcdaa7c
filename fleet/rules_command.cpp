#include "fleet/rules_command.h"

#include <map>
#include <vector>

#include "fleet/arrivals/arrivals.h"
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
  auto trips = load_trips(command.trips);
  if (!trips) return trips.error();
  if (command.records.empty()) return try_topic(command, {*std::move(rules), *std::move(trips)}, out, log);
  return watch::try_rules(*std::move(rules), *std::move(trips), watch::recorded_file(command.records),
                          {command.format, out, log});
}

}  // namespace odograph::fleet
