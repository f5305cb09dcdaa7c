#pragma once

#include <cstdint>
#include <vector>

#include "lib/model/record.h"

namespace odograph::wire {

/// Names of the five signals of `synthetic_drive`, in the order of their numbers.
const std::vector<model::SignalDef>& drive_signals();

/// A 1 Hz drive as a lorry with a good receiver makes it, for measuring sizes: town and open road, bends, stops; white
/// noise of 0.15 m between two fixes on each axis, 5 cm/s on the speed, 0.3 degrees on the course, 0.15 m on the
/// altitude; HDOP and satellites change every few seconds to a minute; five signals every 10 to 60 s. The same seed
/// gives the same records on every machine.
std::vector<model::Record> synthetic_drive(std::uint64_t seed, std::size_t count);

}  // namespace odograph::wire
