#include "agent/uplink/preview_plan.h"

#include <algorithm>

namespace odograph::uplink {

std::optional<TimePoint> preview_due(const PreviewView& view, const PreviewLimits& limits) {
  if (!view.connected || view.outstanding || !view.oldest_bulk || !view.latest) return std::nullopt;
  if (*view.latest - *view.oldest_bulk <= limits.behind) return std::nullopt;
  if (!view.last_sent) return view.latest_at;
  const TimePoint due = *view.last_sent + limits.every;
  if (view.latest_at + kPreviewFresh >= due) return std::max(due, view.latest_at);
  return due + kPreviewPatience;
}

}  // namespace odograph::uplink
