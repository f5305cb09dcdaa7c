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
      sums.observed += weight * (own_.fleet[slot].observed + others_.fleet[slot].observed);
      sums.expected += weight * (own_.fleet[slot].expected + others_.fleet[slot].expected);
    }
  }
  return ratio(sums, kFleetPriorS);
}

void Profile::add_slots(const RoadCell* cell, const When& when, Sums& sums) {
  if (cell == nullptr) return;
  // A cell may know hundreds of slots, and all roads ahead are asked for theirs: only those within reach are looked at,
  // ascending all the same, so that sums are the same to the bit.
  const Window window = window_around(when.quarter);
  auto slot = cell->slots.begin();
  for (std::size_t kind = 0; kind < kDayKinds; ++kind) {
    const double kind_weight = kind == when.kind ? 1 : kOtherKindSlot;
    for (const Quarters& part : window) {
      const auto is_before = [](const RoadCell::Slot& one, std::size_t sought) { return one.index < sought; };
      slot = std::lower_bound(slot, cell->slots.end(), kind * kSlotsADay + part.first, is_before);
      for (; slot != cell->slots.end() && slot->index < kind * kSlotsADay + part.end; ++slot) {
        const double apart = quarters_apart(static_cast<double>(slot->index % kSlotsADay) + 0.5, when.quarter);
        if (apart >= kSlotReachQuarters) continue;
        const double weight = (1 - apart / kSlotReachQuarters) * kind_weight;
        sums.observed += weight * slot->sums.observed;
        sums.expected += weight * slot->sums.expected;
      }
    }
  }
}

double Profile::slot_factor(const Both& both, const When& when, const Sums& prior) {
  Sums sums = prior;
  add_slots(both.own, when, sums);
  add_slots(both.others, when, sums);
  return sums.observed / sums.expected;
}

Sums Profile::base_of(const Both& both) {
  const Sums sums = both.own == nullptr ? Sums{} : both.own->base;
  if (both.others == nullptr) return sums;
  return {sums.observed + both.others->base.observed, sums.expected + both.others->base.expected};
}

Profile::Parts Profile::parts(const Piece& piece, const When& when) const {
  Parts parts;
  parts.fleet = fleet_factor(when);
  const Sums plan{own_.plan.observed + others_.plan.observed, own_.plan.expected + others_.plan.expected};
  parts.plan_spm = piece.plan_pace_spm * ratio(plan, kPlanPriorS);
  parts.coarse_spm = parts.plan_spm;
  if (const Both coarse = both_of(piece.coarse)) {
    parts.coarse_spm *= ratio(base_of(coarse), kCoarsePriorS);
    parts.coarse = slot_factor(coarse, when, {kCoarseSlotPriorS, kCoarseSlotPriorS});
  }
  parts.base_spm = parts.coarse_spm;
  parts.own = parts.coarse;
  if (const Both cell = both_of(piece.cell)) {
    const Sums base = base_of(cell);
    parts.base_spm = (base.observed + kCellPriorM * parts.coarse_spm) / (base.expected + kCellPriorM);
    parts.own = slot_factor(cell, when, {kCellSlotPriorS * parts.coarse, kCellSlotPriorS});
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
  own_.plan.add(calm_s, piece.plan_pace_spm * metres, kPlanMaxS);
  own_.fleet[slot_of(at)].add(seconds, known.base_spm * metres, kFleetMaxS);
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

const RoadCell* Profile::Known::find(CellKey key) const {
  if (cells.empty()) return nullptr;  // Others, where there is one partition: no need to reckon its bucket.
  const auto found = cells.find(key);
  return found == cells.end() ? nullptr : &found->second;
}

const RoadCell* Profile::find(CellKey key) const { return own_.find(key); }

void Profile::restore(CellKey key, RoadCell cell) {
  if (RoadCell* known = cell_to_learn(key)) *known = std::move(cell);
}

void Profile::set_others(CellKey key, RoadCell cell) {
  if (others_.cells.size() >= kCellsMax && !others_.cells.contains(key)) return;
  others_.cells[key] = std::move(cell);
}

RoadCell* Profile::cell_to_learn(CellKey key) {
  if (const auto found = own_.cells.find(key); found != own_.cells.end()) return &found->second;
  if (own_.cells.size() >= kCellsMax) {
    ++refused_cells_;
    return nullptr;
  }
  return &own_.cells[key];
}

}  // namespace odograph::eta
