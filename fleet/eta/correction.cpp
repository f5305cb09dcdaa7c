#include "fleet/eta/correction.h"

#include <algorithm>
#include <cmath>

namespace odograph::eta {
namespace {

// Memory and prior of each, and over how long a look ahead its word fades.
constexpr double kFleetPriorS = 300;
constexpr double kFleetAheadS = 7200;
constexpr double kAreaMemoryS = 1500;
constexpr double kAreaPriorS = 120;
constexpr double kCellPriorS = 15;
constexpr double kLocalAheadS = 2400;
constexpr double kForgetS = 7200;
constexpr double kFactorMin = 0.3;
constexpr double kFactorMax = 4;

double faded(const Fading& seen, base::UtcTime at, double memory_s) {
  return std::exp(-std::max(0.0, seconds_between(seen.newest, at)) / memory_s);
}

double factor_of(double observed_s, double expected_s, double prior_s) {
  return std::clamp((observed_s + prior_s) / (expected_s + prior_s), kFactorMin, kFactorMax);
}

}  // namespace

void Fading::add(base::UtcTime at, double memory_s, double observed_more_s, double expected_more_s) {
  const double passed_s = seconds_between(newest, at);
  if (passed_s < 0) {
    const double kept = std::exp(passed_s / memory_s);
    observed_s += observed_more_s * kept;
    expected_s += expected_more_s * kept;
    return;
  }
  if (passed_s > 0) {
    const double kept = std::exp(-passed_s / memory_s);
    observed_s *= kept;
    expected_s *= kept;
    newest = at;
  }
  observed_s += observed_more_s;
  expected_s += expected_more_s;
}

double factor(const Fading& seen, base::UtcTime at, double memory_s, double prior_s) {
  const double kept = faded(seen, at, memory_s);
  return factor_of(seen.observed_s * kept, seen.expected_s * kept, prior_s);
}

double Correction::fleet_factor(base::UtcTime now) const {
  return eta::factor(fleet_, now, kFleetMemoryS, kFleetPriorS);
}

double Correction::local_factor(CellKey key, base::UtcTime now, double memory_s, double prior_s) const {
  const Fading* seen = find(key);
  return seen == nullptr ? 1 : eta::factor(*seen, now, memory_s, prior_s);
}

Correction::Moment Correction::moment(base::UtcTime now) const { return {now, std::log(fleet_factor(now))}; }

double Correction::factor(const Piece& piece, const Moment& told, double ahead_s) const {
  const double area = local_factor(piece.area, told.now, kAreaMemoryS, kAreaPriorS);
  const double cell = local_factor(piece.cell, told.now, kCellMemoryS, kCellPriorS);
  double sum = told.fleet * std::exp(-ahead_s / kFleetAheadS);
  if (area != 1 || cell != 1) {
    const double kept = std::exp(-ahead_s / kLocalAheadS);
    sum = sum + std::log(area) * kept + std::log(cell) * kept;
  }
  return std::exp(sum);
}

void Correction::learn(const Piece& piece, base::UtcTime at, double observed_s, double expected_s) {
  const double fleet_s = expected_s * fleet_factor(at);
  const double area_s = fleet_s * local_factor(piece.area, at, kAreaMemoryS, kAreaPriorS);
  fleet_.add(at, kFleetMemoryS, observed_s, expected_s);
  make_room();
  add(piece.area, at, kAreaMemoryS, {observed_s, fleet_s});
  add(piece.cell, at, kCellMemoryS, {observed_s, area_s});
}

void Correction::add(CellKey key, base::UtcTime at, double memory_s, const Seconds& seconds) {
  // What is forgotten is forgotten for those too who tell of it late: else it would be known until a restart.
  if (is_forgotten(at) && !local_.contains(key)) return;
  local_[key].add(at, memory_s, seconds.observed, seconds.expected);
}

void Correction::make_room() {
  if (local_.size() + 2 <= kLiveCellsMax) return;
  forget(after(fleet_.newest, -kForgetS));
  // A fleet that drives more than this in two hours begins anew.
  if (local_.size() + 2 > kLiveCellsMax) forget(fleet_.newest);
}

void Correction::forget(base::UtcTime to) {
  forgotten_to_ = forgotten_to_ ? std::max(*forgotten_to_, to) : to;
  std::erase_if(local_, [this](const auto& one) { return is_forgotten(one.second.newest); });
}

void Correction::restore_fleet(const Fading& fleet, const std::optional<base::UtcTime>& forgotten_to) {
  fleet_ = fleet;
  forgotten_to_ = forgotten_to;
}

void Correction::restore(CellKey key, const Fading& one) {
  if (is_forgotten(one.newest) || (local_.size() >= kLiveCellsMax && !local_.contains(key))) return;
  local_[key] = one;
}

const Fading* Correction::find(CellKey key) const {
  const auto found = local_.find(key);
  return found == local_.end() ? nullptr : &found->second;
}

}  // namespace odograph::eta
