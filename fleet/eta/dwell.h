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
///
/// What `others` have learnt: as in `Profile`.
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

  const Known& all() const { return own_.all; }
  const Known* find(const std::string& stop_id) const;  ///< Null where nothing was learnt.

  void restore_all(const Known& known) { own_.all = known; }
  void restore(const std::string& stop_id, const Known& known) { put(own_, stop_id, known); }
  void set_others_all(const Known& known) { others_.all = known; }
  void set_others(const std::string& stop_id, const Known& known) { put(others_, stop_id, known); }

  /// As those of `Profile`.
  void write(std::string& out) const;
  base::Status read_line(std::string_view line);
  static bool owns(std::string_view line);

 private:
  struct Store {
    Known all;
    std::unordered_map<std::string, Known> stops;
  };
  static void put(Store& store, const std::string& stop_id, const Known& known);
  Known all_of_both() const;
  double middle(const PlannedStop& stop) const;
  double spread() const;

  Store own_;
  Store others_;
};

}  // namespace odograph::eta
