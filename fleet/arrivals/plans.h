#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/eta/progress.h"

namespace odograph::arrivals {

/// Which of its trips a vehicle is on is told by their order: by start, then id.
struct TripMark {
  base::UtcTime start{};
  std::string trip_id;
  auto operator<=>(const TripMark&) const = default;
};

/// The trips of one vehicle that are in force.
class Plans {
 public:
  /// Takes the place of what was there. The trips are sound: a route can be made of each.
  void set(std::vector<eta::Trip> trips);

  const eta::Trip* find(const std::string& trip_id) const;
  /// The first trip behind `mark`, or of all; null if there is none.
  const eta::Trip* next(const std::optional<TripMark>& mark) const;
  /// What all who follow this trip share; `trip` is one of these. Null if no route can be made of it after all.
  std::shared_ptr<const eta::Plan> plan_of(const eta::Trip& trip);

 private:
  std::vector<eta::Trip> trips_;  ///< By mark.
  std::map<std::string, std::weak_ptr<const eta::Plan>> plans_;
};

inline TripMark mark_of(const eta::Trip& trip) { return {trip.start_time, trip.trip_id}; }

/// Equal for trips that differ in times and revision at most: then what is remembered of one holds for the other.
std::uint64_t shape_of(const eta::Trip& trip);

}  // namespace odograph::arrivals
