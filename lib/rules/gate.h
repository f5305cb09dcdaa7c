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

/// Lets through positions that a vehicle can have. A record keeps its place in the stream either way.
///
/// Not let through: a flag of `model::flag::kUnusable`; more than 250 km/h from the last position that was let through,
/// or a speed that more than 10 m/s2 would have brought about within `kPairMax`. Where three in a row fail the last
/// two, the third is let through, since then it is the one before them that was wrong.
class Gate {
 public:
  static constexpr std::int64_t kSpeedMaxCmps = 6'944;
  static constexpr std::int64_t kAccelerationMaxCmps2 = 1'000;
  static constexpr base::Millis kPairMax{10'000};
  static constexpr std::uint32_t kRefusalsMax = 2;

  Seen look(EventTime time, const model::Record& record);

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    field(archive, self.time_);
    field(archive, self.position_);
    field(archive, self.speed_cmps_);
    field(archive, self.refusals_);
  }

 private:
  bool plausible(EventTime time, const model::Record& record) const;

  std::optional<EventTime> time_;
  model::Position position_;
  std::optional<std::int32_t> speed_cmps_;
  std::uint32_t refusals_ = 0;
};

}  // namespace odograph::rules
