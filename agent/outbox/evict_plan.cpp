#include "agent/outbox/evict_plan.h"

#include <algorithm>

namespace odograph::outbox {

EvictPlan plan_eviction(const EvictInputs& inputs) {
  const auto percent = [&](std::uint64_t share) { return inputs.cap_bytes / 100 * share; };
  EvictPlan plan;
  std::uint64_t wanted = 0;
  if (inputs.used_bytes > percent(kEvictAbovePercent)) wanted = inputs.used_bytes - percent(kEvictDownToPercent);
  // Refused below the mark, the file system is full and not the file: make room inside of what the file has.
  if (inputs.pressure == Pressure::kRefused) wanted = std::max(wanted, percent(100 - kEvictAbovePercent));
  for (const auto lane : {model::Lane::kBulk, model::Lane::kEvent, model::Lane::kAlert}) {
    const std::size_t i = index_of(lane);
    const std::uint64_t reserve = percent(kReservedPercent[i]);
    const std::uint64_t over = inputs.lane_bytes[i] > reserve ? inputs.lane_bytes[i] - reserve : 0;
    plan.drop_bytes[i] = std::min(wanted, over);
    wanted -= plan.drop_bytes[i];
  }
  return plan;
}

}  // namespace odograph::outbox
