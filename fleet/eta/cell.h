#pragma once

#include <cstdint>

#include "fleet/eta/trip.h"

namespace odograph::eta {

/// A piece of road as far as it can be named without a map: a square of the globe and the direction of driving in it.
/// The same road gets the same keys on every trip, however its polyline was cut.
using CellKey = std::uint64_t;

/// The square of about `size_m` (50..20000) around `place`, with one of eight directions.
///
/// Rows are even in latitude; columns are as wide as a square is in the middle of its degree of latitude, so that keys
/// depend on nothing but the place. Sizes give disjoint keys.
CellKey cell_of(const Place& place, double course_deg, std::uint32_t size_m);

/// The same for all directions.
CellKey square_of(const Place& place, std::uint32_t size_m);

}  // namespace odograph::eta
