#pragma once

#include <cstdint>
#include <optional>

#include "lib/model/record.h"
#include "lib/rules/event_time.h"

namespace odograph::rules {

/// What rules may make of a record: the quality gate lies before all of them.
struct Seen {
  EventTime time;
  const model::Record& record;
  std::optional<model::Position> position;  ///< Sound enough for rules.
  std::optional<std::int32_t> speed_cmps;   ///< As `position`; only together with it.
};

inline constexpr std::int64_t kGateSpeedMaxCmps = 6'944;
inline constexpr std::int64_t kGateAccelerationMaxCmps2 = 1'000;
inline constexpr base::Millis kGatePairMax{10'000};
inline constexpr std::uint32_t kGateRefusalsMax = 2;

/// What the record says of itself: it has a position, the receiver does not call it none (mode 1), and no flag of
/// `model::flag::kUnusable` speaks against it.
bool is_usable(const model::Record& record);

/// A fix that was let through.
struct SoundFix {
  model::Position position;
  std::optional<std::int32_t> speed_cmps;
};

/// Whether a vehicle can have come from `before` to `record`, which has a position, in `since`: not at more than 250
/// km/h, ten metres being noise at any speed, and within `kGatePairMax` not with a change of speed beyond 10 m/s2.
bool is_plausible(const SoundFix& before, base::Millis since, const model::Record& record);

/// Lets through positions that a vehicle can have. A record keeps its place in the stream either way.
///
/// Not let through: what is not usable, and what is not plausible after the last one that was let through. Where three
/// in a row are not plausible, the third is let through, since then it is the one before them that was wrong.
class Gate {
 public:
  Seen look(EventTime time, const model::Record& record);

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    field(archive, self.time_);
    field(archive, self.sound_.position);
    field(archive, self.sound_.speed_cmps);
    field(archive, self.refusals_);
  }

 private:
  std::optional<EventTime> time_;
  SoundFix sound_;  ///< At `time_`.
  std::uint32_t refusals_ = 0;
};

}  // namespace odograph::rules
