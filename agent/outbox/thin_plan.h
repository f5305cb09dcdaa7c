#pragma once

#include <cstdint>

namespace odograph::outbox {

/// Shares of the cap, in percent, from which on the oldest half of bulk is packed anew and thinned once, or twice.
inline constexpr std::uint64_t kThinOnceFromPercent = 75;
inline constexpr std::uint64_t kThinTwiceFromPercent = 85;

/// How often the oldest half of bulk is to be thinned at this use of the file: 0, 1 or 2.
constexpr std::uint32_t wanted_thinning(std::uint64_t used_bytes, std::uint64_t cap_bytes) {
  if (used_bytes >= cap_bytes / 100 * kThinTwiceFromPercent) return 2;
  return used_bytes >= cap_bytes / 100 * kThinOnceFromPercent ? 1 : 0;
}

}  // namespace odograph::outbox
