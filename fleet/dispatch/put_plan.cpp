#include "fleet/dispatch/put_plan.h"

#include <algorithm>
#include <set>

#include "fleet/eta/turns.h"
#include "fleet/trips/trip_message.h"

namespace odograph::dispatch {
namespace {

/// Gathers lines of what is wrong.
class Wrong {
 public:
  void add(const std::string& line) { text_ += (text_.empty() ? "" : "\n") + line; }
  bool empty() const { return text_.empty(); }
  base::Error error() const { return base::drop_error(text_); }

 private:
  std::string text_;
};

/// Where a trip stands.
struct Place {
  std::string vehicle_id;
  const eta::Trip* trip = nullptr;
};

std::map<std::string, Place> places_of(const InForce& in_force) {
  std::map<std::string, Place> places;
  for (const auto& [vehicle_id, trips] : in_force.trips) {
    for (const eta::Trip& trip : trips) places[trip.trip_id] = {vehicle_id, &trip};
  }
  return places;
}

void remove(std::vector<eta::Trip>& trips, const std::string& trip_id) {
  std::erase_if(trips, [&](const eta::Trip& one) { return one.trip_id == trip_id; });
}

/// What is kept of a trip: its path is rounded on the way.
base::Result<eta::Trip> as_kept(const eta::Trip& trip) {
  const auto value = trips::to_message(trip.vehicle_id, {trip});
  if (!value) return value.error();
  auto back = trips::from_message(trip.vehicle_id, *value);
  if (!back) return back.error();
  return std::move(back->front());
}

/// Puts a trip in its vehicle's place and says what that is.
class Putting {
 public:
  explicit Putting(const InForce& in_force)
      : in_force_(in_force), places_(places_of(in_force)), after_(in_force.trips) {}

  void put(const eta::Trip& told) {
    auto trip = as_kept(told);
    if (!trip) return wrong_.add("trip " + told.trip_id + ": " + trip.error().what);
    if (const auto bad = in_force_.unreadable.find(trip->vehicle_id); bad != in_force_.unreadable.end())
      return wrong_.add("trip " + trip->trip_id + ": what is in force of vehicle " + trip->vehicle_id +
                        " cannot be read: " + bad->second + "; odograph-fleet trips cancel --vehicle " +
                        trip->vehicle_id + " clears it");
    const auto place = places_.find(trip->trip_id);
    if (place == places_.end()) {
      ++plan_.fresh;
    } else if (const eta::Trip& before = *place->second.trip; before == *trip) {
      ++plan_.unchanged;
      return;
    } else if (before.revision >= trip->revision) {
      return wrong_.add("trip " + trip->trip_id + ": revision " + std::to_string(before.revision) +
                        " is in force, the file has " + std::to_string(trip->revision) +
                        (before.revision == trip->revision ? ", which is another trip; give it a higher one" : ""));
    } else {
      remove(after_[place->second.vehicle_id], trip->trip_id);
      ++(place->second.vehicle_id == trip->vehicle_id ? plan_.revised : plan_.moved);
      if (place->second.vehicle_id != trip->vehicle_id) loses_.insert(place->second.vehicle_id);
    }
    auto& earliest = gets_.try_emplace(trip->vehicle_id, trip->start_time).first->second;
    earliest = std::min(earliest, trip->start_time);
    auto& trips = after_[trip->vehicle_id];
    trips.push_back(*std::move(trip));
  }

  base::Result<PutPlan> take(base::UtcTime now) {
    for (const auto& [vehicle_id, earliest] : gets_) {
      std::vector<eta::Trip>& trips = after_[vehicle_id];
      const base::UtcTime at = std::min(now, earliest);
      plan_.over += std::erase_if(trips, [at](const eta::Trip& one) { return eta::is_given_up(one, at); });
      write(vehicle_id);
    }
    for (const std::string& vehicle_id : loses_) {
      if (!gets_.contains(vehicle_id)) write(vehicle_id);
    }
    if (!wrong_.empty()) return wrong_.error();
    return std::move(plan_);
  }

 private:
  void write(const std::string& vehicle_id) {
    const std::vector<eta::Trip>& trips = after_[vehicle_id];
    if (trips.empty()) {
      plan_.writes.push_back({vehicle_id, std::nullopt});
      return;
    }
    auto value = trips::to_message(vehicle_id, trips);
    if (!value) return wrong_.add(value.error().what);
    plan_.writes.push_back({vehicle_id, *std::move(value)});
  }

  const InForce& in_force_;
  const std::map<std::string, Place> places_;
  std::map<std::string, std::vector<eta::Trip>> after_;
  std::map<std::string, base::UtcTime> gets_;  ///< Vehicles that get something, and its earliest start.
  std::set<std::string> loses_;
  PutPlan plan_;
  Wrong wrong_;
};

}  // namespace

base::Result<PutPlan> plan_put(const InForce& in_force, const std::vector<eta::Trip>& trips, base::UtcTime now) {
  Putting putting(in_force);
  for (const eta::Trip& trip : trips) putting.put(trip);
  return putting.take(now);
}

base::Result<std::vector<Write>> plan_cancel(const InForce& in_force, const std::vector<std::string>& trip_ids,
                                             const std::vector<std::string>& vehicle_ids) {
  const auto places = places_of(in_force);
  std::map<std::string, std::vector<eta::Trip>> after;
  Wrong wrong;
  for (const std::string& trip_id : trip_ids) {
    const auto place = places.find(trip_id);
    if (place == places.end()) {
      wrong.add("trip " + trip_id + ": not in force");
      continue;
    }
    const std::string& vehicle_id = place->second.vehicle_id;
    remove(after.try_emplace(vehicle_id, in_force.trips.at(vehicle_id)).first->second, trip_id);
  }
  for (const std::string& vehicle_id : vehicle_ids) {
    if (!in_force.trips.contains(vehicle_id) && !in_force.unreadable.contains(vehicle_id))
      wrong.add("vehicle " + vehicle_id + ": no trip of it is in force");
    after[vehicle_id].clear();
  }
  std::vector<Write> writes;
  for (auto& [vehicle_id, trips] : after) {
    Write write{vehicle_id, std::nullopt};
    if (!trips.empty()) {
      auto value = trips::to_message(vehicle_id, std::move(trips));
      if (!value) return value.error();
      write.value = *std::move(value);
    }
    writes.push_back(std::move(write));
  }
  if (!wrong.empty()) return wrong.error();
  return writes;
}

}  // namespace odograph::dispatch
