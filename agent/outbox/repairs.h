#pragma once

#include <cstdint>

namespace odograph::outbox {

/// What the openings of one process found wrong and put right, as far as no quarantine tells of it.
struct Repairs {
  std::uint64_t files_made_again = 0;  ///< Files that were cut short while they were first made: they held nothing.
};

}  // namespace odograph::outbox
