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

/// Adds what is left of `seen` at `at`.
void add_faded(const Fading& seen, base::UtcTime at, double memory_s, Fading& sum) {
  const double kept = faded(seen, at, memory_s);
  sum.observed_s += seen.observed_s * kept;
  sum.expected_s += seen.expected_s * kept;
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
  Fading both;
  add_faded(own_.fleet, now, kFleetMemoryS, both);
  add_faded(others_.fleet, now, kFleetMemoryS, both);
  return factor_of(both.observed_s, both.expected_s, kFleetPriorS);
}

double Correction::local_factor(CellKey key, base::UtcTime now, double memory_s, double prior_s) const {
  Fading both;
  bool is_known = false;
  for (const Seen* seen : {&own_, &others_}) {
    if (seen->local.empty()) continue;
    const auto found = seen->local.find(key);
    if (found == seen->local.end()) continue;
    add_faded(found->second, now, memory_s, both);
    is_known = true;
  }
  return is_known ? factor_of(both.observed_s, both.expected_s, prior_s) : 1;
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
  own_.fleet.add(at, kFleetMemoryS, observed_s, expected_s);
  make_room(own_, at);
  own_.local[piece.area].add(at, kAreaMemoryS, observed_s, fleet_s);
  own_.local[piece.cell].add(at, kCellMemoryS, observed_s, area_s);
}

void Correction::make_room(Seen& seen, base::UtcTime now) {
  if (seen.local.size() + 2 <= kLiveCellsMax) return;
  std::erase_if(seen.local, [now](const auto& one) { return seconds_between(one.second.newest, now) > kForgetS; });
  // A fleet that drives more than this in two hours keeps its newest cells only.
  if (seen.local.size() + 2 > kLiveCellsMax) seen.local.clear();
}

void Correction::put(Seen& seen, CellKey key, const Fading& one) {
  make_room(seen, one.newest);
  seen.local[key] = one;
}

const Fading* Correction::find(CellKey key) const {
  const auto found = own_.local.find(key);
  return found == own_.local.end() ? nullptr : &found->second;
}

}  // namespace odograph::eta
