#pragma once

#include <cstddef>
#include <cstdint>

#include "drivers/nmea/fields.h"

namespace odograph::nmea {

/// What a latitude, a longitude and their hemispheres tell together.
struct Coordinates {
  std::int32_t lat_e7 = 0;
  bool complete = false;  ///< None of the four fields is empty. Here, so that the two are not read back as one word,
                          ///< for which the processor would wait.
  std::int32_t lon_e7 = 0;
};

/// Reads the four fields from `first` on: latitude, N or S, longitude, E or W, any of which may be empty. False if one
/// cannot be: beyond a pole or the 180th meridian, minutes from 60 on, no number, another letter.
[[gnu::noinline]] bool read_coordinates(Fields fields, std::size_t first, Coordinates& out);

}  // namespace odograph::nmea
