#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fleet/eta/trip.h"
#include "lib/base/result.h"

namespace odograph::trips {

inline constexpr std::size_t kTripsOfVehicleMax = 200;
/// Below the broker's limit for a message, with room for its key and what Kafka puts around it.
inline constexpr std::size_t kTripsBytesMax = 900'000;

/// The value of a message of trips-topic (proto/public/trip.proto): all trips of one vehicle, sorted by start and id.
/// The path is kept to 1e-6 degrees. `kDrop`, naming the vehicle, if there are more than `kTripsOfVehicleMax` of them
/// or they need more than `kTripsBytesMax`.
base::Result<std::string> to_message(const std::string& vehicle_id, std::vector<eta::Trip> trips);

/// The reverse, checked as a file of trips is: what comes out makes a route. `kDrop`, naming trip and field, if it is
/// no such message, or is of another vehicle than `vehicle_id`.
base::Result<std::vector<eta::Trip>> from_message(const std::string& vehicle_id, std::string_view value);

}  // namespace odograph::trips
