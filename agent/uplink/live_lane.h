#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/uplink/latest_state.h"
#include "agent/uplink/preview_plan.h"
#include "agent/uplink/stats.h"
#include "lib/wire/record_batch.h"

namespace odograph::uplink {

/// The lane of previews: at most one message is outstanding, nothing waits, and what is not stored is not sent again.
class LiveLane {
 public:
  /// What it has to know of the rest of the uplink.
  struct Surroundings {
    bool connected = false;
    std::optional<base::UtcTime> oldest_bulk;
    base::Millis bulk_waits{0};  ///< For company, of its own will: by that much it is not behind.
  };

  /// `latest` must outlive the lane. Without `limits` no preview is ever due.
  LiveLane(const std::optional<PreviewLimits>& limits, const LatestState& latest) : limits_(limits), latest_(latest) {}

  /// As `preview_due`.
  std::optional<TimePoint> due_at(const Surroundings& around) const;
  /// True while bulk is behind and a new state would go at once: wait for LatestState::fd.
  bool wants_state(const Surroundings& around, TimePoint now) const;
  /// Counts a preview that cannot be made because the vehicle does not know the time, once an interval.
  void note_undated(const Surroundings& around, TimePoint now);

  /// The message of the newest state. Call it when one is due; `header.lane` is put in. Empty if the state's time is
  /// unknown.
  std::string make(wire::BatchHeader header);
  void sent(std::size_t bytes, TimePoint now);
  /// The client would not take it.
  void refused(TimePoint now);
  /// Of the message with that number, as the broker had it; returns its bytes.
  std::size_t reported(bool stored);
  /// Gives up what is outstanding; returns its bytes, 0 if nothing was.
  std::size_t rewind();

  std::uint64_t number() const { return stats_.sent; }  ///< Of the next message.
  const Stats::Previews& stats() const { return stats_; }

 private:
  PreviewLimits limits_in(const Surroundings& around) const;

  std::optional<PreviewLimits> limits_;
  const LatestState& latest_;
  std::uint64_t told_ = 0;  ///< Number of the newest state that a preview told.
  std::uint64_t made_ = 0;  ///< Of the state in the message made last.
  std::optional<TimePoint> last_sent_;
  std::optional<TimePoint> undated_at_;
  std::optional<std::size_t> outstanding_bytes_;
  Stats::Previews stats_;
};

}  // namespace odograph::uplink
