#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace odograph::base {

using Millis = std::chrono::milliseconds;

/// The time line of CLOCK_BOOTTIME: never steps, counts through suspend, starts near zero at power-on.
/// In a replay it is driven by the recording. It has no `now()`: time comes in through a `Clock`.
struct BootTimeline {
  using duration = Millis;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootTimeline>;
  static constexpr bool is_steady = true;
};
using BootTime = BootTimeline::time_point;

/// UTC in milliseconds since 1970-01-01, leap seconds not counted.
using UtcTime = std::chrono::sys_time<Millis>;

/// RFC 3339 in UTC with milliseconds: "2010-04-03T11:22:25.844Z".
std::string to_rfc3339(UtcTime time);

/// Reads RFC 3339 with an optional fraction (further digits than ms are cut) and `Z` or an offset; nothing if `text` is
/// not a whole date and time, or not a real one (month 13, 30 February, second 61).
std::optional<UtcTime> from_rfc3339(std::string_view text);

/// The system's wall clock as far as it may be believed.
struct SystemUtc {
  UtcTime time;
  bool synchronised = false;  ///< The kernel says that NTP or the like disciplines it (adjtimex).
};

/// Where the time comes from. `RealClock` on the vehicle, `VirtualClock` in a replay and in tests.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual BootTime boot_now() const = 0;
  /// Nothing where no wall clock is to be had (a replay: its time is the recording's).
  virtual std::optional<SystemUtc> utc_now() const = 0;
};

/// CLOCK_BOOTTIME, CLOCK_REALTIME and adjtimex. Any thread.
class RealClock final : public Clock {
 public:
  BootTime boot_now() const override;
  std::optional<SystemUtc> utc_now() const override;
};

/// Stands still until it is told to move; not thread-safe.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(BootTime start = BootTime{}) : now_(start) {}
  BootTime boot_now() const override { return now_; }
  std::optional<SystemUtc> utc_now() const override { return utc_; }
  /// Moves forward; a time that lies behind is ignored, as CLOCK_BOOTTIME never steps back.
  void advance_to(BootTime time) {
    if (time > now_) now_ = time;
  }
  void advance(Millis by) { now_ += by; }
  void set_utc(std::optional<SystemUtc> utc) { utc_ = utc; }

 private:
  BootTime now_;
  std::optional<SystemUtc> utc_;
};

}  // namespace odograph::base
