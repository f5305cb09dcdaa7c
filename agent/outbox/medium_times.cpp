#include "agent/outbox/medium_times.h"

#include <algorithm>

namespace odograph::outbox {
namespace {

using std::chrono::microseconds;

microseconds monotonic() {
  return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

MediumTimes::MediumTimes(Stopwatch stopwatch) : stopwatch_(stopwatch ? std::move(stopwatch) : monotonic) {}

void MediumTimes::note(Work work, microseconds took) {
  const std::lock_guard lock(mutex_);
  Kept& kept = kept_[static_cast<std::size_t>(work)];
  kept.latest[kept.count % kMediumTimesKept] = took;
  ++kept.count;
}

MediumTime MediumTimes::told(Work work) const {
  std::unique_lock lock(mutex_);
  Kept kept = kept_[static_cast<std::size_t>(work)];
  lock.unlock();
  if (kept.count == 0) return {};
  const std::size_t size = std::min<std::size_t>(kept.count, kMediumTimesKept);
  const auto end = kept.latest.begin() + static_cast<std::ptrdiff_t>(size);
  std::sort(kept.latest.begin(), end);
  // The least of them that is not exceeded by more than the rest.
  const auto within = [&](std::size_t percent) { return kept.latest[(size * percent + 99) / 100 - 1]; };
  return {kept.count, within(50), within(99), within(100)};
}

}  // namespace odograph::outbox
