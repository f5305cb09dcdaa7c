#pragma once

#include <cstdint>

namespace odograph::rules {

/// km/h in whole cm/s, rounded down: a speed in whole cm/s is above the limit exactly if it is above this.
constexpr std::int32_t cmps_from_kmh(std::int64_t kmh) { return static_cast<std::int32_t>(kmh * 1'000 / 36); }

}  // namespace odograph::rules
