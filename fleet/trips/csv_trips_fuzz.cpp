// What `parse_csv_trips` takes is sound for all that follows: it makes a route, and comes back from a message of
// trips-topic; and a second look at the same bytes says the same.
#include <cstdint>
#include <string_view>

#include "fleet/eta/route.h"
#include "fleet/trips/csv_trips.h"
#include "fleet/trips/trip_message.h"
#include "lib/base/assert.h"

namespace odograph::trips {
namespace {

void check(std::string_view text) {
  const auto table = parse_csv_trips(text, "f");
  const auto again = parse_csv_trips(text, "f");
  ODOGRAPH_ASSERT(table.has_value() == again.has_value());
  if (!table) {
    ODOGRAPH_ASSERT(table.error().what == again.error().what && !table.error().what.empty());
    return;
  }
  for (const eta::Trip& trip : table->trips) {
    ODOGRAPH_ASSERT(eta::Route::create(trip).has_value());
    const auto message = to_message(trip.vehicle_id, {trip});
    if (!message) continue;  // Too large.
    const auto back = from_message(trip.vehicle_id, *message);
    // Its path is kept to 1e-6 degrees, which may take a length or a distance over its limit; nothing else may change.
    if (!back) continue;
    ODOGRAPH_ASSERT(back->size() == 1 && back->front().stops.size() == trip.stops.size());
    ODOGRAPH_ASSERT(to_message(trip.vehicle_id, *back).value() == *message);
  }
}

}  // namespace
}  // namespace odograph::trips

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  odograph::trips::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
