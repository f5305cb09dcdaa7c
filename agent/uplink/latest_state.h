#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "agent/outbox/outbox.h"
#include "agent/uplink/options.h"
#include "lib/base/wake_fd.h"
#include "lib/model/record.h"

namespace odograph::uplink {

/// The vehicle's newest state, for previews: one slot, in which the latest record wins. The loop thread puts, the
/// uplink's thread looks and takes.
class LatestState {
 public:
  /// Signals of which the newest value is kept; beyond it the one told longest ago goes.
  static constexpr std::size_t kSignalsMax = 64;
  /// A value that is older than this when a state is taken is not part of it.
  static constexpr base::Millis kSignalAgeMax = std::chrono::minutes{5};

  struct Look {
    std::uint64_t number = 0;          ///< Which state it is, counted from 1; 0: none yet.
    std::optional<base::UtcTime> utc;  ///< Nothing while the time is unknown.
    TimePoint at;                      ///< When it was put.
  };

  /// A record as it goes to the bulk lane.
  void put(const model::Record& bulk, TimePoint now);
  /// As for Outbox::set_anchor: gives records without `utc` their time.
  void set_anchor(outbox::Anchor anchor);

  Look look() const;
  /// The newest state as a record of the live lane: no number, stamped, with the newest value of every signal; nothing
  /// if there is none, or its time is unknown.
  std::optional<model::Record> record() const;

  /// Readable when something was put since `clear`.
  int fd() const { return changed_.fd(); }
  void clear();

 private:
  struct Kept {
    model::Signal signal;
    base::BootTime at;
  };
  void keep_signals(const model::Record& bulk);
  std::optional<base::UtcTime> utc() const;

  mutable std::mutex mutex_;
  std::optional<model::Record> newest_;  ///< Without its signals.
  std::vector<Kept> signals_;            ///< The one told last at the end.
  outbox::Anchor anchor_;
  std::uint64_t number_ = 0;
  TimePoint at_;
  base::WakeFd changed_;
  bool shown_changed_ = false;
};

}  // namespace odograph::uplink
