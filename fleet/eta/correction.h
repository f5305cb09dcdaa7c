#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>

#include "fleet/eta/route.h"

namespace odograph::eta {

/// Sums that fade with time: what the last minutes say, in seconds.
struct Fading {
  base::UtcTime newest{};
  double observed_s = 0;
  double expected_s = 0;

  /// Adds at `at`. What is in it fades by the time passed since the newest addition over `memory_s`; what is older than
  /// that one (out of a backlog) is added as far as it would have faded.
  void add(base::UtcTime at, double memory_s, double observed_more_s, double expected_more_s);
  bool operator==(const Fading&) const = default;
};

/// (observed + prior) / (expected + prior), both faded to `at`; 1 where nothing was observed.
double factor(const Fading& seen, base::UtcTime at, double memory_s, double prior_s);

/// How today departs from the profile: seconds observed by seconds expected, of the whole fleet, of an area and of a
/// single cell, in the last minutes. Each is taken on top of the one before.
///
/// Not learnt for later. Holds at most `kLiveCellsMax` cells and areas: beyond that all of two hours ago and before are
/// forgotten, and all there is if that is not enough.
class Correction {
 public:
  static constexpr std::size_t kLiveCellsMax = 100'000;
  /// How long what was seen is remembered, of the fleet and of a cell (an area, a little less).
  static constexpr double kFleetMemoryS = 1200;
  static constexpr double kCellMemoryS = 1800;

  /// What is the same for all roads when it is told; good until somebody learns.
  struct Moment {
    base::UtcTime now{};
    double fleet = 0;  ///< The logarithm of the fleet's factor.
  };
  Moment moment(base::UtcTime now) const;

  /// What to multiply the profile's pace on `piece` with, told at that moment for another one `ahead_s` later.
  double factor(const Piece& piece, const Moment& told, double ahead_s) const;
  double factor(const Piece& piece, base::UtcTime now, double ahead_s) const {
    return factor(piece, moment(now), ahead_s);
  }

  /// A vehicle took `observed_s` on (a part of) `piece` at `at`, where the profile says `expected_s`.
  void learn(const Piece& piece, base::UtcTime at, double observed_s, double expected_s);

  const Fading& fleet() const { return fleet_; }
  /// Cells and areas that were driven last at this moment or before are forgotten; nothing: none ever was.
  const std::optional<base::UtcTime>& forgotten_to() const { return forgotten_to_; }
  /// Of a cell or an area; null where nothing was learnt.
  const Fading* find(CellKey key) const;

  /// First of all.
  void restore_fleet(const Fading& fleet, const std::optional<base::UtcTime>& forgotten_to);
  /// One that is forgotten stays so.
  void restore(CellKey key, const Fading& one);

 private:
  struct Seconds {
    double observed = 0;
    double expected = 0;
  };
  double fleet_factor(base::UtcTime now) const;
  double local_factor(CellKey key, base::UtcTime now, double memory_s, double prior_s) const;
  void add(CellKey key, base::UtcTime at, double memory_s, const Seconds& seconds);
  bool is_forgotten(base::UtcTime newest) const { return forgotten_to_ && newest <= *forgotten_to_; }
  void make_room();
  void forget(base::UtcTime to);

  Fading fleet_;
  std::unordered_map<CellKey, Fading> local_;  ///< Cells and areas: their keys are disjoint. None that is forgotten.
  std::optional<base::UtcTime> forgotten_to_;
};

}  // namespace odograph::eta
