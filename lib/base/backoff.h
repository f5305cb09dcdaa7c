#pragma once

#include <cstdint>

#include "lib/base/time.h"

namespace odograph::base {

/// The shortest and the longest wait, min <= max.
struct BackoffLimits {
  Millis min{1000};
  Millis max{60'000};
};

/// After a broker said that this client may not do what it asks for: somebody has to change that first, and each try
/// costs the broker one of its few new connections.
inline constexpr BackoffLimits kRefusedBackoff{Millis{30'000}, Millis{900'000}};

/// How long to wait after the `failures`th failure in a row (from 1): drawn from [min, 2 min], then [2 min, 4 min] and
/// so on, at last from [max / 2, max], so that the vehicles of a fleet do not come back in step. `random`: 64 random
/// bits.
Millis backoff_after(unsigned failures, BackoffLimits limits, std::uint64_t random);

}  // namespace odograph::base
