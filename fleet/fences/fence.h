#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/model/record.h"
#include "lib/rules/rule_config.h"

namespace odograph::fences {

/// Fences that geofences-topic may hold. Each one that concerns a vehicle takes 170 B of memory there, 33 B of its
/// saved state, and 0.2 us of each of its records.
inline constexpr std::size_t kFencesMax = 500;
/// Of one fence: what is older than the oldest of them is told by none.
inline constexpr std::size_t kVersionsMax = 20;
/// Vehicles, and groups, that one version names.
inline constexpr std::size_t kNamesMax = 1'000;
inline constexpr std::size_t kIdBytesMax = 64;
/// How far ahead of the clock a version has to begin, so that all processors know it before records of its time come.
inline constexpr base::Millis kAhead{60'000};
/// For how long a fence that ended is kept: no backlog is older.
inline constexpr base::Millis kKeptAfterEnd{30LL * 24 * 3'600'000};

inline constexpr base::Millis kDurationMax{7LL * 24 * 3'600'000};
inline constexpr std::uint32_t kCountMax = 1'000;
inline constexpr std::int32_t kHysteresisMMax = 1'000'000;

/// Alerts while a vehicle is inside, or outside: what `[[rule]]` of the kind geofence says, with the same defaults.
struct FenceAlert {
  rules::GeofenceConfig::When when = rules::GeofenceConfig::When::kInside;
  model::Severity severity = model::Severity::kInfo;
  std::int32_t hysteresis_m = 25;
  base::Millis crossing{120'000};
  rules::LifeConfig life{
      .min_duration = base::Millis(15'000), .min_count = 2, .clear_duration = base::Millis(15'000), .clear_count = 2};
  std::vector<std::string> vehicles{};
  std::vector<std::string> groups{};
  friend bool operator==(const FenceAlert&, const FenceAlert&) = default;
};

/// What holds from a time on, until the next version.
struct FenceVersion {
  base::UtcTime valid_from{};
  std::optional<rules::Fence> area;  ///< Under the fence's id; absent: it has ended.
  std::optional<FenceAlert> alert;   ///< Only with an area; absent: an area for the rules that name it.
  friend bool operator==(const FenceVersion&, const FenceVersion&) = default;
};

/// True where two versions say the same, whenever they begin.
inline bool says_the_same(const FenceVersion& a, const FenceVersion& b) {
  return a.area == b.area && a.alert == b.alert;
}

/// One fence through time: a message of geofences-topic.
struct FenceRow {
  std::string id;                      ///< 1..kIdBytesMax bytes.
  std::vector<FenceVersion> versions;  ///< 1..kVersionsMax, by `valid_from`, no two with the same.
  friend bool operator==(const FenceRow&, const FenceRow&) = default;
};

}  // namespace odograph::fences
