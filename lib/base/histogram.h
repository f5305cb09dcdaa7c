#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace odograph::base {

/// How many values lay at or below each of some bounds, and their sum. Takes the same room however many there are.
class Histogram {
 public:
  /// `bounds`: ascending, at least one; copied.
  explicit Histogram(std::span<const double> bounds);

  /// What is below zero counts as zero; what is no number is left out.
  void add(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  /// By bucket, each on its own; the last one is of what lies above all bounds.
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }

  /// The least bound that at least `share` (0..1) of the values do not exceed; infinite if they exceed all of them,
  /// nothing without values.
  std::optional<double> bound_of(double share) const;

  /// What was added since this one was as `earlier` is, which has the same bounds.
  Histogram since(const Histogram& earlier) const;
  /// Adds all that `other`, which has the same bounds, holds.
  void merge(const Histogram& other);

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace odograph::base
