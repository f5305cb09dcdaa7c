#pragma once

#include <array>
#include <cstdint>

#include "lib/model/record.h"

namespace odograph::process {

/// Tells the records of one stream that came before from those that did not, by one high-water mark a lane.
///
/// Right because an agent sends each lane strictly oldest first: whatever lies at or below the mark has been here. The
/// live lane is not numbered and always new.
class Dedupe {
 public:
  /// True if `sequence` (see model::sequence) is new in `lane`; it is old from now on. False for a repeat.
  [[nodiscard]] bool admit(model::Lane lane, std::uint64_t sequence);

  /// The newest sequence admitted; 0 if none, and always for the live lane.
  std::uint64_t mark(model::Lane lane) const;

 private:
  std::array<std::uint64_t, model::kStoredLanes.size()> marks_{};
};

}  // namespace odograph::process
