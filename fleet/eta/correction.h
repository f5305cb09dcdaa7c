#pragma once

#include <cstddef>
#include <unordered_map>

#include "fleet/eta/route.h"

namespace odograph::eta {

/// Sums that fade with time: what the last minutes say, in seconds.
class Fading {
 public:
  /// Adds at `at`; what is in it fades by the time passed since the last addition over `memory_s`.
  void add(base::UtcTime at, double memory_s, double observed_s, double expected_s);
  /// (observed + prior) / (expected + prior), both faded to `at`; 1 where nothing was observed.
  double factor(base::UtcTime at, double memory_s, double prior_s) const;
  base::UtcTime newest() const { return at_; }

 private:
  base::UtcTime at_{};
  double observed_s_ = 0;
  double expected_s_ = 0;
};

/// How today departs from the profile: seconds observed by seconds expected, of the whole fleet, of an area and of a
/// single cell, in the last minutes. Each is taken on top of the one before.
///
/// Not learnt for later: it is empty at every start. Holds at most `kLiveCellsMax` cells and areas.
class Correction {
 public:
  static constexpr std::size_t kLiveCellsMax = 100'000;

  /// What to multiply the profile's pace on `piece` with, told at `now` for a moment `ahead_s` later.
  double factor(const Piece& piece, base::UtcTime now, double ahead_s) const;

  /// A vehicle took `observed_s` on (a part of) `piece` at `at`, where the profile says `expected_s`.
  void learn(const Piece& piece, base::UtcTime at, double observed_s, double expected_s);

 private:
  double area_factor(const Piece& piece, base::UtcTime now) const;
  double cell_factor(const Piece& piece, base::UtcTime now) const;
  void forget_old(base::UtcTime now);

  Fading fleet_;
  std::unordered_map<CellKey, Fading> local_;  ///< Cells and areas: their keys are disjoint.
};

}  // namespace odograph::eta
