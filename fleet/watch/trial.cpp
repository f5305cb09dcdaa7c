#include "fleet/watch/trial.h"

#include <algorithm>
#include <utility>

#include "fleet/alerts/life_alerts.h"
#include "fleet/topics/topic_table.h"
#include "fleet/watch/trip_word.h"

namespace odograph::watch {
namespace {

rules::EventTime event_time(base::UtcTime utc) { return rules::EventTime(utc.time_since_epoch()); }

}  // namespace

Trial::Trial(TrialRules rules, TrialTrips trips, Take take)
    : config_(std::move(rules)), trips_(std::move(trips)), book_(config_.book), take_(std::move(take)) {
  for (const auto& [id, row] : config_.fences) static_cast<void>(book_.put(id, row));
}

Trial::Vehicle& Trial::vehicle_of(const std::string& vehicle_id) {
  const auto known = vehicles_.find(vehicle_id);
  if (known != vehicles_.end()) return known->second;
  rules::SpeedLimitConfig limit = config_.speed_limit;
  if (const auto own = config_.limits_cmps.find(vehicle_id); own != config_.limits_cmps.end()) {
    limit.limit_cmps = own->second;
  }
  Vehicle& vehicle =
      vehicles_.try_emplace(vehicle_id, rules::SpeedLimit(std::move(limit)), TimedRules(vehicle_id, book_))
          .first->second;
  if (const auto row = trips_.rows.find(vehicle_id); row != trips_.rows.end() && trips_.arrivals != nullptr) {
    vehicle.arrivals = trips_.arrivals->make(vehicle_id);
    vehicle::Outcome outcome;
    vehicle.arrivals->on_table({topics::kTrips, vehicle_id, row->second}, outcome);
  }
  return vehicle;
}

bool Trial::is_repeat(Vehicle& vehicle, const Recorded& recorded) {
  if (recorded.record.n == 0) return false;  // Not numbered: nobody can tell.
  const bool same = vehicle.stream_id == recorded.stream_id && vehicle.boot == recorded.boot;
  if (same && recorded.record.n <= vehicle.n) return true;
  vehicle.stream_id = recorded.stream_id;
  vehicle.boot = recorded.boot;
  vehicle.n = recorded.record.n;
  return false;
}

void Trial::on_record(const Recorded& recorded) {
  const base::UtcTime utc = *recorded.record.utc;
  Vehicle& vehicle = vehicle_of(recorded.vehicle_id);
  ++counts_.records;
  if (is_repeat(vehicle, recorded)) {
    ++counts_.repeats;
    return;
  }
  first_ = std::min(first_.value_or(utc), utc);
  newest_ = std::max(newest_.value_or(utc), utc);
  const rules::EventTime time = event_time(utc);
  std::vector<rules::LifeEvent> told;
  go_on(time, vehicle, told);
  if (rules::VehicleRules* rules = vehicle.rules.at(time)) rules->on_record(time, recorded.record, told);
  follow(recorded, vehicle, told);
  tell(recorded.vehicle_id, told);
  for (const auto& alert : vehicle.alerts.on_time(utc)) take_(alert);
  const alerts::Origin origin{.vehicle_id = recorded.vehicle_id};
  for (const model::RuleEvent& event : vehicle.overspeed.on_record(time, recorded.record)) {
    for (const auto& alert : vehicle.alerts.on_event(config_.guard, origin, recorded.record, event)) take_(alert);
  }
}

void Trial::go_on(rules::EventTime now, Vehicle& vehicle, std::vector<rules::LifeEvent>& told) {
  rules::VehicleRules* rules = vehicle.rules.at();
  if (rules == nullptr) return;
  rules->on_wall_clock(now, told);
  rules->on_stream_time(now, told);
}

void Trial::follow(const Recorded& recorded, Vehicle& vehicle, std::vector<rules::LifeEvent>& told) {
  if (vehicle.arrivals == nullptr) return;
  const wire::BatchHeader header{.vehicle_id = recorded.vehicle_id, .lane = model::Lane::kBulk, .boot = recorded.boot};
  vehicle::Outcome outcome;
  vehicle.arrivals->on_history({header}, recorded.record, outcome);
  for (const vehicle::TripNews& news : outcome.trip_news) {
    const auto word = trip_word(news);
    rules::VehicleRules* rules = vehicle.rules.at();
    if (word && rules != nullptr) rules->on_trip(*word, told);
  }
}

void Trial::finish() {
  if (!newest_) return;
  for (auto& [vehicle_id, vehicle] : vehicles_) {
    std::vector<rules::LifeEvent> told;
    go_on(event_time(*newest_), vehicle, told);
    tell(vehicle_id, told);
    for (const auto& alert : vehicle.alerts.on_time(*newest_)) take_(alert);
  }
}

Trial::Counts Trial::counts() const {
  Counts counts = counts_;
  for (const auto& [vehicle_id, vehicle] : vehicles_) {
    if (vehicle.rules.known() != nullptr) counts.late += vehicle.rules.known()->late();
  }
  return counts;
}

void Trial::tell(const std::string& vehicle_id, const std::vector<rules::LifeEvent>& told) const {
  for (const rules::LifeEvent& event : told) take_(alerts::to_alert(vehicle_id, event));
}

}  // namespace odograph::watch
