#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fleet/alerts/overspeed_alerts.h"
#include "fleet/fences/fence_book.h"
#include "fleet/vehicle/module.h"
#include "fleet/watch/recorded.h"
#include "fleet/watch/timed_rules.h"
#include "lib/rules/rule_book.h"
#include "lib/rules/speed_limit.h"
#include "proto/public/alert.pb.h"

namespace odograph::watch {

/// All rules that are tried.
struct TrialRules {
  rules::SpeedLimitConfig speed_limit;              ///< Valid.
  std::map<std::string, std::int32_t> limits_cmps;  ///< Vehicles with a limit of their own.
  alerts::OverspeedGuard guard;
  rules::RuleBookConfig book;                   ///< Without a clash.
  std::map<std::string, std::string> fences{};  ///< Rows as of geofences-topic, by id.
};

/// What rules about trips are tried with: whatever turns records into news of trips.
struct TrialTrips {
  /// Makes the module that is told of trips and gives their news; none: rules about trips stay silent.
  std::unique_ptr<vehicle::Factory> arrivals;
  /// The rows of trips-topic, by vehicle, in force from the beginning on.
  std::map<std::string, std::string> rows;
};

/// Runs rules over records of the past: what would have been raised. Nothing is sent.
///
/// Records of a vehicle come in their order; repeats (the same stream and boot, no greater number) are left out.
/// Offline is judged by the records' own times, since nobody knows when they arrived. Of trips, what is learnt of the
/// roads is learnt from these records alone.
class Trial {
 public:
  using Take = std::function<void(const odograph::Alert&)>;

  struct Counts {
    std::uint64_t records = 0;
    std::uint64_t repeats = 0;
    std::uint64_t late = 0;
  };

  /// `take` gets every revision of every alert, for each vehicle in its order. Fences that cannot be read are left out.
  Trial(TrialRules rules, TrialTrips trips, Take take);

  void on_record(const Recorded& recorded);
  /// Who was silent up to the newest time of all.
  void finish();

  Counts counts() const;
  std::size_t vehicles() const { return vehicles_.size(); }
  std::optional<base::UtcTime> first() const { return first_; }
  std::optional<base::UtcTime> newest() const { return newest_; }

 private:
  struct Vehicle {
    Vehicle(rules::SpeedLimit limit, TimedRules its) : overspeed(std::move(limit)), rules(std::move(its)) {}
    std::string stream_id;
    std::uint32_t boot = 0;
    std::uint32_t n = 0;
    rules::SpeedLimit overspeed;
    alerts::OverspeedAlerts alerts;
    TimedRules rules;
    std::unique_ptr<vehicle::Module> arrivals;  ///< Null: no trips.
  };
  Vehicle& vehicle_of(const std::string& vehicle_id);
  static bool is_repeat(Vehicle& vehicle, const Recorded& recorded);
  /// The clock of the records goes on.
  static void go_on(rules::EventTime now, Vehicle& vehicle, std::vector<rules::LifeEvent>& told);
  /// What the record comes to for the vehicle's trips.
  static void follow(const Recorded& recorded, Vehicle& vehicle, std::vector<rules::LifeEvent>& told);
  void tell(const std::string& vehicle_id, const std::vector<rules::LifeEvent>& told) const;

  TrialRules config_;
  TrialTrips trips_;
  fences::FenceBook book_;
  Take take_;
  std::map<std::string, Vehicle> vehicles_;
  std::optional<base::UtcTime> first_;
  std::optional<base::UtcTime> newest_;
  Counts counts_;
};

}  // namespace odograph::watch
