#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fleet/eta/knowledge.h"
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

/// A trip and its path as a line; what all that follow it share.
struct Plan {
  Trip trip;
  Route route;
  /// `kDrop` as `Route::create`.
  static base::Result<std::shared_ptr<const Plan>> create(Trip trip);
};

/// One vehicle on one trip: takes its positions, learns from them and estimates its arrivals. Event time only; what it
/// holds is bounded by the plan. One thread for all that share a `Knowledge`.
class Progress {
 public:
  /// `kDrop` as `Route::create`.
  static base::Result<Progress> create(Trip trip);
  explicit Progress(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), now_(plan_->trip.stops.size()) {}

  /// Takes a position and teaches `knowledge` what it tells. A position that is not newer than the last one is counted
  /// in `late` and ignored; so is, in `early`, one from before the trip's start and away from where it starts.
  std::vector<StopEvent> observe(const Position& position, Knowledge& knowledge);
  /// The same, but nobody learns from it.
  std::vector<StopEvent> follow(const Position& position, const Knowledge& knowledge);

  /// The stops before the one at `stop` (an index, at most the number of stops) are served, and where the vehicle is
  /// beyond them is to be found out: how a trip begins that takes the place of a former one under way.
  void begin_at(std::size_t stop);

  /// From the newest position, for every stop not reached, in order; nothing before the first position and at the end.
  std::vector<Estimate> estimate(const Knowledge& knowledge) const;
  /// The same for half the work, right after `observe` or `follow`: nobody has taught `knowledge` since.
  std::vector<Estimate> estimate_of_step(const Knowledge& knowledge) const;

  const Trip& trip() const { return plan_->trip; }
  const Route& route() const { return plan_->route; }
  RouteState state() const { return matcher_.state(); }
  /// Of the first position beside the route since it was left; nothing while the vehicle is on it, or was never seen on
  /// it.
  std::optional<base::UtcTime> off_since() const;
  double at_m() const { return now_.at_m; }
  StopStatus status() const;
  /// Of the newest position.
  std::optional<base::UtcTime> as_of() const;
  const std::optional<Position>& newest() const { return now_.newest; }
  const StopWatch& watch() const { return watch_; }
  bool finished() const { return watch_.next_stop() >= trip().stops.size(); }
  std::uint64_t late() const { return now_.late; }
  std::uint64_t early() const { return now_.early; }

  /// A prediction that is waiting for its arrival.
  struct Told {
    base::UtcTime made_at;
    double ahead_s = 0;  ///< A whole number of tenths.
    std::size_t stays = 0;
    bool operator==(const Told&) const = default;
  };
  static constexpr std::size_t kToldMax = 32;  ///< For each stop; then every second one is dropped.
  struct ToldOfStop {
    std::vector<Told> kept;
    double every_s = 30;
    bool operator==(const ToldOfStop&) const = default;
  };
  /// All that it remembers beside its plan; bounded by that.
  struct State {
    State() = default;
    explicit State(std::size_t stops) : told(stops) {}
    std::optional<Position> newest;
    double at_m = 0;            ///< The farthest of the last matches that no reversal took back.
    std::optional<Fix> anchor;  ///< From here on the drive is not learnt yet.
    Fading own;                 ///< This vehicle beside what the fleet's corrected profile says.
    std::vector<ToldOfStop> told;
    std::uint64_t late = 0;
    std::uint64_t early = 0;
    bool operator==(const State&) const = default;
  };
  struct Memory {
    Matcher::State matcher;
    StopWatch::State watch;
    State progress;
    bool operator==(const Memory&) const = default;
  };
  Memory memory() const { return {matcher_.memory(), watch_.memory(), now_}; }
  /// Goes on as the one did that this memory was of. `kDrop` if it cannot be of this plan; nothing has changed then.
  base::Status restore(Memory memory);

 private:
  /// A prediction before its band.
  struct Raw {
    std::size_t stop = 0;
    double ahead_s = 0;
    std::size_t stays = 0;  ///< That lie between now and the arrival.
  };
  class DrivingNow;

  std::vector<StopEvent> step(const Position& position, const Knowledge& knowledge, Knowledge* taught);
  Fix locate(const Position& position);
  void learn_drive(const Fix& fix, const Knowledge& knowledge, Knowledge* taught);
  void learn_stops(const std::vector<StopEvent>& events, Knowledge& knowledge);
  void learn_arrival(std::size_t stop, base::UtcTime arrived, Knowledge& knowledge);
  void keep_told(const Knowledge& knowledge);
  double drive_s(const Knowledge& knowledge, double from_m, double to_m, double ahead_s) const;
  double off_route_s(const Knowledge& knowledge, std::size_t stop) const;
  std::vector<Raw> raw_estimates(const Knowledge& knowledge) const;
  std::vector<Estimate> with_bands(const std::vector<Raw>& raws, const Knowledge& knowledge) const;

  std::shared_ptr<const Plan> plan_;
  Matcher matcher_;
  StopWatch watch_;
  State now_;
  std::vector<Raw> of_step_;  ///< What the newest step had to reckon for itself, if it had to.
};

}  // namespace odograph::eta
