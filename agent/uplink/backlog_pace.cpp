#include "agent/uplink/backlog_pace.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/crc32c.h"

namespace odograph::uplink {

base::Millis start_slot(std::string_view vehicle_id, base::Millis spread) {
  const std::uint64_t share = base::crc32c(vehicle_id);  // Of 2^32.
  return base::Millis{static_cast<std::int64_t>(share * static_cast<std::uint64_t>(spread.count()) >> 32)};
}

BacklogPace::BacklogPace(const PaceLimits& limits, base::Millis slot, TimePoint now)
    : limits_(limits), slot_(slot), down_since_(now) {}

void BacklogPace::link(bool connected, TimePoint now) {
  if (connected != down_since_.has_value()) return;
  if (!connected) {
    down_since_ = now;
    return;
  }
  if (now - *std::exchange(down_since_, std::nullopt) >= limits_.outage) opens_at_ = now + slot_;
}

void BacklogPace::sent(std::size_t bytes, TimePoint now) {
  if (!opens_at_) return;
  if (limits_.bytes_per_s == 0) return;
  constexpr std::chrono::seconds kDepth{1};
  const std::chrono::duration<double> takes{static_cast<double>(bytes) / static_cast<double>(limits_.bytes_per_s)};
  // The bucket was full if that moment lies more than its depth back.
  opens_at_ = std::max(*opens_at_, now - kDepth) + std::chrono::duration_cast<TimePoint::duration>(takes);
}

}  // namespace odograph::uplink
