#include "fleet/eta/profile.h"

#include <algorithm>
#include <cmath>

namespace odograph::eta {
namespace {

// Priors, as so much observation that was never made; all chosen on days that are not the held-out ones.
constexpr double kPlanPriorS = 600;
constexpr double kFleetPriorS = 900;
constexpr double kCoarsePriorS = 60;
constexpr double kCellPriorM = 200;
constexpr double kCoarseSlotPriorS = 90;
constexpr double kCellSlotPriorS = 60;
// How much is remembered: what is beyond fades.
constexpr double kPlanMaxS = 4e6;
constexpr double kFleetMaxS = 1e6;
constexpr double kCoarseMaxS = 1e5;
constexpr double kCellMaxM = 9000;
constexpr double kSlotMaxS = 600;
// Neighbouring quarters of an hour, and other kinds of day, tell something too.
constexpr double kFleetReachQuarters = 2;
constexpr double kSlotReachQuarters = 4;
constexpr double kOtherKindFleet = 0.02;
constexpr double kOtherKindSlot = 0.3;
constexpr double kPaceMin = 0.02;
constexpr double kPaceMax = 5;

/// Both of one day, 0..96: the shorter way around the clock.
double quarters_apart(double a, double b) {
  const double apart = std::abs(a - b);
  return std::min(apart, double{kSlotsADay} - apart);
}

/// Quarters of a day, `end` not included.
struct Quarters {
  std::size_t first = 0;
  std::size_t end = 0;
};
/// Ascending; the second is empty where the day's end does not lie between.
using Window = std::array<Quarters, 2>;

/// All whose middle is nearer to `quarter` than `kSlotReachQuarters`, and one at either end that may not be.
Window window_around(double quarter) {
  const auto middle = static_cast<std::size_t>(quarter);
  const auto reach = static_cast<std::size_t>(kSlotReachQuarters);
  if (middle < reach) return {Quarters{0, middle + reach + 1}, Quarters{kSlotsADay + middle - reach, kSlotsADay}};
  if (middle + reach < kSlotsADay)
    return {Quarters{middle - reach, middle + reach + 1}, Quarters{kSlotsADay, kSlotsADay}};
  return {Quarters{0, middle + reach + 1 - kSlotsADay}, Quarters{middle - reach, kSlotsADay}};
}

double ratio(const Sums& sums, double prior_s) { return (sums.observed + prior_s) / (sums.expected + prior_s); }

}  // namespace

void Sums::add(double observed_more, double expected_more, double expected_max) {
  observed += observed_more;
  expected += expected_more;
  if (expected <= expected_max) return;
  observed *= expected_max / expected;
  expected = expected_max;
}

Profile::When Profile::when(base::UtcTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::weekday weekday{day};
  const std::size_t kind = weekday == std::chrono::Saturday ? 1 : weekday == std::chrono::Sunday ? 2 : 0;
  return {kind, std::chrono::duration<double>(at - day).count() / 900};
}

std::size_t Profile::slot_of(base::UtcTime at) {
  const When then = when(at);
  return then.kind * kSlotsADay + static_cast<std::size_t>(then.quarter);
}

double Profile::fleet_factor(const When& when) const {
  Sums sums;
  const auto middle = static_cast<std::size_t>(when.quarter);
  const auto reach = static_cast<std::size_t>(kFleetReachQuarters);
  for (std::size_t step = 0; step <= 2 * reach; ++step) {
    const std::size_t quarter = (middle + kSlotsADay + step - reach) % kSlotsADay;
    const double apart = quarters_apart(static_cast<double>(quarter) + 0.5, when.quarter);
    const double near = std::max(0.0, 1 - apart / kFleetReachQuarters);
    for (std::size_t kind = 0; kind < kDayKinds; ++kind) {
      const double weight = near * (kind == when.kind ? 1 : kOtherKindFleet);
      const std::size_t slot = kind * kSlotsADay + quarter;
      sums.observed += weight * fleet_[slot].observed;
      sums.expected += weight * fleet_[slot].expected;
    }
  }
  return ratio(sums, kFleetPriorS);
}

double Profile::slot_factor(const RoadCell& cell, const When& when, const Sums& prior) {
  Sums sums = prior;
  // A cell may know hundreds of slots, and all roads ahead are asked for theirs: only those within reach are looked at,
  // ascending all the same, so that sums are the same to the bit.
  const Window window = window_around(when.quarter);
  auto slot = cell.slots.begin();
  for (std::size_t kind = 0; kind < kDayKinds; ++kind) {
    const double kind_weight = kind == when.kind ? 1 : kOtherKindSlot;
    for (const Quarters& part : window) {
      const auto is_before = [](const RoadCell::Slot& one, std::size_t sought) { return one.index < sought; };
      slot = std::lower_bound(slot, cell.slots.end(), kind * kSlotsADay + part.first, is_before);
      for (; slot != cell.slots.end() && slot->index < kind * kSlotsADay + part.end; ++slot) {
        const double apart = quarters_apart(static_cast<double>(slot->index % kSlotsADay) + 0.5, when.quarter);
        if (apart >= kSlotReachQuarters) continue;
        const double weight = (1 - apart / kSlotReachQuarters) * kind_weight;
        sums.observed += weight * slot->sums.observed;
        sums.expected += weight * slot->sums.expected;
      }
    }
  }
  return sums.observed / sums.expected;
}

Profile::Parts Profile::parts(const Piece& piece, const When& when) const {
  Parts parts;
  parts.fleet = fleet_factor(when);
  parts.plan_spm = piece.plan_pace_spm * ratio(plan_, kPlanPriorS);
  parts.coarse_spm = parts.plan_spm;
  if (const RoadCell* coarse = find(piece.coarse)) {
    parts.coarse_spm *= ratio(coarse->base, kCoarsePriorS);
    parts.coarse = slot_factor(*coarse, when, {kCoarseSlotPriorS, kCoarseSlotPriorS});
  }
  parts.base_spm = parts.coarse_spm;
  parts.own = parts.coarse;
  if (const RoadCell* cell = find(piece.cell)) {
    parts.base_spm = (cell->base.observed + kCellPriorM * parts.coarse_spm) / (cell->base.expected + kCellPriorM);
    parts.own = slot_factor(*cell, when, {kCellSlotPriorS * parts.coarse, kCellSlotPriorS});
  }
  return parts;
}

double Profile::pace_spm(const Piece& piece, base::UtcTime at) const {
  const Parts all = parts(piece, when(at));
  return std::clamp(all.base_spm * all.fleet * all.own, kPaceMin, kPaceMax);
}

void Profile::learn(const Piece& piece, base::UtcTime at, double metres, double seconds) {
  const When then = when(at);
  const Parts known = parts(piece, then);
  const double calm_s = seconds / known.fleet;
  const double explained_s = known.base_spm * known.fleet * metres;
  plan_.add(calm_s, piece.plan_pace_spm * metres, kPlanMaxS);
  fleet_[slot_of(at)].add(seconds, known.base_spm * metres, kFleetMaxS);
  if (RoadCell* coarse = cell_to_learn(piece.coarse)) {
    coarse->base.add(calm_s, known.plan_spm * metres, kCoarseMaxS);
    learn_slot(*coarse, then, {seconds, explained_s});
  }
  if (RoadCell* cell = cell_to_learn(piece.cell)) {
    cell->base.add(calm_s, metres, kCellMaxM);
    learn_slot(*cell, then, {seconds, explained_s});
  }
}

void Profile::learn_slot(RoadCell& cell, const When& when, const Sums& more) {
  const auto index = static_cast<std::uint16_t>(when.kind * kSlotsADay + static_cast<std::size_t>(when.quarter));
  auto slot = std::lower_bound(cell.slots.begin(), cell.slots.end(), index,
                               [](const RoadCell::Slot& one, std::uint16_t sought) { return one.index < sought; });
  if (slot == cell.slots.end() || slot->index != index) slot = cell.slots.insert(slot, {index, {}});
  slot->sums.add(more.observed, more.expected, kSlotMaxS);
}

const RoadCell* Profile::find(CellKey key) const {
  const auto found = cells_.find(key);
  return found == cells_.end() ? nullptr : &found->second;
}

void Profile::restore(CellKey key, RoadCell cell) {
  if (RoadCell* known = cell_to_learn(key)) *known = std::move(cell);
}

RoadCell* Profile::cell_to_learn(CellKey key) {
  if (const auto found = cells_.find(key); found != cells_.end()) return &found->second;
  if (cells_.size() >= kCellsMax) {
    ++refused_cells_;
    return nullptr;
  }
  return &cells_[key];
}

}  // namespace odograph::eta
