#include "agent/outbox/hang_watch.h"

namespace odograph::outbox {

void HangWatch::came_back(TimePoint now) {
  if (since_.load() != kNone) begin(now);
}

std::optional<HangWatch::TimePoint> HangWatch::hangs_at() const {
  const Rep since = since_.load();
  if (since == kNone) return {};
  return TimePoint{TimePoint::duration{since}} + hangs_after_;
}

std::optional<base::Millis> HangWatch::hanging_for(TimePoint now) const {
  const auto hangs = hangs_at();
  if (!hangs || now < *hangs) return {};
  return std::chrono::duration_cast<base::Millis>(now - *hangs) + hangs_after_;
}

}  // namespace odograph::outbox
