#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/time.h"
#include "lib/model/reading.h"

namespace odograph::track {

/// A place as the receiver told it.
struct Sighting {
  base::BootTime received;
  std::optional<base::UtcTime> time;  ///< The receiver's own.
  model::Position position;
  std::int32_t speed_mmps = 0;  ///< As reported; 0 where it was not.
};

/// Finds positions that no vehicle can have reached: the speed implied since the last usable place is above
/// max(60 m/s, 1.5 times the reported one + 10 m/s).
///
/// Elapsed time is the receiver's where both tell one and it went forward, else that of receipt; where neither went
/// forward nothing can be said. A place that two further fixes confirm one after the other is accepted with the second
/// of them: the receiver was wrong before, or the vehicle was carried. Fixes that are unusable for another reason are
/// judged, but neither confirm nor become the place to compare with.
class JumpFilter {
 public:
  static constexpr int kConfirmations = 2;

  enum class Otherwise { kUsable, kUnusable };

  /// True if `sighting` is a jump.
  bool is_jump(const Sighting& sighting, Otherwise otherwise);

 private:
  struct Candidate {
    Sighting last;
    int confirmations;
  };

  std::optional<Sighting> reference_;
  std::optional<Candidate> candidate_;
};

}  // namespace odograph::track
