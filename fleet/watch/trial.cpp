#include "fleet/watch/trial.h"

#include <algorithm>
#include <utility>

#include "fleet/alerts/life_alerts.h"

namespace odograph::watch {
namespace {

rules::EventTime event_time(base::UtcTime utc) { return rules::EventTime(utc.time_since_epoch()); }

}  // namespace

Trial::Trial(TrialRules rules, Take take) : config_(std::move(rules)), book_(config_.book), take_(std::move(take)) {}

Trial::Vehicle& Trial::vehicle_of(const std::string& vehicle_id) {
  const auto known = vehicles_.find(vehicle_id);
  if (known != vehicles_.end()) return known->second;
  rules::SpeedLimitConfig limit = config_.speed_limit;
  if (const auto own = config_.limits_cmps.find(vehicle_id); own != config_.limits_cmps.end()) {
    limit.limit_cmps = own->second;
  }
  return vehicles_.try_emplace(vehicle_id, rules::SpeedLimit(std::move(limit)), book_.of(vehicle_id)).first->second;
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
  vehicle.rules.on_wall_clock(time, told);
  vehicle.rules.on_stream_time(time, told);
  vehicle.rules.on_record(time, recorded.record, told);
  tell(recorded.vehicle_id, told);
  for (const model::RuleEvent& event : vehicle.overspeed.on_record(time, recorded.record)) {
    for (const auto& alert : vehicle.alerts.on_event({.vehicle_id = recorded.vehicle_id}, recorded.record, event)) {
      take_(alert);
    }
  }
}

void Trial::finish() {
  if (!newest_) return;
  for (auto& [vehicle_id, vehicle] : vehicles_) {
    std::vector<rules::LifeEvent> told;
    vehicle.rules.on_wall_clock(event_time(*newest_), told);
    vehicle.rules.on_stream_time(event_time(*newest_), told);
    tell(vehicle_id, told);
  }
}

Trial::Counts Trial::counts() const {
  Counts counts = counts_;
  for (const auto& [vehicle_id, vehicle] : vehicles_) counts.late += vehicle.rules.late();
  return counts;
}

void Trial::tell(const std::string& vehicle_id, const std::vector<rules::LifeEvent>& told) const {
  for (const rules::LifeEvent& event : told) take_(alerts::to_alert(vehicle_id, event));
}

}  // namespace odograph::watch
