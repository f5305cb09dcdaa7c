#include "fleet/arrivals/plans.h"

#include <algorithm>
#include <bit>
#include <string_view>

namespace odograph::arrivals {
namespace {

/// FNV-1a, 64 bits.
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char one : bytes) add_byte(static_cast<unsigned char>(one));
    add_byte(0);
  }
  void add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) add_byte(static_cast<unsigned char>(number >> (8 * i)));
  }
  void add(double number) { add(std::bit_cast<std::uint64_t>(number)); }
  std::uint64_t value() const { return value_; }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001B3U; }
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

}  // namespace

std::uint64_t shape_of(const eta::Trip& trip) {
  Hash hash;
  hash.add(std::uint64_t{trip.path.size()});
  for (const eta::Place& place : trip.path) {
    hash.add(place.lat_deg);
    hash.add(place.lon_deg);
  }
  for (const eta::PlannedStop& stop : trip.stops) {
    hash.add(std::string_view(stop.stop_id));
    hash.add(std::uint64_t{stop.sequence});
    hash.add(stop.place.lat_deg);
    hash.add(stop.place.lon_deg);
    hash.add(stop.radius_m);
  }
  return hash.value();
}

void Plans::set(std::vector<eta::Trip> trips) {
  trips_ = std::move(trips);
  std::sort(trips_.begin(), trips_.end(),
            [](const eta::Trip& a, const eta::Trip& b) { return mark_of(a) < mark_of(b); });
  plans_.clear();
}

const eta::Trip* Plans::find(const std::string& trip_id) const {
  const auto found =
      std::find_if(trips_.begin(), trips_.end(), [&](const eta::Trip& one) { return one.trip_id == trip_id; });
  return found == trips_.end() ? nullptr : &*found;
}

const eta::Trip* Plans::next(const std::optional<TripMark>& mark) const {
  const auto found =
      std::find_if(trips_.begin(), trips_.end(), [&](const eta::Trip& one) { return !mark || *mark < mark_of(one); });
  return found == trips_.end() ? nullptr : &*found;
}

std::shared_ptr<const eta::Plan> Plans::plan_of(const eta::Trip& trip) {
  std::weak_ptr<const eta::Plan>& known = plans_[trip.trip_id];
  if (auto plan = known.lock()) return plan;
  auto made = eta::Plan::create(trip);
  if (!made) return nullptr;
  known = *made;
  return *made;
}

}  // namespace odograph::arrivals
