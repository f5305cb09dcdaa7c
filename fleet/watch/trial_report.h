#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/public/alert.pb.h"

namespace odograph::watch {

/// What rules would have raised, for people: a table by rule and vehicle, then alert by alert.
class TrialReport {
 public:
  static constexpr std::size_t kAlertsMax = 100'000;  ///< Beyond it they are only counted.
  static constexpr std::size_t kLinesMax = 200;       ///< Alerts that are printed one by one.

  /// A revision of an alert.
  void take(const odograph::Alert& alert);

  void print(std::ostream& out) const;

  std::size_t alerts() const { return alerts_.size() + left_out_; }

 private:
  /// Of one rule and vehicle.
  struct Sum {
    std::uint64_t raised = 0;
    std::uint64_t open = 0;
    std::int64_t longest_s = 0;
    std::int64_t total_s = 0;
    double worst = 0;
    std::string unit;
  };
  std::map<std::pair<std::string, std::string>, Sum> sums() const;

  std::vector<odograph::Alert> alerts_;        ///< The newest revision of each, in the order of their raising.
  std::map<std::string, std::size_t> places_;  ///< By alert id.
  std::uint64_t left_out_ = 0;
};

}  // namespace odograph::watch
