#include "drivers/nmea/day_keeper.h"

namespace odograph::nmea {
namespace {

constexpr std::int32_t kHalfDayMs = 12 * 3'600'000;

}  // namespace

DayKeeper::Utc DayKeeper::resolve(std::int32_t time_ms, const Maybe<std::chrono::sys_days>& date, bool malformed) {
  if (date) {
    day_ = *date;
    guessed_ = false;
  } else {
    // The receiver meant some day by a malformed date, and nobody knows whether it was this one.
    if (malformed) guessed_ = true;
    if (day_ && time_ms < last_time_ms_ - kHalfDayMs) {
      *day_ += std::chrono::days{1};
      guessed_ = true;
    }
  }
  last_time_ms_ = time_ms;
  if (!day_) return {{}, guessed_};
  return {{base::UtcTime{*day_} + base::Millis{time_ms}}, guessed_};
}

}  // namespace odograph::nmea
