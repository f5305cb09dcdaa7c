#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fleet/eta/route.h"
#include "lib/base/result.h"

namespace odograph::eta {

inline constexpr std::size_t kSlotsADay = 96;  ///< A quarter of an hour each, UTC.
inline constexpr std::size_t kDayKinds = 3;    ///< Monday to Friday, Saturday, Sunday; UTC.
inline constexpr std::size_t kCellsMax = 400'000;

/// What was observed beside what was expected, both in seconds; or in metres where a rate is kept.
struct Sums {
  double observed = 0;
  double expected = 0;
  /// Adds, and then lets old observations fade so that `expected` stays within `expected_max`.
  void add(double observed_more, double expected_more, double expected_max);
  bool operator==(const Sums&) const = default;
};

/// What is learnt of one cell.
struct RoadCell {
  /// Of a quarter of an hour of a kind of day.
  struct Slot {
    std::uint16_t index = 0;  ///< Kind of day * 96 + quarter.
    Sums sums;                ///< Seconds by the seconds that the cell and the fleet's factor explain.
    bool operator==(const Slot&) const = default;
  };
  Sums base;                ///< Seconds by metres; of a coarse cell by the plan's seconds.
  std::vector<Slot> slots;  ///< By index, ascending.
  bool operator==(const RoadCell&) const = default;
};

/// How long the roads take: seconds a metre by cell, quarter of an hour and kind of day.
///
/// A pace is a product of four: the cell's own pace of all days; the fleet's factor for this time of this kind of day;
/// and how far the coarse cell, and the cell itself, depart from that factor. Each is shrunk to what stands above it: a
/// cell to its surroundings, these to the plan's pace, the plan to one ratio for the whole fleet. So a road that was
/// never driven has a pace too, and with nothing learnt it is the plan's.
class Profile {
 public:
  /// Seconds a metre on `piece` at this moment.
  double pace_spm(const Piece& piece, base::UtcTime at) const;

  /// `metres` of `piece` took `seconds` around `at`, standing at a stop left out. When `kCellsMax` cells are known, new
  /// ones are counted in `refused_cells` and not learnt.
  void learn(const Piece& piece, base::UtcTime at, double metres, double seconds);

  /// Cells known, both sizes.
  std::size_t size() const { return cells_.size(); }
  std::uint64_t refused_cells() const { return refused_cells_; }

  /// Which slot a moment is in: below `kDayKinds` * `kSlotsADay`.
  static std::size_t slot_of(base::UtcTime at);

  const Sums& plan() const { return plan_; }  ///< Seconds driven by seconds planned.
  const Sums& fleet_slot(std::size_t slot) const { return fleet_[slot]; }
  const RoadCell* find(CellKey key) const;  ///< Null where nothing was learnt.

  void restore_plan(const Sums& sums) { plan_ = sums; }
  void restore_fleet_slot(std::size_t slot, const Sums& sums) { fleet_[slot] = sums; }
  void restore(CellKey key, RoadCell cell);

  /// Appends lines that `read_line` takes, the same ones for the same contents.
  void write(std::string& out) const;
  /// One line of `write`. `kDrop` naming the field that is wrong.
  base::Status read_line(std::string_view line);
  /// True for lines that are this class's.
  static bool owns(std::string_view line);

 private:
  /// A moment as place in the week.
  struct When {
    std::size_t kind = 0;
    double quarter = 0;  ///< 0..96, the middle of the first one is 0.5.
  };
  /// The parts of a pace.
  struct Parts {
    double plan_spm = 0;
    double coarse_spm = 0;
    double base_spm = 0;
    double fleet = 1;
    double coarse = 1;
    double own = 1;
  };

  static When when(base::UtcTime at);
  Parts parts(const Piece& piece, const When& when) const;
  double fleet_factor(const When& when) const;
  static double slot_factor(const RoadCell& cell, const When& when, const Sums& prior);
  static void learn_slot(RoadCell& cell, const When& when, const Sums& more);
  RoadCell* cell_to_learn(CellKey key);

  Sums plan_;
  std::array<Sums, kDayKinds * kSlotsADay> fleet_;
  std::unordered_map<CellKey, RoadCell> cells_;
  std::uint64_t refused_cells_ = 0;
};

}  // namespace odograph::eta
