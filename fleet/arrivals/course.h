#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/arrivals/plans.h"
#include "fleet/eta/progress.h"
#include "fleet/eta/publish_policy.h"
#include "fleet/eta/turns.h"

namespace odograph::arrivals {

/// What a position brought.
struct CourseNews {
  /// Estimates are due; there may be none (the vehicle is at its last stop).
  bool told = false;
  std::vector<eta::Estimate> estimates;
  std::vector<eta::StopEvent> events;
  bool left_route = false;
  bool back_on_route = false;
  std::optional<std::string> ended;  ///< The trip that it is not on any more: all served, given up, or another began.
};

/// What other trips in force brought a vehicle that was on one of them.
struct Revised {
  std::optional<std::string> ended;  ///< That trip is gone.
  bool back_on_route = false;        ///< It was told off its route, and is not by the new revision as far as is known.
  bool other_shape = false;          ///< It goes on by another path, or with other stops.
};

/// What outlives the process of a trip under way.
struct TripMemory {
  std::string trip_id;
  std::uint32_t revision = 0;
  std::uint64_t shape = 0;
  std::optional<std::uint32_t> served_sequence;
  eta::Progress::Memory progress;
  eta::PublishPolicy::State published;
  std::optional<base::UtcTime> looked_at;
  bool off_route = false;
  eta::Hold::State hold;
};

/// What outlives the process; docs/trips.md says what becomes of it when the trip is another one by then.
struct CourseMemory {
  std::optional<TripMark> begun;
  std::optional<TripMemory> trip;
};

/// One view of a vehicle on its trips: which one it is on, where, and when that is worth telling.
///
/// It is on the trip that started last, 15 minutes early included, unless it has not finished the one before and is
/// evidently driving that one, or the next one's start has not come (fleet/eta/turns.h). Copies share the plans.
class Course {
 public:
  /// Estimates are looked at no more often than this, stop events excepted.
  static constexpr base::Millis kLookEvery{5'000};

  /// Takes a position and teaches what it tells; older ones than the newest bring nothing.
  CourseNews observe(const eta::Position& position, Plans& plans, eta::Knowledge& knowledge);
  /// The same, but nobody learns from it.
  CourseNews follow(const eta::Position& position, Plans& plans, const eta::Knowledge& knowledge);

  /// The trips may have changed; what that means for the one that it is on, or, restored, was on in the last life.
  ///
  /// A new revision with the same path and stops goes on where it was; with others it begins behind the last stop that
  /// was served, by the stops' `sequence`, and the vehicle's place is found anew.
  Revised revise(Plans& plans);

  /// Event time of the newest position that it saw on the trip which it is on, or waits for.
  std::optional<base::UtcTime> as_of() const;

  /// Null while it is on no trip.
  const eta::Progress* progress() const { return progress_ ? &*progress_ : nullptr; }

  CourseMemory memory() const;
  /// Before any other call; the trip itself comes with `revise`.
  void restore(CourseMemory memory) { waiting_ = std::move(memory); }
  bool is_waiting() const { return waiting_.has_value(); }

 private:
  void assign(const eta::Position& position, Plans& plans, CourseNews& news);
  void begin(const eta::Trip& trip, Plans& plans);
  CourseNews conclude(const eta::Position& position, std::vector<eta::StopEvent> events, CourseNews news,
                      const eta::Knowledge& knowledge);
  Revised resume(Plans& plans);
  Revised resume_trip(const TripMemory& memory, Plans& plans);
  void go_on(const TripMemory& memory);

  std::optional<CourseMemory> waiting_;  ///< Restored, and its trip is not known yet.
  std::optional<TripMark> begun_;        ///< The newest trip that was begun.
  std::optional<eta::Progress> progress_;
  std::uint64_t shape_ = 0;
  eta::PublishPolicy policy_;
  std::optional<base::UtcTime> looked_at_;
  bool off_route_ = false;
  eta::Hold hold_;
};

}  // namespace odograph::arrivals
