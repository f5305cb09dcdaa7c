#include "lib/kafka/token_schedule.h"

#include <algorithm>

namespace odograph::kafka {

namespace {

std::optional<base::Millis> offset_of(const TokenSchedule::Now& now) {
  if (!now.utc) return std::nullopt;
  return now.utc->time_since_epoch() - now.boot.time_since_epoch();
}

/// Within [low, low + span].
base::Millis drawn(base::Millis low, base::Millis span, std::uint64_t random) {
  return low + base::Millis{static_cast<std::int64_t>(random % (static_cast<std::uint64_t>(span.count()) + 1))};
}

base::Millis back_off(unsigned failures, base::Millis min, base::Millis max) {
  base::Millis wait = min;
  for (unsigned i = 1; i < failures && wait < max; ++i) wait *= 2;
  return std::min(wait, max);
}

}  // namespace

bool TokenSchedule::is_due(Now now) const {
  if (now.boot >= due_) return true;
  const auto offset = offset_of(now);
  return offset && offset_ && std::chrono::abs(*offset - *offset_) > kStepMin;
}

void TokenSchedule::begin_fetch(Now now) {
  began_ = now.boot;
  if (const auto offset = offset_of(now)) offset_ = offset;
}

void TokenSchedule::fetched(base::Millis lifetime, base::BootTime now, std::uint64_t random) {
  failures_ = 0;
  // Counted from when the fetch began: that is what its time counts from.
  const base::Millis bounded = std::clamp(lifetime, base::Millis{0}, 2 * kRenewMax);
  const base::BootTime at = began_ + drawn(bounded * 2 / 5, bounded / 5, random);
  due_ = std::clamp(at, now + kRenewMin, now + kRenewMax);
}

void TokenSchedule::failed(base::Action action, base::BootTime now, std::uint64_t random) {
  ++failures_;
  const base::Millis wait = action == base::Action::kStop ? back_off(failures_, kStoppedMin, kStoppedMax)
                                                          : back_off(failures_, kAgainMin, kAgainMax);
  due_ = now + drawn(wait, wait, random);
}

void TokenSchedule::refused() {
  if (failures_ > 0) return;
  due_ = std::min(due_, began_ + kRefusedEvery);
}

}  // namespace odograph::kafka
