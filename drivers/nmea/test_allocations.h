#pragma once

#include <cstddef>

namespace odograph::nmea {

/// How often this program has called operator new so far; test_allocations.cpp puts its own in place.
std::size_t allocation_count();

}  // namespace odograph::nmea
