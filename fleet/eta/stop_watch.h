#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "fleet/eta/matcher.h"

namespace odograph::eta {

/// Something that happened at a stop of the plan.
struct StopEvent {
  enum class Kind {
    kArrival,
    kDeparture,
    kPassed,  ///< The vehicle drove by without standing there; the time is when it passed.
  };
  std::size_t stop = 0;  ///< Index in `Trip::stops`.
  Kind kind = Kind::kArrival;
  base::UtcTime time;  ///< Interpolated between two positions; never after the newest of them.
  /// Of a departure, what the vehicle stood before it.
  double stood_s = 0;
  bool operator==(const StopEvent&) const = default;
};

/// One position of a vehicle with its place on the route.
struct Fix {
  base::UtcTime time;
  double at_m = 0;
  double speed_mps = 0;   ///< As told, else from the position before.
  bool on_route = false;  ///< False while it was not matched; `at_m` is the last one that was.
  double to_stop_m = 0;   ///< From the position to the next stop, as the crow flies.
  bool operator==(const Fix&) const = default;
};

/// Tells arrivals and departures from the positions, in the order of the plan.
///
/// Arrived: standing (below 5 km/h) within 40 m of the stop's place on the route, or for 30 s within its radius.
/// Passed: more than 100 m beyond it without that. If driving does not explain the time between the last position
/// before a stop and the first one beyond it, the vehicle stood there in between. Departed: more than 40 m from where
/// it stood.
class StopWatch {
 public:
  /// Seconds that driving from one metre of the route to a later one takes about now.
  class Driving {
   public:
    virtual ~Driving() = default;
    virtual double drive_s(double from_m, double to_m) const = 0;
  };

  /// `fix` is newer than the one before. What happened since, in order.
  std::vector<StopEvent> observe(const Trip& trip, const Route& route, const Fix& fix, const Driving& driving);

  /// The first stop where the vehicle has not arrived; the number of stops when there is none left.
  std::size_t next_stop() const { return now_.next; }
  /// The stop where it stands and since when.
  struct Stay {
    std::size_t stop = 0;
    base::UtcTime since;
    double at_m = 0;
    bool operator==(const Stay&) const = default;
  };
  const std::optional<Stay>& stay() const { return now_.stay; }

  /// All that it remembers; as `Matcher::State`.
  struct State {
    std::size_t next = 0;
    std::optional<Stay> stay;
    std::optional<Fix> last;
    std::optional<Fix> before;  ///< The newest position at or before the next stop.
    std::optional<Fix> beyond;  ///< The first one beyond it.
    std::optional<base::UtcTime> standing_since;
    bool operator==(const State&) const = default;
  };
  const State& memory() const { return now_; }
  void restore(const State& memory) { now_ = memory; }

 private:
  bool arrives(const Trip& trip, const Route& route, const Fix& fix);
  void arrive(const Fix& fix, const Driving& driving, std::vector<StopEvent>& events);
  bool departs(const Fix& fix, const Driving& driving, std::vector<StopEvent>& events);
  bool passes(const Route& route, const Fix& fix, const Driving& driving, std::vector<StopEvent>& events);

  State now_;
};

}  // namespace odograph::eta
