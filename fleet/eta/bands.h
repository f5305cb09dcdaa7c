#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace odograph::eta {

/// What a predicted time to go is multiplied with, so that a tenth, half and nine tenths of all arrivals come before
/// it.
struct Band {
  double p10 = 1;
  double p50 = 1;
  double p90 = 1;
};

/// The quantiles of log(actual / predicted) of the predictions that came true or did not, by the predicted time to go
/// and by how many stays at stops lie before the arrival (0, 1, 2 or more). Newer ones count more.
///
/// What is then still too wide or too narrow, because the fleet learns or the season changes, two factors take back
/// that follow the arrivals: a tenth of them has to come before p10, and a tenth after p90.
class Bands {
 public:
  static constexpr std::size_t kHorizons = 8;  ///< 1, 2, 4, ... 128 minutes.
  static constexpr std::size_t kStays = 3;
  static constexpr std::size_t kBins = 120;  ///< Of 0.03 each, around 0.
  using Histogram = std::array<double, kBins>;
  /// What the logarithms of p10 / p50 and of p90 / p50 are multiplied with.
  struct Widths {
    double below = 1;
    double above = 1;
    bool operator==(const Widths&) const = default;
  };
  /// Which two horizons a prediction lies between, and how near it is to the second.
  struct Between {
    std::size_t first;
    double second_share;
  };
  static Between between(double ahead_s);

  /// `ahead_s` > 0.
  Band at(double ahead_s, std::size_t stays) const;
  /// A prediction of `predicted_s` took `actual_s`; both > 0.
  void learn(double predicted_s, double actual_s, std::size_t stays);

  const Widths& widths() const { return widths_; }
  const Histogram& histogram(std::size_t stays, std::size_t horizon) const { return seen_[stays][horizon]; }

  void restore_widths(const Widths& widths) { widths_ = widths; }
  void restore(std::size_t stays, std::size_t horizon, const Histogram& seen) { seen_[stays][horizon] = seen; }

  /// As those of `Profile`.
  void write(std::string& out) const;
  base::Status read_line(std::string_view line);
  static bool owns(std::string_view line);

 private:
  using Histograms = std::array<std::array<Histogram, kHorizons>, kStays>;

  /// What counts as seen before anything was.
  static const Histogram& prior();
  static double quantile(const Histogram& histogram, double share);
  Histogram blended(double ahead_s, std::size_t stays) const;

  Histograms seen_{};
  Widths widths_;
};

}  // namespace odograph::eta
