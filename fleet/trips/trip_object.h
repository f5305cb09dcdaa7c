#pragma once

#include "fleet/eta/trip.h"
#include "fleet/trips/object.h"

namespace odograph::trips {

/// What a trip has beside its path and stops. Complaints stay with the object.
eta::Trip begin_trip(Object& object);

/// Appends the stop that `object` tells, if there is nothing to complain of in it or between it and what is before it.
void add_stop(Object& object, eta::Trip& trip);

/// A position of one record.
std::string vehicle_id_of(Object& object);

/// One trip as a JSON object; as `parse_trip`.
base::Result<eta::Trip> trip_of(const nlohmann::json& json);

}  // namespace odograph::trips
