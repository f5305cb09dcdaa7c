#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/eta/trip.h"
#include "lib/base/result.h"

namespace odograph::dispatch {

/// What trips-topic says now.
struct InForce {
  std::map<std::string, std::vector<eta::Trip>> trips;  ///< By vehicle; none is empty.
  std::map<std::string, std::string> unreadable;        ///< Vehicles whose message is none of ours, and why.
};

/// One message to be written.
struct Write {
  std::string vehicle_id;
  std::optional<std::string> value;  ///< Absent: a tombstone, the vehicle has no trip any more.
};

/// What is to be done, and what it comes to.
struct PutPlan {
  std::vector<Write> writes;  ///< First what vehicles get, then what is taken from others.
  std::size_t fresh = 0;
  std::size_t revised = 0;
  std::size_t unchanged = 0;  ///< In force as they are.
  std::size_t moved = 0;      ///< To another vehicle.
  std::size_t over = 0;       ///< Trips of the vehicles at hand that are given up, and left out.
};

/// Brings `trips`, of which no two have the same id, into force beside what is. An old trip of their vehicles is left
/// out if it is given up (fleet/eta/turns.h) at `now` and before the earliest new one starts: a late one is still
/// driven.
///
/// `kDrop` with a line for each trip that cannot be: a higher revision is in force; the same one, but another trip; its
/// vehicle's message would be too large, or what is in force of it cannot be read.
base::Result<PutPlan> plan_put(const InForce& in_force, const std::vector<eta::Trip>& trips, base::UtcTime now);

/// Takes trips out of force: these, and all of these vehicles. `kDrop` with a line for each one that is not in force.
base::Result<std::vector<Write>> plan_cancel(const InForce& in_force, const std::vector<std::string>& trip_ids,
                                             const std::vector<std::string>& vehicle_ids);

}  // namespace odograph::dispatch
