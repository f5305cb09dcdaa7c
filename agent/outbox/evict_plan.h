#pragma once

#include <array>
#include <cstdint>

#include "agent/outbox/row.h"

namespace odograph::outbox {

/// Shares of the cap, in percent.
inline constexpr std::uint64_t kEvictAbovePercent = 92;
inline constexpr std::uint64_t kEvictDownToPercent = 88;
/// Once it was full, the file counts as full until its use is below this.
inline constexpr std::uint64_t kFullUntilPercent = 84;
/// What a lane keeps whatever the others need; bulk keeps nothing.
inline constexpr std::array<std::uint64_t, kLanes> kReservedPercent = {10, 20, 0};

enum class Pressure {
  kNormal,
  kRefused,  ///< SQLite found no page although the use is below the mark.
};

struct EvictInputs {
  std::uint64_t used_bytes = 0;  ///< Pages in use.
  std::uint64_t cap_bytes = 0;
  std::array<std::uint64_t, kLanes> lane_bytes{};  ///< What each lane holds.
  Pressure pressure = Pressure::kNormal;
};

/// How many bytes to drop from the oldest end of each lane.
struct EvictPlan {
  std::array<std::uint64_t, kLanes> drop_bytes{};
  bool empty() const { return drop_bytes == std::array<std::uint64_t, kLanes>{}; }
};

/// Bulk first; then events, then alerts, each only where it holds more than its reserve, and only down to that.
EvictPlan plan_eviction(const EvictInputs& inputs);

}  // namespace odograph::outbox
