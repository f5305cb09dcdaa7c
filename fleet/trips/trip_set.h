#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/eta/trip.h"
#include "lib/base/result.h"

namespace odograph::trips {

/// The trips of a file: of those with the same id the highest revision, in the place of the first.
class TripSet {
 public:
  /// `kDrop` if the same revision of it is there already; `kStop` at `kTripsMax`.
  base::Status add(eta::Trip trip);
  std::vector<eta::Trip> take() { return std::move(trips_); }

 private:
  std::vector<eta::Trip> trips_;
  std::unordered_map<std::string, std::size_t> known_;
};

}  // namespace odograph::trips
