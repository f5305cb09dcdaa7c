#pragma once

#include <cstdint>

namespace odograph::outbox {

/// What the openings of one process found wrong and put right, as far as no quarantine tells of it.
struct Repairs {
  std::uint64_t wals_mended = 0;       ///< WALs that had rotted and were put right bit for bit: nothing is lost.
  std::uint64_t wals_put_aside = 0;    ///< WALs of which something was lost to rot, or whose database was gone.
  std::uint64_t files_made_again = 0;  ///< Files that were cut short while they were first made: they held nothing.
  std::uint64_t files_removed = 0;     ///< Files that somebody removed while they were in use;
  std::uint64_t files_rescued = 0;     ///< of these, what was copied into quarantine. The others are told as lost.
  std::uint64_t directories_made_again = 0;  ///< Times that the data directory was gone and was made again.
};

}  // namespace odograph::outbox
