#pragma once

#include <optional>

#include "fleet/eta/route.h"

namespace odograph::eta {

/// Where the matcher believes the vehicle to be.
enum class RouteState {
  kUnknown,  ///< No position has fitted yet.
  kOnRoute,
  kOffRoute,  ///< Three positions, or a minute of them, lay beside the route; `at_m` is where it was left.
};

/// Follows one vehicle along one route.
///
/// Each position is looked for in a window around the last match only, from 100 m behind it to what a vehicle can
/// reach, and weighed by its distance from the path, its course and the way that its speed explains: that is what tells
/// the laps of a loop and the branches of a crossing apart. Only a vehicle that was lost is looked for on the whole
/// rest of the route.
class Matcher {
 public:
  /// `position` is newer than the one before.
  void step(const Route& route, const Position& position);

  RouteState state() const { return now_.state; }
  /// Metres along the route of the newest match; may be less than before by what noise and a short reversal explain.
  double at_m() const { return now_.at_m; }
  /// True if the newest position was matched; false while it lies beside the route.
  bool fresh() const { return now_.fresh; }

  /// All that it remembers; bounded. A matcher that gets it goes on as this one would.
  struct State {
    RouteState state = RouteState::kUnknown;
    double at_m = 0;
    bool fresh = false;
    std::optional<Position> matched;  ///< The newest position that fitted; there where `state` is not kUnknown.
    std::optional<base::UtcTime> missed_since;
    int misses = 0;
    std::optional<double> found_m;  ///< Where the search found the vehicle one position ago.
    bool operator==(const State&) const = default;
  };
  const State& memory() const { return now_; }
  void restore(const State& memory) { now_ = memory; }

 private:
  void first(const Route& route, const Position& position);
  void follow(const Route& route, const Position& position);
  void search(const Route& route, const Position& position);
  void accept(double at_m, const Position& position);
  void miss(const Position& position);

  State now_;
};

}  // namespace odograph::eta
