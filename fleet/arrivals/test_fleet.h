#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fleet/arrivals/arrivals.h"
#include "fleet/arrivals/test_record.h"
#include "fleet/eta/test_plans.h"
#include "fleet/topics/topic_table.h"
#include "fleet/trips/trip_message.h"
#include "proto/public/processed.pb.h"

namespace odograph::arrivals {

/// What a test tells: which vehicle, in which lane, a position.
struct Told {
  std::string vehicle;
  model::Lane lane = model::Lane::kBulk;
  eta::Position position;
};

/// A processor of one partition in a test's hands: modules, the tables, and what would survive a crash.
class TestFleet {
 public:
  explicit TestFleet(std::int32_t partition = 0) : partition_(partition) {}

  void put_trips(const std::string& vehicle, const std::vector<eta::Trip>& trips) {
    trips_[vehicle] = trips.empty() ? std::nullopt : std::optional(trips::to_message(vehicle, trips).value());
    if (modules_.contains(vehicle)) tell_trips(vehicle);
  }

  /// As the processor does: history for the stored lanes, live for what is newer than all before.
  vehicle::Outcome tell(const Told& told) {
    vehicle::Module& module = module_of(told.vehicle);
    const wire::BatchHeader header{.vehicle_id = told.vehicle, .stream_id = 1, .lane = told.lane, .boot = 1};
    const vehicle::Context context{header, partition_, 0};
    const model::Record record = record_of(told.position);
    vehicle::Outcome outcome;
    if (told.lane != model::Lane::kLive) module.on_history(context, record, outcome);
    auto& newest = newest_[told.vehicle];
    if (!newest || *newest < *record.utc) {
      newest = record.utc;
      module.on_live(context, record, outcome);
    }
    keep(outcome);
    return outcome;
  }

  /// State and rows as a transaction would write them.
  void commit() {
    for (const auto& [vehicle, module] : modules_) {
      states_[vehicle].clear();
      module->save(states_[vehicle]);
    }
    vehicle::Outcome outcome;
    factory_->before_commit(outcome);
    for (const vehicle::Output& row : outcome.outputs) profile_[row.key] = *row.value;
  }

  /// Everything in memory is gone; what was committed comes back.
  void crash() {
    modules_.clear();
    factory_ = make_factory();
    for (const auto& [key, value] : profile_) factory_->on_shared_row({topics::kSegmentProfile, key, value});
  }

  vehicle::Factory& factory() { return *factory_; }
  const std::map<std::string, std::string>& profile() const { return profile_; }
  const std::map<std::string, std::string>& states() const { return states_; }
  const std::vector<odograph::ProcessedRecord>& records() const { return records_; }
  const std::vector<std::string>& bytes() const { return bytes_; }
  const std::vector<vehicle::TripNews>& news() const { return news_; }
  const std::vector<std::string>& notes() const { return notes_; }

  std::vector<odograph::StopEvent> stop_events() const {
    std::vector<odograph::StopEvent> events;
    for (const auto& record : records_) {
      if (record.has_stop_event()) events.push_back(record.stop_event());
    }
    return events;
  }

  void tell_row(const std::string& vehicle, const vehicle::TableRow& row) {
    vehicle::Outcome outcome;
    module_of(vehicle).on_table(row, outcome);
    keep(outcome);
  }

 private:
  vehicle::Module& module_of(const std::string& vehicle) {
    auto& module = modules_[vehicle];
    if (module) return *module;
    module = factory_->make(vehicle);
    EXPECT_TRUE(module->load(states_[vehicle]));
    tell_trips(vehicle);
    return *module;
  }
  void tell_trips(const std::string& vehicle) {
    const auto found = trips_.find(vehicle);
    if (found == trips_.end()) return;
    vehicle::TableRow row{topics::kTrips, vehicle, std::nullopt};
    if (found->second) row.value = *found->second;
    vehicle::Outcome outcome;
    modules_.at(vehicle)->on_table(row, outcome);
    keep(outcome);
  }
  void keep(const vehicle::Outcome& outcome) {
    for (const vehicle::Output& output : outcome.outputs) {
      bytes_.push_back(output.topic + ' ' + output.key + ' ' + *output.value);
      EXPECT_TRUE(records_.emplace_back().ParseFromString(*output.value));
    }
    news_.insert(news_.end(), outcome.trip_news.begin(), outcome.trip_news.end());
    notes_.insert(notes_.end(), outcome.notes.begin(), outcome.notes.end());
  }

  std::int32_t partition_;
  std::unique_ptr<vehicle::Factory> factory_ = make_factory();
  std::map<std::string, std::unique_ptr<vehicle::Module>> modules_;
  std::map<std::string, std::optional<std::string>> trips_;
  std::map<std::string, std::string> states_;
  std::map<std::string, std::string> profile_;
  std::map<std::string, std::optional<base::UtcTime>> newest_;
  std::vector<odograph::ProcessedRecord> records_;
  std::vector<std::string> bytes_;
  std::vector<vehicle::TripNews> news_;
  std::vector<std::string> notes_;
};

/// 6,000 m east, stops at 2,000, 4,000 and 6,000 m; planned at 10 m/s with 60 s at each.
inline eta::Trip three_stops(const std::string& trip_id = "t") {
  eta::Trip trip = eta::plan({{0, 0}, {6000, 0}}, {{2000, 0, 200}, {4000, 0, 460}, {6000, 0, 720}});
  trip.trip_id = trip_id;
  return trip;
}

/// Where a vehicle is that drives to that plan, at 10 m/s, and stands 60 s at each stop; from 0 s on.
inline eta::Position on_plan(double second) {
  const double lap = std::fmod(second, 260);
  const double laps = std::floor(second / 260);
  const bool stands = lap >= 200 || laps >= 3;
  const double east_m = std::min(laps * 2000 + std::min(lap * 10, 2000.0), 6000.0);
  return eta::seen(second, {east_m, 0}, stands ? 0 : 10, 90);
}

}  // namespace odograph::arrivals
