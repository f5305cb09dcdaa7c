#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/model/record.h"

namespace odograph::rules {

/// Event time in ms on any one time line (UTC in the fleet, boot time on the vehicle); only differences matter.
using EventTime = std::chrono::time_point<base::BootTimeline, base::Millis>;

/// A polygon with a limit of its own. Its border belongs to it.
struct Zone {
  std::string id;                         ///< 1..64 characters; the scope of its alerts.
  std::int32_t limit_cmps = 0;
  std::vector<model::Position> outline;   ///< 3..1000 corners, closed by itself; must not cross the date line.
};

/// Inside or on the border; exact integer arithmetic.
bool contains(const Zone& zone, const model::Position& position);

struct SpeedLimitConfig {
  std::optional<std::int32_t> limit_cmps;      ///< The vehicle's own; absent: only zones have limits.
  std::vector<Zone> zones;                     ///< Inside a zone its limit replaces the vehicle's; of several, the lowest.
  std::int32_t hysteresis_cmps = 83;           ///< 3 km/h; cleared below limit - hysteresis.
  base::Millis min_duration{0};                ///< Held that long before it is raised.
  base::Millis clear_duration{10'000};         ///< Below that long before it is ended.
  base::Millis gap{60'000};                    ///< A longer silence counts for neither duration.
  base::Millis update_interval{60'000};        ///< At most one update in this time while the peak grows.
  bool accuracy_gate = true;                   ///< Leave out records with a flag of model::flag::kUnusable.
};

/// Hash of everything that changes the outcome; never 0. Equal configurations give equal hashes on every machine.
std::uint64_t rule_set_hash(const SpeedLimitConfig& config);

/// Nothing but what is wrong with it (`kStop`).
base::Status validate(const SpeedLimitConfig& config);

/// The overspeed rule of one vehicle. Feed records in order; records older than the newest seen, without position or
/// speed, or gated, neither raise nor clear. Deterministic: the same records give the same events, on the vehicle and
/// in the fleet.
class SpeedLimit {
 public:
  explicit SpeedLimit(SpeedLimitConfig config);

  /// At most one end (of the scope that was left or recovered) and one start or update come of a record.
  std::vector<model::RuleEvent> on_record(EventTime time, const model::Record& record);
  // Implementation members follow.
};

}  // namespace odograph::rules
