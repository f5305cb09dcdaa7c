#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/model/record.h"
#include "lib/rules/event_time.h"

namespace odograph::rules {

/// Which rule speaks. The numbers are in saved states.
enum class RuleKind : std::uint8_t {
  kTemperature = 1,
  kSensorFault = 2,
  kGeofence = 3,
  kHarshMotion = 4,
  kIdling = 5,
  kOffline = 6,
  kPositionLost = 7,
  kPower = 8,
  kFuel = 9,
  kOffRoute = 10,
  kDelay = 11,
  kAtRisk = 12,
};
inline constexpr std::uint8_t kRuleKindMax = 12;
const char* to_string(RuleKind kind);  ///< "temperature", "sensor_fault", ...: the rule's name in alerts.

/// Why it holds. The numbers are in saved states.
enum class Cause : std::uint8_t {
  kNone = 0,
  kAbove = 1,
  kBelow = 2,
  kMissing = 3,
  kStuck = 4,
  kJump = 5,
  kOutOfRange = 6,
  kInside = 7,
  kOutside = 8,
  kCrossed = 9,
  kAtRest = 10,
  kMoving = 11,
  kNoFix = 12,
  kNoRecords = 13,
  kDrop = 14,
  kWindowPassed = 15,
  kExpectedLate = 16,
};
inline constexpr std::uint8_t kCauseMax = 16;
const char* to_string(Cause cause);  ///< "above", "stuck", ...; "" for kNone.

/// What a word about an alert is. The numbers are those of `odograph.Alert.State`.
enum class Phase : std::uint8_t { kRaised = 1, kUpdated = 2, kCleared = 3 };
const char* to_string(Phase phase);

/// Why an alert was cleared. The numbers are those of `odograph.Alert.Reason`.
enum class Ending : std::uint8_t {
  kNone = 0,
  kRecovered = 1,
  kLeftScope = 2,
  kExpired = 3,
  kSuperseded = 4,
  kTripEnded = 5,
  kArrived = 6,
};
const char* to_string(Ending ending);

/// How steady a condition must be. Durations count what was observed: silences longer than `gap` do not.
struct LifeConfig {
  base::Millis min_duration{0};          ///< Beyond for this long before it is raised.
  std::uint32_t min_count = 0;           ///< Or for so many looks, whichever comes first; 0: by duration alone.
  base::Millis clear_duration{10'000};   ///< Within for this long before it is cleared.
  std::uint32_t clear_count = 0;         ///< As `min_count`.
  base::Millis gap{600'000};             ///< Above 0.
  base::Millis update_interval{60'000};  ///< Worse peaks and severities are told at most once in this time.
  base::Millis reopen{60'000};           ///< Beyond again so soon after it was cleared: the same alert; 0: never.
  std::uint32_t flap_cycles = 3;         ///< So many ends in `flap_window`: the next is held; 0: no guard.
  base::Millis flap_window{600'000};
  base::Millis flap_stable{600'000};  ///< A held alert must have been within for this long.
  base::Millis expiry{86'400'000};    ///< Not looked at for this long: over; 0: never.
  friend bool operator==(const LifeConfig&, const LifeConfig&) = default;
};
inline constexpr std::uint32_t kFlapCyclesMax = 20;

/// Beyond the limit, inside again by the hysteresis, or between the two.
enum class Standing { kWithin, kBetween, kBeyond };

/// What one look at the world says about one condition. Units of the numbers: the rule's.
struct Look {
  EventTime time;
  Standing standing = Standing::kWithin;
  model::Severity severity = model::Severity::kWarning;
  Cause cause = Cause::kNone;
  std::int64_t value = 0;
  std::int64_t limit = 0;
  std::int64_t excess = 0;                 ///< Greater is worse: which `value` is the peak.
  std::optional<base::Millis> required{};  ///< Instead of `min_duration`: more while a door is open, 0 for at once.
  std::optional<EventTime> since{};        ///< Where it is beyond for the first time: it has been since then.
  std::optional<model::Position> position{};
};

/// One word about an alert: raised, updated or cleared. Everything that the words before said is in it.
struct LifeEvent {
  RuleKind rule = RuleKind::kTemperature;
  std::string scope;  ///< The sensor, fence or stop; 0..64 characters.
  std::string unit;   ///< Of the next three.
  int decimals = 0;   ///< value / 10^decimals.
  Phase phase = Phase::kRaised;
  std::uint32_t revision = 1;
  model::Severity severity = model::Severity::kWarning;
  Cause cause = Cause::kNone;
  Ending ending = Ending::kNone;
  bool flapping = false;
  EventTime start;
  EventTime time;  ///< At which it was decided.
  EventTime end;   ///< kCleared: from then on it was within.
  EventTime peak_time;
  std::int64_t value = 0;
  std::int64_t limit = 0;  ///< Which `peak` is beyond.
  std::int64_t peak = 0;
  std::optional<model::Position> position;
  std::optional<model::Position> peak_position;
  friend bool operator==(const LifeEvent&, const LifeEvent&) = default;
};

/// How long something has held, as far as it was observed; a part of Life.
struct LifeStretch {
  EventTime first;
  base::Millis observed{0};
  std::uint32_t count = 1;

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    field(archive, self.first);
    field(archive, self.observed);
    field(archive, self.count);
  }
};

/// What the next word about an alert repeats; a part of Life.
struct LifeEpisode {
  EventTime start;
  model::Severity severity = model::Severity::kInfo;
  Cause cause = Cause::kNone;
  bool flapping = false;
  std::uint32_t revision = 0;
  std::int64_t value = 0;
  std::int64_t limit = 0;
  std::int64_t peak = 0;
  std::int64_t excess = std::numeric_limits<std::int64_t>::min();
  EventTime peak_time;
  std::optional<model::Position> peak_position;
  EventTime told_at;
  std::int64_t told_excess = 0;
  model::Severity told_severity = model::Severity::kInfo;

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    field(archive, self.start);
    field(archive, self.severity);
    field(archive, self.cause);
    field(archive, self.flapping);
    field(archive, self.revision);
    field(archive, self.value);
    field(archive, self.limit);
    field(archive, self.peak);
    field(archive, self.excess);
    field(archive, self.peak_time);
    field(archive, self.peak_position);
    field(archive, self.told_at);
    field(archive, self.told_excess);
    field(archive, self.told_severity);
  }
};

/// The life of one condition's alerts, one after the other: normal, pending (beyond, not yet for `min_duration`),
/// active, clearing. Looks come in order of time, equal times included; one that lies before the newest leaves no
/// trace.
///
/// - Raised with the look at which it was decided; its start is the first look of the stretch. A look that is not
/// beyond
///   ends a pending stretch.
/// - Updated when the peak or the severity grew and the last word lies `update_interval` back. Severity never falls.
/// - Cleared with the look at which it had been within for `clear_duration`; a look that is not within starts that
/// over.
/// - Beyond again within `reopen` of a clearing: the same alert is updated, under its id and next revision.
/// - No start is used twice: a stretch that would date back to the start of the alert before, or further, starts with
///   its first look; where that has the same time, the alert before goes on as if reopened. What names an alert by its
///   start and a word by its revision never says two things under one name.
/// - The flap guard: raised after `flap_cycles` clearings in `flap_window`, it is told as flapping and cleared only
/// after
///   `flap_stable` within.
class Life {
 public:
  void on(const LifeConfig& config, const Look& look, std::vector<LifeEvent>& told);

  /// Ends it now, whatever its looks say; what was pending is forgotten, and what might reopen does not. `time` before
  /// its newest look counts as that.
  void end(EventTime time, Ending ending, std::vector<LifeEvent>& told);

  /// What the word of the coming `end` gives as the value.
  void set_value(std::int64_t value);

  bool active() const { return active_; }
  /// Of the episode that is pending or active.
  std::optional<EventTime> since() const { return episode_ ? std::optional(episode_->start) : std::nullopt; }
  std::optional<EventTime> newest() const { return newest_; }
  /// As good as new: a fresh one would say the same from here on.
  bool blank() const { return !episode_ && !closed_ && ends_.empty(); }
  /// As good as new for looks that come at `now` or later and do not date back.
  bool spent(const LifeConfig& config, EventTime now) const;
  /// Of the alert that was told last, once it is over.
  std::optional<EventTime> closed_start() const { return closed_ ? std::optional(closed_->start) : std::nullopt; }

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    field(archive, self.newest_);
    field(archive, self.active_);
    field(archive, self.beyond_);
    field(archive, self.within_);
    field(archive, self.episode_);
    field(archive, self.closed_);
    field(archive, self.closed_at_);
    field(archive, self.ends_);
  }

 private:
  using Held = LifeStretch;
  using Episode = LifeEpisode;
  /// As `closed_at_`: so long ago that nothing is reopened. Sums with it stay in range.
  static constexpr EventTime kNever{base::Millis{-(std::int64_t{1} << 55)}};

  bool reopens(const LifeConfig& config) const;
  void absorb(const Look& look);
  void raise(const LifeConfig& config, const Look& look, std::vector<LifeEvent>& told);
  void while_active(const LifeConfig& config, const Look& look, base::Millis since, std::vector<LifeEvent>& told);
  void close(const LifeConfig& config, EventTime time);
  LifeEvent tell(Phase phase, EventTime time, const std::optional<model::Position>& position);

  std::optional<EventTime> newest_;
  bool active_ = false;
  std::optional<Held> beyond_;
  std::optional<Held> within_;
  std::optional<Episode> episode_;
  std::optional<Episode> closed_;  ///< The last one that was told: its start and revisions are used up.
  EventTime closed_at_;
  std::vector<EventTime> ends_;  ///< At most `flap_cycles`.
};

}  // namespace odograph::rules
