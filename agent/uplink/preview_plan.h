#pragma once

#include <optional>

#include "agent/uplink/options.h"
#include "lib/base/time.h"

namespace odograph::uplink {

/// What decides about the next preview, all of it as of one moment.
struct PreviewView {
  bool connected = false;                    ///< A broker is there.
  bool outstanding = false;                  ///< The preview before is not reported yet.
  std::optional<base::UtcTime> oldest_bulk;  ///< Of what waits for its acknowledgement; nothing if nothing waits.
  std::optional<base::UtcTime> latest;       ///< The newest state that no preview has told; nothing if there is none.
  TimePoint latest_at;                       ///< When `latest` was made.
  std::optional<TimePoint> last_sent;        ///< Nothing before the first preview.
};

/// When the next preview is to go if nothing changes: at once if that is past; nothing while none is called for. Bulk
/// is behind by the time between its oldest record and the newest state, both in the vehicle's own time.
std::optional<TimePoint> preview_due(const PreviewView& view, const PreviewLimits& limits);

}  // namespace odograph::uplink
