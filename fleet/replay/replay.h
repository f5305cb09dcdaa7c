#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/eta/turns.h"
#include "fleet/trips/read.h"

namespace odograph::replay {

/// One line of output.
struct Prediction {
  const eta::Trip& trip;
  base::UtcTime made_at;  ///< Of the newest position used.
  eta::Estimate estimate;
};

/// Runs a fleet's positions, in time order, past its trips.
///
/// Which of its trips a vehicle is on is told by fleet/eta/turns.h. Every trip has a beat of 30 s from its start time
/// on: when time has gone past a beat, what the positions up to it say is told, if there are new ones. Arrivals and
/// departures are told at once.
class Replay {
 public:
  using Tell = std::function<void(const Prediction&)>;
  struct Counts {
    std::uint64_t positions = 0;
    std::uint64_t late = 0;       ///< Not newer than the one before of the same vehicle.
    std::uint64_t unplanned = 0;  ///< Of a vehicle that has no trip at that time.
    std::uint64_t arrivals = 0;
    std::uint64_t passed = 0;  ///< Stops that were driven by.
    std::uint64_t predictions = 0;
  };

  Replay(const std::vector<eta::Trip>& trips, eta::Learned learned, Tell tell);

  void observe(const trips::VehiclePosition& told);
  /// Tells the beats that are still waiting.
  void finish();

  const eta::Learned& learned() const { return knowledge_.learned; }
  const Counts& counts() const { return counts_; }

 private:
  struct Vehicle {
    std::vector<const eta::Trip*> trips;  ///< By start time.
    std::size_t next = 0;                 ///< The first one that has not begun.
    std::unique_ptr<eta::Progress> progress;
    eta::Hold hold;
    base::UtcTime beat{};  ///< The next one to tell.
    bool news = false;     ///< Positions came since something was told.
  };
  void assign(Vehicle& vehicle, const eta::Position& position);
  void tell_beats_before(base::UtcTime now);
  void tell(Vehicle& vehicle);

  eta::Knowledge knowledge_;
  Tell tell_;
  std::vector<std::unique_ptr<Vehicle>> vehicles_;  ///< In the order of the trips, so that output has one order.
  std::unordered_map<std::string, Vehicle*> by_id_;
  base::UtcTime earliest_beat_ = base::UtcTime::max();
  Counts counts_;
};

}  // namespace odograph::replay
