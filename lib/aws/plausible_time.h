#pragma once

#include <chrono>

#include "lib/base/time.h"

namespace odograph::aws {

/// No clock that stands here or later is believed: one that was set wrong, or whose counter ran over. It is far enough
/// for the life of a vehicle.
inline constexpr base::UtcTime kLatestBelieved = std::chrono::sys_days{std::chrono::year{2060} / 1 / 1};

/// Whether `now` can be true. `earliest`: the program's build date.
constexpr bool is_plausible(base::UtcTime now, base::UtcTime earliest) {
  return now >= earliest && now < kLatestBelieved;
}

}  // namespace odograph::aws
