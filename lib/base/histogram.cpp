#include "lib/base/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace odograph::base {

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {}

void Histogram::add(double value) {
  if (std::isnan(value)) return;
  const double taken = std::max(value, 0.0);
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), taken);
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  ++count_;
  sum_ += taken;
}

std::optional<double> Histogram::bound_of(double share) const {
  if (count_ == 0) return std::nullopt;
  const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(count_);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    below += counts_[i];
    if (below > 0 && static_cast<double>(below) >= wanted) return bounds_[i];
  }
  return std::numeric_limits<double>::infinity();
}

Histogram Histogram::since(const Histogram& earlier) const {
  Histogram difference = *this;
  for (std::size_t i = 0; i < counts_.size(); ++i) difference.counts_[i] -= earlier.counts_[i];
  difference.count_ -= earlier.count_;
  difference.sum_ -= earlier.sum_;
  return difference;
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
}

}  // namespace odograph::base
