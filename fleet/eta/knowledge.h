#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "fleet/eta/correction.h"
#include "fleet/eta/learned.h"

namespace odograph::eta {

/// What was learnt in since it was last looked at: names of parts, so that these alone need to be kept.
struct Changes {
  bool fleet = false;       ///< The plan's ratio, the fleet's factor of today, the dwells of all stops, the widths.
  std::set<CellKey> cells;  ///< Of the profile (both sizes) and of today (cells and areas).
  std::set<std::size_t> slots;
  std::set<std::string> stops;
  std::set<std::pair<std::size_t, std::size_t>> bands;  ///< Stays and horizon.

  bool empty() const { return !fleet; }
};

/// What a fleet knows: what it keeps, and what it saw in the last minutes. One of these for all vehicles.
struct Knowledge {
  Learned learned;
  Correction correction;
  Changes* changes = nullptr;  ///< Borrowed; told what was learnt, if there is one.

  /// A stretch that a vehicle drove.
  struct Stretch {
    const Piece& piece;
    double metres = 0;
    double took_s = 0;
    double profile_s = 0;  ///< What the profile says that it takes.
  };
  void drove(const Stretch& stretch, base::UtcTime at);
  /// A vehicle stood at `stop` for `stood_s`.
  void stood(const PlannedStop& stop, double stood_s);
  /// A prediction of `predicted_s` with so many stays before it took `actual_s`.
  void arrived(double predicted_s, double actual_s, std::size_t stays);
};

}  // namespace odograph::eta
