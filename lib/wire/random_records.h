#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "lib/model/record.h"

namespace odograph::wire {

/// Records as no vehicle would make them: extremes, holes and switches everywhere, all within what the contracts of
/// lib/model allow. The same seed gives the same records.
std::vector<model::Record> random_records(std::uint64_t seed, std::size_t count);

}  // namespace odograph::wire
