#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/time.h"

namespace odograph::outbox {

/// The background scan reads this many bytes a second at the most,
inline constexpr std::uint64_t kScanBytesPerSecond = 1'000'000;
/// about this many at a time,
inline constexpr std::uint64_t kScanBytesAStep = 64 << 10;
/// first this long after an opening,
inline constexpr base::Millis kScanFirstAfter{60'000};
/// and once in this time from then on.
inline constexpr base::Millis kScanEvery{24LL * 3600 * 1000};

/// When the background scan may read, and how much: pure pacing on times that are passed in.
class ScanPace {
 public:
  /// A file was opened: a scan begins after kScanFirstAfter.
  void opened(base::BootTime now) { next_at_ = now + kScanFirstAfter; }
  bool is_due(base::BootTime now) const { return next_at_ && now >= *next_at_; }
  /// `bytes` were read at `now`: the next read waits until they are worth their time.
  void read(base::BootTime now, std::uint64_t bytes) {
    bytes_ += bytes;
    next_at_ = now + base::Millis{1 + static_cast<std::int64_t>(bytes * 1000 / kScanBytesPerSecond)};
  }
  /// Everything was read.
  void ended(base::BootTime now) { next_at_ = now + kScanEvery; }

  std::optional<base::BootTime> next_at() const { return next_at_; }
  /// Read since the start.
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::optional<base::BootTime> next_at_;
  std::uint64_t bytes_ = 0;
};

}  // namespace odograph::outbox
