#pragma once

#include <optional>

#include "lib/base/time.h"

namespace odograph::kafka {

/// The time to sign by: the system's wall clock once the kernel says that something keeps it right, else what a server
/// told whose certificate was verified, else the wall clock as it is. Pure.
class SigningTime {
 public:
  /// A server said `date` in an answer that came at `received` and took `round_trip`.
  void told(base::UtcTime date, base::Millis round_trip, base::BootTime received);

  /// Nothing if there is no clock at all.
  std::optional<base::UtcTime> at(base::BootTime now, const std::optional<base::SystemUtc>& system) const;

 private:
  std::optional<base::Millis> offset_;  ///< From time since boot to UTC.
};

}  // namespace odograph::kafka
