#pragma once

#include <atomic>
#include <chrono>
#include <limits>
#include <optional>

#include "lib/base/time.h"

namespace odograph::outbox {

/// A call to the medium that is under way for longer hangs: nobody knows whether it ever comes back. A card that tidies
/// up takes some seconds.
inline constexpr base::Millis kHangsAfter{10'000};

/// Whether a call to the medium has come back. The thread that makes the calls tells it; any thread asks. Times are of
/// the monotonic clock, which stands still in suspend: a call that slept with the machine does not hang.
class HangWatch {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  explicit HangWatch(base::Millis hangs_after) : hangs_after_(hangs_after) {}

  // The calling thread.
  /// Work begins that may call the medium.
  void begin(TimePoint now) { since_.store(now.time_since_epoch().count()); }
  /// A call came back, and the next one may follow. Does nothing outside of work.
  void came_back(TimePoint now);
  void end() { since_.store(kNone); }

  // Any thread.
  /// For how long the call under way has been; nothing unless it hangs.
  std::optional<base::Millis> hanging_for(TimePoint now) const;
  /// When the call under way will hang if it does not come back; nothing between two works.
  std::optional<TimePoint> hangs_at() const;

 private:
  using Rep = TimePoint::rep;
  static constexpr Rep kNone = std::numeric_limits<Rep>::min();
  const base::Millis hangs_after_;
  std::atomic<Rep> since_{kNone};
};

}  // namespace odograph::outbox
