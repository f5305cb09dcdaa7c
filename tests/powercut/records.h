#pragma once

#include <cstdint>

#include "lib/model/record.h"

namespace odograph::powercut {

/// What else happens beside cuts, kills and changes that fail.
enum class Weather {
  kFair,
  kRough,  ///< Reads, openings, and flushes by themselves fail; clocks jump by decades. Seeds mean other runs then.
};

/// The record number `serial` of `lane`: everything in it follows from these three, and `alt_cm` is the serial.
model::Record record_of(model::Lane lane, std::uint32_t serial, Weather weather);

}  // namespace odograph::powercut
