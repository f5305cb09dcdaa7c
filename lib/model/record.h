#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/model/reading.h"

namespace odograph::model {

/// Service order is the order of the numbers. The numbers are on the wire.
enum class Lane : std::uint8_t {
  kAlert = 1,  ///< Rule events of severity warning and up, panic.
  kEvent = 2,  ///< Other rule events, ignition, doors, faults, boot and loss records.
  kBulk = 3,   ///< Positions and signals.
  kLive = 4,   ///< Preview while bulk is behind: not stored, not numbered, never de-duplicated.
};
inline constexpr std::array kStoredLanes = {Lane::kAlert, Lane::kEvent, Lane::kBulk};
const char* to_string(Lane lane);  ///< "alert", "event", "bulk", "live".

/// How far the UTC of a record may be believed; better ones are greater. The numbers are on the wire.
enum class TimeQuality : std::uint8_t { kNone = 0, kRtc = 1, kNtp = 2, kGnss = 3 };
const char* to_string(TimeQuality quality);

/// Bits of `Record::flags`. Gates flag; they never drop or alter. The numbers are on the wire.
namespace flag {
inline constexpr std::uint32_t kBackstamped = 1U << 0;     ///< Made before the time was known, stamped afterwards.
inline constexpr std::uint32_t kReplayed = 1U << 1;        ///< From a recording.
inline constexpr std::uint32_t kHdopWarn = 1U << 2;        ///< HDOP above the warning gate (default 5).
inline constexpr std::uint32_t kHdopBad = 1U << 3;         ///< HDOP above the quality gate (default 10).
inline constexpr std::uint32_t kJump = 1U << 4;            ///< Implied speed since the last fix is implausible.
inline constexpr std::uint32_t kLatched = 1U << 5;         ///< The receiver repeats an old instant.
inline constexpr std::uint32_t kEstimated = 1U << 6;       ///< Dead reckoning.
inline constexpr std::uint32_t kSimulated = 1U << 7;       ///< The receiver is in simulator or manual mode.
inline constexpr std::uint32_t kTimeUncertain = 1U << 8;   ///< The receiver's time does not fit the trusted time.
inline constexpr std::uint32_t kAltitudeOdd = 1U << 9;     ///< Outside -500..9000 m.
inline constexpr std::uint32_t kTimeBackwards = 1U << 10;  ///< The fix's time lies at or before the one before it.
inline constexpr std::uint32_t kWeekRepaired = 1U << 11;   ///< 1024 weeks were added to the receiver's date.
/// What rules and sampling take as "do not use this position".
inline constexpr std::uint32_t kUnusable = kHdopBad | kJump | kLatched | kSimulated | kTimeUncertain | kTimeBackwards;
}  // namespace flag

/// Bits of `Record::reason`: why the sampler kept it. The numbers are on the wire.
namespace reason {
inline constexpr std::uint32_t kFirst = 1U << 0;
inline constexpr std::uint32_t kTime = 1U << 1;
inline constexpr std::uint32_t kDistance = 1U << 2;
inline constexpr std::uint32_t kAngle = 1U << 3;
inline constexpr std::uint32_t kSpeed = 1U << 4;
inline constexpr std::uint32_t kEvent = 1U << 5;
inline constexpr std::uint32_t kFixChange = 1U << 6;  ///< A fix was lost or came back.
inline constexpr std::uint32_t kRest = 1U << 7;       ///< The slower rate at rest.
inline constexpr std::uint32_t kAll = 1U << 8;        ///< Sampling is set to keep everything.
}  // namespace reason

enum class EventKind : std::uint8_t { kOverspeed = 1, kPanic = 2, kFault = 3, kBoot = 4, kLoss = 5 };
enum class EventPhase : std::uint8_t { kInstant = 0, kStart = 1, kUpdate = 2, kEnd = 3 };
enum class Severity : std::uint8_t { kInfo = 0, kMinor = 1, kWarning = 2, kMajor = 3, kCritical = 4 };
/// Why an episode ended.
enum class EndReason : std::uint8_t { kNone = 0, kRecovered = 1, kLeftScope = 2, kExpired = 3 };
const char* to_string(EventKind kind);
const char* to_string(EventPhase phase);
const char* to_string(Severity severity);
const char* to_string(EndReason reason);

/// A rule's word, told with the record at which it was decided. Times are told as "this long before the record's own
/// time", so that they hold whatever UTC the boot turns out to have had.
struct RuleEvent {
  EventKind kind = EventKind::kOverspeed;
  EventPhase phase = EventPhase::kInstant;
  Severity severity = Severity::kInfo;
  EndReason end_reason = EndReason::kNone;
  std::string scope;          ///< The zone's id; empty for the vehicle's own limit.
  base::Millis start_ago{0};  ///< The episode's first fix above the limit.
  base::Millis end_ago{0};    ///< kEnd only: the first fix below that stayed below.
  base::Millis peak_ago{0};
  std::int32_t value_cmps = 0;  ///< At this record.
  std::int32_t limit_cmps = 0;
  std::int32_t peak_cmps = 0;
  Position peak_position;
  std::optional<Position> position;  ///< At this record: the record itself comes without the fix.
  friend bool operator==(const RuleEvent&, const RuleEvent&) = default;
};

/// Last number given in each stored lane of a boot; 0 where none was.
struct LaneEnds {
  std::uint32_t alert = 0;
  std::uint32_t event = 0;
  std::uint32_t bulk = 0;
  friend bool operator==(const LaneEnds&, const LaneEnds&) = default;
};

/// The first event record of a boot: lets the fleet tell a missing tail from a loss.
struct BootReport {
  std::string agent_version;
  std::uint32_t previous_boot = 0;  ///< 0 for the first boot of a stream.
  bool previous_clean = false;      ///< The boot before ended by an orderly stop.
  LaneEnds previous_ends;           ///< Durable numbers of the boot before.
  friend bool operator==(const BootReport&, const BootReport&) = default;
};

/// The numbers are on the wire.
enum class LossReason : std::uint8_t {
  kEvictedSpace = 1,
  kEvictedBudget = 2,
  kThinned = 3,
  kCorrupt = 4,
  kRingFull = 5
};
const char* to_string(LossReason reason);  ///< "evicted_space", ...

/// Records that will never come, and why. With `thinned` the numbers are those of the runs that were thinned, both ends
/// among what is left of them: `count` of the records between them are gone.
struct LossReport {
  Lane lane = Lane::kBulk;
  std::uint32_t boot = 0;
  std::uint32_t first_n = 0;  ///< 0 with `ring_full`: those records never had a number.
  std::uint32_t last_n = 0;
  std::uint64_t count = 0;
  LossReason reason = LossReason::kEvictedSpace;
  /// Before the loss record's own time. Nothing, both, where nobody knows: of another boot, and nothing relates its
  /// time to the running one's; or of a file that is gone or broken.
  std::optional<base::Millis> first_ago{};
  std::optional<base::Millis> last_ago{};
  /// `thinned`: no position that is gone is farther (metres) from where the straight line in time between its
  /// neighbours that are left leads; of all that was ever left out there, and rounded up.
  std::int32_t error_m = 0;
  friend bool operator==(const LossReport&, const LossReport&) = default;
};

/// What is kept of one instant.
struct Record {
  std::uint32_t n = 0;  ///< From 1, dense per lane and boot; given when the record is committed.
  /// When it was read, on this boot's time line. Absent in a message whose `utc` is known.
  std::optional<base::BootTime> boot_time;
  /// The record's own UTC where it was known as the record was made, else put in from the boot's anchor.
  std::optional<base::UtcTime> utc;
  TimeQuality time_quality = TimeQuality::kNone;
  std::uint32_t flags = 0;
  std::uint32_t reason = 0;
  std::optional<FixMode> mode;  ///< Present exactly when a receiver told an epoch.
  std::optional<Position> position;
  std::optional<std::int32_t> alt_cm;
  std::optional<std::int32_t> speed_cmps;
  std::optional<std::int32_t> course_cdeg;
  std::optional<std::int32_t> hdop_centi;
  std::optional<std::int32_t> satellites;
  std::vector<Signal> signals;
  std::optional<RuleEvent> event;
  std::optional<BootReport> boot;
  std::optional<LossReport> loss;
  friend bool operator==(const Record&, const Record&) = default;
};

/// `boot << 32 | n`: the identity of a record within (vehicle, stream, lane).
constexpr std::uint64_t sequence(std::uint32_t boot, std::uint32_t n) {
  return static_cast<std::uint64_t>(boot) << 32 | n;
}

}  // namespace odograph::model
