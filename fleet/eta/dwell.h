#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fleet/eta/trip.h"
#include "lib/base/result.h"

namespace odograph::eta {

/// How long vehicles stand at their stops, learnt as the ratio to what was planned: a log-normal spread of all stops,
/// and the middle of each stop that is served again and again, shrunk to that of all.
class Dwell {
 public:
  /// Observations of the logarithm of a ratio.
  struct Known {
    double count = 0;
    double sum = 0;
    double squares = 0;
    bool operator==(const Known&) const = default;
  };

  static constexpr std::size_t kStopsKnownMax = 100'000;

  /// The median, seconds.
  double expected_s(const PlannedStop& stop) const;
  /// The median of what is left after `stood_s` at it.
  double remaining_s(const PlannedStop& stop, double stood_s) const;
  /// The vehicle stood there for `observed_s`. Beyond `kStopsKnownMax` stops only the spread of all is learnt.
  void learn(const PlannedStop& stop, double observed_s);

  const Known& all() const { return all_; }
  const Known* find(const std::string& stop_id) const;  ///< Null where nothing was learnt.

  void restore_all(const Known& known) { all_ = known; }
  void restore(const std::string& stop_id, const Known& known);

  /// As those of `Profile`.
  void write(std::string& out) const;
  base::Status read_line(std::string_view line);
  static bool owns(std::string_view line);

 private:
  double middle(const PlannedStop& stop) const;
  double spread() const;

  Known all_;
  std::unordered_map<std::string, Known> stops_;
};

}  // namespace odograph::eta
