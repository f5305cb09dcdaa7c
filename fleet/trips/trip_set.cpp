#include "fleet/trips/trip_set.h"

#include "fleet/trips/read.h"

namespace odograph::trips {

base::Status TripSet::add(eta::Trip trip) {
  const auto [place, fresh] = known_.try_emplace(trip.trip_id, trips_.size());
  if (fresh && trips_.size() >= kTripsMax) return base::stop_error("more than " + std::to_string(kTripsMax) + " trips");
  if (fresh) {
    trips_.push_back(std::move(trip));
    return {};
  }
  eta::Trip& before = trips_[place->second];
  if (before.revision == trip.revision)
    return base::drop_error("revision: the same as before for trip " + trip.trip_id);
  if (before.revision < trip.revision) before = std::move(trip);
  return {};
}

}  // namespace odograph::trips
