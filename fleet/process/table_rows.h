#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "fleet/vehicle/module.h"

namespace odograph::process {

/// The newest rows that concern the vehicles of one partition: whoever is heard for the first time, or again after it
/// was forgotten, is told of its own. As large as the tables, which only the fleet's own programs write.
class TableRows {
 public:
  void put(const vehicle::TableRow& row) {
    if (row.value) {
      by_vehicle_[std::string(row.key)].insert_or_assign(std::string(row.topic), *row.value);
      return;
    }
    const auto found = by_vehicle_.find(row.key);
    if (found == by_vehicle_.end()) return;
    found->second.erase(std::string(row.topic));
    if (found->second.empty()) by_vehicle_.erase(found);
  }

  /// Calls `take` with each row of that vehicle, by topic.
  template <class Take>
  void of(std::string_view vehicle_id, Take take) const {
    const auto found = by_vehicle_.find(vehicle_id);
    if (found == by_vehicle_.end()) return;
    for (const auto& [topic, value] : found->second) take(vehicle::TableRow{topic, found->first, value});
  }

 private:
  std::map<std::string, std::map<std::string, std::string>, std::less<>> by_vehicle_;
};

}  // namespace odograph::process
