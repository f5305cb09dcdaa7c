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

double quarters_apart(double a, double b) { return std::abs(std::remainder(a - b, double{kSlotsADay})); }

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
      sums.observed += weight * fleet_[kind][quarter].observed;
      sums.expected += weight * fleet_[kind][quarter].expected;
    }
  }
  return ratio(sums, kFleetPriorS);
}

double Profile::slot_factor(const Cell& cell, const When& when, const Sums& prior) {
  Sums sums = prior;
  for (const Slot& slot : cell.slots) {
    const double apart = quarters_apart(static_cast<double>(slot.index % kSlotsADay) + 0.5, when.quarter);
    if (apart >= kSlotReachQuarters) continue;
    const double kind = slot.index / kSlotsADay == when.kind ? 1 : kOtherKindSlot;
    const double weight = (1 - apart / kSlotReachQuarters) * kind;
    sums.observed += weight * slot.sums.observed;
    sums.expected += weight * slot.sums.expected;
  }
  return sums.observed / sums.expected;
}

Profile::Parts Profile::parts(const Piece& piece, const When& when) const {
  Parts parts;
  parts.fleet = fleet_factor(when);
  parts.plan_spm = piece.plan_pace_spm * ratio(plan_, kPlanPriorS);
  parts.coarse_spm = parts.plan_spm;
  if (const Cell* coarse = find(piece.coarse)) {
    parts.coarse_spm *= ratio(coarse->base, kCoarsePriorS);
    parts.coarse = slot_factor(*coarse, when, {kCoarseSlotPriorS, kCoarseSlotPriorS});
  }
  parts.base_spm = parts.coarse_spm;
  parts.own = parts.coarse;
  if (const Cell* cell = find(piece.cell)) {
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
  Sums& fleet = fleet_[then.kind][static_cast<std::size_t>(then.quarter)];
  fleet.add(seconds, known.base_spm * metres, kFleetMaxS);
  if (Cell* coarse = cell_to_learn(piece.coarse)) {
    coarse->base.add(calm_s, known.plan_spm * metres, kCoarseMaxS);
    learn_slot(*coarse, then, {seconds, explained_s});
  }
  if (Cell* cell = cell_to_learn(piece.cell)) {
    cell->base.add(calm_s, metres, kCellMaxM);
    learn_slot(*cell, then, {seconds, explained_s});
  }
}

void Profile::learn_slot(Cell& cell, const When& when, const Sums& more) {
  const auto index = static_cast<std::uint16_t>(when.kind * kSlotsADay + static_cast<std::size_t>(when.quarter));
  auto slot = std::lower_bound(cell.slots.begin(), cell.slots.end(), index,
                               [](const Slot& one, std::uint16_t sought) { return one.index < sought; });
  if (slot == cell.slots.end() || slot->index != index) slot = cell.slots.insert(slot, {index, {}});
  slot->sums.add(more.observed, more.expected, kSlotMaxS);
}

const Profile::Cell* Profile::find(CellKey key) const {
  const auto found = cells_.find(key);
  return found == cells_.end() ? nullptr : &found->second;
}

Profile::Cell* Profile::cell_to_learn(CellKey key) {
  if (const auto found = cells_.find(key); found != cells_.end()) return &found->second;
  if (cells_.size() >= kCellsMax) {
    ++refused_cells_;
    return nullptr;
  }
  return &cells_[key];
}

}  // namespace odograph::eta
