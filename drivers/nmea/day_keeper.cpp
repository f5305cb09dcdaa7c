#include "drivers/nmea/day_keeper.h"

namespace odograph::nmea {
namespace {

constexpr std::int32_t kHalfDayMs = 12 * 3'600'000;

}  // namespace

DayKeeper::Utc DayKeeper::resolve(std::int32_t time_ms, const Maybe<std::chrono::sys_days>& date, bool malformed) {
  if (date) {
    day_ = *date;
    guessed_ = false;
  } else if (day_ && time_ms < last_time_ms_ - kHalfDayMs) {
    *day_ += std::chrono::days{1};
    guessed_ = true;
  }
  last_time_ms_ = time_ms;
  const bool uncertain = !date && (malformed || guessed_);
  if (!day_) return {{}, uncertain};
  return {{base::UtcTime{*day_} + base::Millis{time_ms}}, uncertain};
}

}  // namespace odograph::nmea
