#pragma once

#include <optional>
#include <vector>

#include "fleet/eta/progress.h"

namespace odograph::eta {

/// How the trips of a vehicle follow on each other: one rule for the fleet processor and for eta-replay. Event time
/// only.
///
/// The next trip begins when its start has come, or a quarter of an hour early if the one before is finished; but a
/// trip that the vehicle is evidently driving is held beyond that, until it is finished: late vehicles are late on it.

/// How long before its start a trip is begun, if the vehicle is free.
inline constexpr base::Millis kEarly{15 * 60'000};
/// How long after its planned end a trip that was not finished is given up.
inline constexpr base::Millis kGiveUp{24 * 3'600'000};

/// Whether what the vehicle did lately holds it on its trip. Bounded; one for each trip that is followed.
class Hold {
 public:
  /// A trip is not driven any more if the vehicle has been off its route for so long,
  static constexpr base::Millis kOffRoute{15 * 60'000};
  /// or has not come forward on it for so long: jams and drivers' rests are shorter.
  static constexpr base::Millis kIdle{60 * 60'000};
  /// Standing at a stop counts as driving for the planned dwell and so much more, once the vehicle has set off.
  static constexpr base::Millis kOverstay{60 * 60'000};
  /// What a trip that begins after its start, because the one before took so long, has to set off.
  static constexpr base::Millis kSetOff{60 * 60'000};
  /// What counts as coming forward, in metres: more than noise.
  static constexpr double kForwardM = 100;

  /// Of `next`, which begins at `now`; `before` is the trip that the vehicle is on until then, or null.
  static Hold begin(const Trip& next, const Progress* before, base::UtcTime now);

  /// `progress` as a position that was newer than the one before, and the `events` that it brought, left it.
  void observe(const Progress& progress, const std::vector<StopEvent>& events);
  bool holds(const Progress& progress, base::UtcTime now) const;

  /// All that it remembers; as `Progress::State`.
  struct State {
    std::optional<double> from_m;            ///< The farthest place that was counted.
    std::optional<base::UtcTime> driven_at;  ///< When it came forward last.
    std::optional<base::UtcTime> set_off_by;
    bool operator==(const State&) const = default;
  };
  const State& memory() const { return now_; }
  void restore(const State& memory) { now_ = memory; }
  /// Of the same trip on another path: what happened when is kept, where is not.
  void restore_times(const State& memory) { now_ = {std::nullopt, memory.driven_at, memory.set_off_by}; }

 private:
  State now_;
};

/// Whether `next` begins with this position, which `on` has not seen. `on` is the trip that the vehicle is on, null if
/// there is none.
bool begins(const Trip& next, const Progress* on, const Hold& hold, const Position& position);

/// Whether a trip that is not finished is given up.
bool is_given_up(const Trip& trip, base::UtcTime now);

}  // namespace odograph::eta
