#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/model/record.h"
#include "lib/rules/event_time.h"

namespace odograph::rules {

inline constexpr std::size_t kZonesMax = 1000;
inline constexpr std::size_t kCornersMax = 1000;  ///< Of one zone.
inline constexpr std::size_t kZoneIdCharsMax = 64;

/// A polygon with a limit of its own. Its border belongs to it. Where its sides cross each other, what lies inside an
/// even number of its loops is outside.
struct Zone {
  std::string id;  ///< 1..64 characters; the scope of its alerts.
  std::int32_t limit_cmps = 0;
  std::vector<model::Position> outline;  ///< 3..1000 corners, closed by itself; must not cross the date line.
};

/// Inside or on the border; exact integer arithmetic on the plane of latitude and longitude. The zone's corners must be
/// positions of this planet (`validate`); `position` may be anything, and off this planet it is inside of nothing.
bool contains(const Zone& zone, const model::Position& position);

struct SpeedLimitConfig {
  std::optional<std::int32_t> limit_cmps;  ///< The vehicle's own; absent: only zones have limits.
  std::vector<Zone> zones;                 ///< Inside one its limit replaces the vehicle's; of several, the lowest.
  std::int32_t hysteresis_cmps = 83;       ///< 3 km/h; cleared below limit - hysteresis.
  base::Millis min_duration{0};            ///< Held that long before it is raised.
  base::Millis clear_duration{10'000};     ///< Below that long before it is ended.
  base::Millis gap{60'000};                ///< A longer silence counts for neither duration.
  base::Millis update_interval{60'000};    ///< At most one update in this time while the peak grows.
  bool accuracy_gate = true;               ///< Leave out what is not usable or not plausible (lib/rules/gate.h).
};

/// Hash of everything that changes the outcome; never 0. Equal configurations give equal hashes on every machine; the
/// order of the zones does not matter, as it does not for the rule.
std::uint64_t rule_set_hash(const SpeedLimitConfig& config);

/// Nothing, or the first thing that is wrong with it (`kStop`): a limit that is not above 0, hysteresis outside
/// 0..limit-1 of any limit, negative durations, a gap of 0, too many zones, an id that is empty, too long or used
/// twice, corners too few, too many, off the planet or on both sides of the date line.
base::Status validate(const SpeedLimitConfig& config);

/// Records that one after the other meet one condition; silences longer than `gap` do not count as observed.
struct Stretch {
  EventTime first;
  base::Millis observed{0};
};

/// What `SpeedLimit` remembers from the first record above the limit on; pending until it is active.
struct Episode {
  Stretch above;
  bool active = false;
  EventTime peak_time;
  std::int32_t peak_cmps = 0;
  model::Position peak_position;
  EventTime last_told;
  std::int32_t told_peak_cmps = 0;
  std::optional<Stretch> below;  ///< While it is clearing.
};

/// All that a `SpeedLimit` knows between two records; with its configuration, and nothing else, it goes on from there.
struct SpeedLimitMemory {
  enum class Scope { kNowhere, kVehicle, kZone } scope = Scope::kNowhere;
  std::string zone_id;  ///< With kZone.
  std::optional<EventTime> newest;
  std::optional<Episode> episode;
  model::Position sound_position;  ///< At `newest`: what the accuracy gate goes by.
  std::int32_t sound_cmps = 0;
  std::uint32_t refusals = 0;  ///< Since then.
};

/// The overspeed rule of one vehicle: normal, pending (above, not yet for `min_duration`), active, clearing.
///
/// Feed records in order. A record counts if it has position and speed, is newer than the last one that counted, and,
/// with the accuracy gate, is usable (lib/rules/gate.h); all others neither raise nor clear, and leave no trace (nor
/// does a record with speed but no position, even where there are no zones: a void fix is a void fix). With the
/// accuracy gate it also has to be plausible after the last one that counted, or the third in a row that is not; one
/// that is refused is only counted. Deterministic: the same records give the same events, on the vehicle and in the
/// fleet.
///
/// - Start: told with the record at which it was decided: speed > limit has been observed for `min_duration` (0: the
///   first such record). `start_ago` leads to the first record above.
/// - Update: the peak grew (and with it perhaps the severity) and the last start or update lies `update_interval` back.
/// - End, kRecovered: speed < limit - hysteresis has been observed for `clear_duration`; `end_ago` leads to the first
///   record below. A record not below starts the clearing over.
/// - End, kLeftScope: the first record in another scope; `end_ago` is 0. The new scope starts afresh.
/// The scope is the zone with the lowest limit that holds the position (equal limits: the first by id), else the
/// vehicle (""). Severity follows the peak: warning, from +20 % over the limit major, from +40 % critical.
///
/// Not thread-safe. Copies share the configuration: make one per configuration, copy it for each vehicle.
class SpeedLimit {
 public:
  /// `config` must be valid (`validate`).
  explicit SpeedLimit(SpeedLimitConfig config);

  /// At most one end (of the scope that was left or recovered) and one start or update come of a record.
  std::vector<model::RuleEvent> on_record(EventTime time, const model::Record& record);

  SpeedLimitMemory memory() const;
  /// Goes on where `memory` ended. `kDrop`, and nothing is changed, if it is in a scope that this configuration does
  /// not have.
  base::Status recall(const SpeedLimitMemory& memory);

 private:
  struct Rules;

  /// Where the limit in force comes from: an index into the zones, or one of these.
  static constexpr std::ptrdiff_t kNowhere = -2;
  static constexpr std::ptrdiff_t kVehicle = -1;

  std::ptrdiff_t scope_at(const model::Position& position) const;
  std::int32_t limit_cmps() const;
  std::optional<model::RuleEvent> in_scope(EventTime time, const model::Record& record);
  std::optional<model::RuleEvent> while_active(EventTime time, const model::Record& record);
  bool is_let_through(EventTime time, const model::Record& record);
  void extend(Stretch& stretch, EventTime time) const;
  model::RuleEvent tell(model::EventPhase phase, EventTime time, const model::Record& record);

  std::shared_ptr<const Rules> rules_;
  std::ptrdiff_t scope_ = kNowhere;
  std::optional<EventTime> newest_;
  std::optional<Episode> episode_;
  model::Position sound_position_;  ///< With the speed, at `newest_`.
  std::int32_t sound_cmps_ = 0;
  std::uint32_t refusals_ = 0;
};

}  // namespace odograph::rules
