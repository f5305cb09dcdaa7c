#include "fleet/eta/correction.h"

#include <algorithm>
#include <cmath>

namespace odograph::eta {
namespace {

// Memory and prior of each, and over how long a look ahead its word fades.
constexpr double kFleetMemoryS = 1200;
constexpr double kFleetPriorS = 300;
constexpr double kFleetAheadS = 7200;
constexpr double kAreaMemoryS = 1500;
constexpr double kAreaPriorS = 120;
constexpr double kAreaAheadS = 2400;
constexpr double kCellMemoryS = 1800;
constexpr double kCellPriorS = 15;
constexpr double kCellAheadS = 2400;
constexpr double kForgetS = 7200;
constexpr double kFactorMin = 0.3;
constexpr double kFactorMax = 4;

}  // namespace

void Fading::add(base::UtcTime at, double memory_s, double observed_s, double expected_s) {
  const double passed_s = seconds_between(at_, at);
  if (passed_s > 0) {
    const double kept = std::exp(-passed_s / memory_s);
    observed_s_ *= kept;
    expected_s_ *= kept;
    at_ = at;
  }
  observed_s_ += observed_s;
  expected_s_ += expected_s;
}

double Fading::factor(base::UtcTime at, double memory_s, double prior_s) const {
  const double kept = std::exp(-std::max(0.0, seconds_between(at_, at)) / memory_s);
  return std::clamp((observed_s_ * kept + prior_s) / (expected_s_ * kept + prior_s), kFactorMin, kFactorMax);
}

double Correction::area_factor(const Piece& piece, base::UtcTime now) const {
  const auto found = local_.find(piece.area);
  return found == local_.end() ? 1 : found->second.factor(now, kAreaMemoryS, kAreaPriorS);
}

double Correction::cell_factor(const Piece& piece, base::UtcTime now) const {
  const auto found = local_.find(piece.cell);
  return found == local_.end() ? 1 : found->second.factor(now, kCellMemoryS, kCellPriorS);
}

double Correction::factor(const Piece& piece, base::UtcTime now, double ahead_s) const {
  const double fleet = std::log(fleet_.factor(now, kFleetMemoryS, kFleetPriorS)) * std::exp(-ahead_s / kFleetAheadS);
  const double area = std::log(area_factor(piece, now)) * std::exp(-ahead_s / kAreaAheadS);
  const double cell = std::log(cell_factor(piece, now)) * std::exp(-ahead_s / kCellAheadS);
  return std::exp(fleet + area + cell);
}

void Correction::learn(const Piece& piece, base::UtcTime at, double observed_s, double expected_s) {
  const double fleet_s = expected_s * fleet_.factor(at, kFleetMemoryS, kFleetPriorS);
  const double area_s = fleet_s * area_factor(piece, at);
  fleet_.add(at, kFleetMemoryS, observed_s, expected_s);
  if (local_.size() + 2 > kLiveCellsMax) forget_old(at);
  if (local_.size() + 2 > kLiveCellsMax) return;
  local_[piece.area].add(at, kAreaMemoryS, observed_s, fleet_s);
  local_[piece.cell].add(at, kCellMemoryS, observed_s, area_s);
}

void Correction::forget_old(base::UtcTime now) {
  std::erase_if(local_, [now](const auto& one) { return seconds_between(one.second.newest(), now) > kForgetS; });
  // A fleet that drives more than this in two hours keeps its newest cells only.
  if (local_.size() + 2 > kLiveCellsMax) local_.clear();
}

}  // namespace odograph::eta
