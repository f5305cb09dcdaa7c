#pragma once

#include <cstdint>

namespace odograph::wire {

/// Bits of `Columns.present_in_all`; on the wire.
enum PresentInAll : std::uint32_t {
  kBootTime = 1,
  kUtc = 2,
  kPosition = 4,
  kAlt = 8,
  kSpeed = 16,
  kCourse = 32,
  kHdop = 64,
  kSatellites = 128,
};

}  // namespace odograph::wire
