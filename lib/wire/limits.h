#pragma once

#include <cstdint>

namespace odograph::wire {

/// Ms of UTC in the years 1 to 9999, which is what RFC 3339 and google.protobuf.Timestamp can tell.
inline constexpr std::int64_t kUtcMsMin = -62'135'596'800'000;
inline constexpr std::int64_t kUtcMsMax = 253'402'300'799'999;

}  // namespace odograph::wire
