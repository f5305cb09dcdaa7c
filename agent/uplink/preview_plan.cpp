#include "agent/uplink/preview_plan.h"

#include <algorithm>

namespace odograph::uplink {

std::optional<TimePoint> preview_due(const PreviewView& view, const PreviewLimits& limits) {
  if (!view.connected || view.outstanding || !view.oldest_bulk || !view.latest) return std::nullopt;
  if (*view.latest - *view.oldest_bulk <= limits.behind) return std::nullopt;
  if (!view.last_sent) return view.latest_at;
  return std::max(*view.last_sent + limits.every, view.latest_at);
}

}  // namespace odograph::uplink
