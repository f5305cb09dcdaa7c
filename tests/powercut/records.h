#pragma once

#include <cstdint>

#include "lib/model/record.h"

namespace odograph::powercut {

/// The record number `serial` of `lane`: everything in it follows from these two, and `alt_cm` is the serial.
model::Record record_of(model::Lane lane, std::uint32_t serial);

}  // namespace odograph::powercut
