#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "fleet/process/partition_note.h"
#include "fleet/process/recent_map.h"
#include "fleet/process/table_rows.h"
#include "fleet/process/vehicle.h"
#include "lib/base/time.h"

namespace odograph::process {

/// Vehicles by the time at which they want to be called, and by name where the times are equal: one order in every life
/// of the process.
class WakeList {
 public:
  /// Moves `vehicle` from where it stood to where it wants to be.
  void move(Vehicle& vehicle, std::optional<vehicle::Wake>& from, const std::optional<vehicle::Wake>& to) {
    if (from == to) return;
    if (from) vehicles_.erase({{from->at, vehicle.id}, &vehicle});
    if (to) vehicles_.insert({{to->at, vehicle.id}, &vehicle});
    from = to;
  }

  /// The first one whose time has come; nullptr if none's has.
  Vehicle* due(base::UtcTime now) const {
    if (vehicles_.empty() || vehicles_.begin()->first.first > now) return nullptr;
    return vehicles_.begin()->second;
  }

 private:
  std::set<std::pair<std::pair<base::UtcTime, std::string_view>, Vehicle*>> vehicles_;
};

/// What is known of one partition of raw-data-topic.
struct Partition {
  explicit Partition(std::int32_t its_number) : number(its_number) {}

  std::int32_t number;
  std::optional<Beginning> beginning;  ///< Known from a note, or from the first message.
  bool noted = false;                  ///< `beginning` and `note` are in vehicle-state-topic.
  PartitionNote note;                  ///< All of it but the beginning.
  bool is_scaling = false;             ///< `topics scale` began and did not end.
  RecentMap<Vehicle> vehicles;
  TableRows rows;
  std::optional<base::UtcTime> stream_time;  ///< The newest time that a vehicle told and that can be believed.
  WakeList by_stream_time;
  WakeList by_wall_clock;
};

/// Puts `vehicle` where its modules want to be called next.
void reschedule(Partition& partition, Vehicle& vehicle);
/// Takes it off the lists, before it goes.
void unschedule(Partition& partition, Vehicle& vehicle);

}  // namespace odograph::process
