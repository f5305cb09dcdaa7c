#pragma once

#include <chrono>
#include <cstdint>

#include "drivers/nmea/maybe.h"
#include "lib/base/time.h"

namespace odograph::nmea {

/// Puts a day to times of day: most sentences tell the time only, RMC and ZDA the date too.
class DayKeeper {
 public:
  struct Utc {
    Maybe<base::UtcTime> time;  ///< Nothing before any date was told.
    bool uncertain = false;
  };

  /// One instant, in the order in which they are told. `time_ms` of the day; `date` where a sentence of that instant
  /// told it, `malformed` if it told one that no calendar has.
  ///
  /// A told date is taken as it is. Without one, the last day holds; a time of day more than twelve hours before the
  /// one before means that midnight has passed. After that, and after a malformed date, the time is uncertain until a
  /// date is told again.
  Utc resolve(std::int32_t time_ms, const Maybe<std::chrono::sys_days>& date, bool malformed);

  /// A date was told before.
  bool knows_day() const { return day_.has_value(); }

 private:
  Maybe<std::chrono::sys_days> day_;
  bool guessed_ = false;  ///< `day_` was counted on from the day before, or the receiver told another that was none.
  std::int32_t last_time_ms_ = 0;
};

}  // namespace odograph::nmea
