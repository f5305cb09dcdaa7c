#include "lib/kafka/reconnect_schedule.h"

#include <algorithm>

#include "lib/base/crc32c.h"

namespace odograph::kafka {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kShares = std::uint64_t{1} << 32;
constexpr std::uint64_t kJitterPart = 16;

/// Where in `window` the vehicle's moment is: at its place in the first 15 sixteenths, and up to one sixteenth later.
milliseconds moment_in(milliseconds window, std::uint32_t place, std::uint64_t random) {
  const std::uint64_t jitter = random % (kShares / kJitterPart);
  const std::uint64_t share = place / kJitterPart * (kJitterPart - 1) + jitter;
  return milliseconds{static_cast<std::int64_t>(share * static_cast<std::uint64_t>(window.count()) / kShares)};
}

}  // namespace

std::uint32_t place_of(std::string_view vehicle_id) { return base::crc32c(vehicle_id); }

void ReconnectSchedule::begin(milliseconds window, TimePoint now) {
  window_ = std::min(window, limits_.spread);
  begins_ = now;
}

void ReconnectSchedule::next_window() {
  begins_ += window_;
  window_ = std::min(2 * window_, limits_.spread);
}

ReconnectSchedule::TimePoint ReconnectSchedule::after_end(TimePoint now, std::uint64_t random) const {
  return now + moment_in(std::min(limits_.after_end, limits_.spread), place_, random);
}

ReconnectSchedule::TimePoint ReconnectSchedule::after_failure(Failure failure, TimePoint now, std::uint64_t random) {
  const bool is_over = now - begins_ > 2 * limits_.spread;  // Nobody wanted to connect for a while.
  const bool is_first = window_ == milliseconds{0};
  if (is_worse(failure) || (is_over && !is_first)) {
    begin(limits_.spread, now);
  } else if (is_first) {
    begin(limits_.first, now);
  } else {
    next_window();
  }
  while (begins_ + moment_in(window_, place_, random) <= now) next_window();
  return begins_ + moment_in(window_, place_, random);
}

}  // namespace odograph::kafka
