#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "agent/uplink/options.h"

namespace odograph::uplink {

/// When a vehicle begins within the fleet's `spread`: always the same for the same vehicle, and evenly spread over
/// many.
base::Millis start_slot(std::string_view vehicle_id, base::Millis spread);

/// When bulk may go. At any time, but for the backlog of an outage: that starts at `slot` after the link is back, and
/// then goes through a token bucket of one second's bytes until it has caught up. Alerts, events and previews are never
/// held up by it.
class BacklogPace {
 public:
  /// `now`: since when there has been no link.
  BacklogPace(const PaceLimits& limits, base::Millis slot, TimePoint now);

  /// The link came or went; a word that says nothing new is ignored.
  void link(bool connected, TimePoint now);
  /// Nothing of the backlog is left.
  void caught_up() { opens_at_.reset(); }
  void sent(std::size_t bytes, TimePoint now);

  bool is_paced() const { return opens_at_.has_value(); }
  /// From when on the next message may go; nothing: at any time.
  std::optional<TimePoint> opens_at() const { return opens_at_; }

 private:
  const PaceLimits limits_;
  const base::Millis slot_;
  std::optional<TimePoint> down_since_;
  std::optional<TimePoint> opens_at_;  ///< The bucket holds a message's first byte from then on; may lie in the past.
};

}  // namespace odograph::uplink
