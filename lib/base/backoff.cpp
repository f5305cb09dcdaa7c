#include "lib/base/backoff.h"

#include <algorithm>

namespace odograph::base {

Millis backoff_after(unsigned failures, BackoffLimits limits, std::uint64_t random) {
  const std::int64_t max = limits.max.count();
  std::int64_t low = limits.min.count();
  for (unsigned i = 1; i < failures && low < max / 2; ++i) low *= 2;
  low = std::min(low, std::max(limits.min.count(), max / 2));
  const std::int64_t high = std::max(low, std::min(2 * low, max));
  const auto span = static_cast<std::uint64_t>(high - low) + 1;
  return Millis{low + static_cast<std::int64_t>(random % span)};
}

}  // namespace odograph::base
