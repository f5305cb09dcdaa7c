#include "fleet/process/partition.h"

namespace odograph::process {
namespace {

using vehicle::Wake;

/// The next time that any of its modules wants, of those that go by `by`.
std::optional<Wake> next_wake(const Vehicle& vehicle, Wake::By by) {
  std::optional<Wake> next;
  for (const Plugged& plugged : vehicle.modules) {
    const std::optional<Wake> each = plugged.module->wake();
    if (each && each->by == by && (!next || each->at < next->at)) next = each;
  }
  return next;
}

}  // namespace

void reschedule(Partition& partition, Vehicle& vehicle) {
  if (vehicle.modules.empty()) return;
  partition.by_stream_time.move(vehicle, vehicle.stream_wake, next_wake(vehicle, Wake::By::kStreamTime));
  partition.by_wall_clock.move(vehicle, vehicle.wall_wake, next_wake(vehicle, Wake::By::kWallClock));
}

void unschedule(Partition& partition, Vehicle& vehicle) {
  partition.by_stream_time.move(vehicle, vehicle.stream_wake, std::nullopt);
  partition.by_wall_clock.move(vehicle, vehicle.wall_wake, std::nullopt);
}

}  // namespace odograph::process
