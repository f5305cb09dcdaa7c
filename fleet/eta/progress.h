#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fleet/eta/learned.h"
#include "fleet/eta/stop_watch.h"

namespace odograph::eta {

/// When a vehicle will be at one of the stops that it has not reached.
struct Estimate {
  std::size_t stop = 0;  ///< Index in `Trip::stops`.
  base::UtcTime p10;     ///< One in ten arrivals is earlier.
  base::UtcTime p50;
  base::UtcTime p90;               ///< One in ten arrivals is later.
  std::int64_t delay_s = 0;        ///< p50 after the planned arrival, GTFS-Realtime's `delay`; negative if early.
  std::int64_t uncertainty_s = 0;  ///< Half of p10 to p90, GTFS-Realtime's `uncertainty`.
  bool operator==(const Estimate&) const = default;
};

/// GTFS-Realtime's words for where a vehicle is with regard to its next or present stop.
enum class StopStatus { kIncomingAt, kStoppedAt, kInTransitTo };
const char* to_string(StopStatus status);  ///< "INCOMING_AT", "STOPPED_AT", "IN_TRANSIT_TO".

/// What a fleet knows: what it keeps, and what it saw in the last minutes. One of these for all vehicles.
struct Knowledge {
  Learned learned;
  Correction correction;
};

/// One vehicle on one trip: takes its positions, learns from them and estimates its arrivals. Event time only; what it
/// holds is bounded by the plan. One thread for all that share a `Knowledge`.
class Progress {
 public:
  /// `kDrop` as `Route::create`.
  static base::Result<Progress> create(Trip trip);

  /// Takes a position and teaches `knowledge` what it tells. A position that is not newer than the last one is counted
  /// in `late` and ignored; so is, in `early`, one from before the trip's start and away from where it starts.
  std::vector<StopEvent> observe(const Position& position, Knowledge& knowledge);

  /// From the newest position, for every stop not reached, in order; nothing before the first position and at the end.
  std::vector<Estimate> estimate(const Knowledge& knowledge) const;

  const Trip& trip() const { return trip_; }
  const Route& route() const { return route_; }
  RouteState state() const { return matcher_.state(); }
  double at_m() const { return at_m_; }
  StopStatus status() const;
  /// Of the newest position.
  std::optional<base::UtcTime> as_of() const;
  bool finished() const { return watch_.next_stop() >= trip_.stops.size(); }
  std::uint64_t late() const { return late_; }
  std::uint64_t early() const { return early_; }

 private:
  /// A prediction that is waiting for its arrival.
  struct Told {
    base::UtcTime made_at;
    double ahead_s = 0;
    std::size_t stays = 0;
  };
  static constexpr std::size_t kToldMax = 32;  ///< For each stop; then every second one is dropped.
  struct ToldOfStop {
    std::vector<Told> kept;
    double every_s = 30;
  };
  /// A prediction before its band.
  struct Raw {
    std::size_t stop = 0;
    double ahead_s = 0;
    std::size_t stays = 0;  ///< That lie between now and the arrival.
  };
  class DrivingNow;

  Progress(Trip trip, Route route) : trip_(std::move(trip)), route_(std::move(route)), told_(trip_.stops.size()) {}

  Fix locate(const Position& position);
  void learn_drive(const Fix& fix, Knowledge& knowledge);
  void learn_stops(const std::vector<StopEvent>& events, Knowledge& knowledge);
  void learn_arrival(std::size_t stop, base::UtcTime arrived, Knowledge& knowledge);
  void keep_told(const Knowledge& knowledge);
  double drive_s(const Knowledge& knowledge, double from_m, double to_m, double ahead_s) const;
  double off_route_s(const Knowledge& knowledge, std::size_t stop) const;
  std::vector<Raw> raw_estimates(const Knowledge& knowledge) const;

  Trip trip_;
  Route route_;
  Matcher matcher_;
  StopWatch watch_;
  std::optional<Position> newest_;
  double at_m_ = 0;            ///< The farthest of the last matches that no reversal took back.
  std::optional<Fix> anchor_;  ///< From here on the drive is not learnt yet.
  Fading own_;                 ///< This vehicle beside what the fleet's corrected profile says.
  std::vector<ToldOfStop> told_;
  std::uint64_t late_ = 0;
  std::uint64_t early_ = 0;
};

}  // namespace odograph::eta
