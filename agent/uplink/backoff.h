#pragma once

#include <cstdint>

#include "lib/base/time.h"

namespace odograph::uplink {

/// The shortest and the longest wait, min <= max.
struct BackoffLimits {
  base::Millis min{1000};
  base::Millis max{60'000};
};

/// How long to wait after the `failures`th failure in a row (from 1): drawn from [min, 2 min], then [2 min, 4 min] and
/// so on, at last from [max / 2, max], so that the vehicles of a fleet do not come back in step. `random`: 64 random
/// bits.
base::Millis backoff_after(unsigned failures, BackoffLimits limits, std::uint64_t random);

}  // namespace odograph::uplink
