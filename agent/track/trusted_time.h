#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/time.h"
#include "lib/model/record.h"

namespace odograph::track {

/// Whether the readings come from devices now, or from a recording that also drives the clock.
enum class Setting { kLive, kReplay };

/// UTC of a boot's time line: utc = boot time + offset.
struct Anchor {
  base::Millis offset{0};
  model::TimeQuality quality = model::TimeQuality::kNone;
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// `time` moved by whole 1024 weeks (the receiver's 10-bit week counter came round) to where it is nearest to
/// `reference`; right as long as the truth lies within 9.8 years of it.
base::UtcTime nearest_week_epoch(base::UtcTime time, base::UtcTime reference);

/// When the boot's time line is which UTC, and how far that may be believed.
///
/// GNSS time is trusted after kGoodFixes good fixes in a row whose UTC steps as the boot's time line does (within
/// kStepTolerance) and whose date is plausible: not before the build date (in a replay: kEarliestRecorded), nor
/// kLifetime behind it. From then on a fix must agree with it within kAgreement; one that does not is `kContradicts`,
/// until good ones have stood by the same other time for kPersistence: then they are believed (anchored anew). A clock
/// that merely drifts is followed by kSlewPerFix. Without GNSS the system's clock serves: `ntp` if it is synchronised,
/// `rtc` if it is not but not before the build date. The quality never falls, and the same quality does not anchor
/// twice, so a system clock that jumps about without being synchronised changes nothing.
class TrustedTime {
 public:
  static constexpr int kGoodFixes = 3;
  static constexpr base::Millis kStepTolerance{200};
  static constexpr base::Millis kAgreement{2000};
  static constexpr base::Millis kPersistence{60'000};
  static constexpr base::Millis kSlewPerFix{1};
  static constexpr base::UtcTime kEarliestRecorded = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};
  static constexpr base::Millis kLifetime = std::chrono::days{30 * 365};

  enum class Standing { kGood, kPoor };
  enum class Fit { kUnknown, kFits, kContradicts };

  struct Verdict {
    Fit fit = Fit::kUnknown;           ///< Unknown: nothing told, or nothing trusted to hold it against.
    std::optional<base::UtcTime> utc;  ///< Once GNSS time is trusted.
    std::optional<Anchor> anchor;      ///< New with this fix; kGnss.
    bool anew = false;                 ///< It replaces a GNSS anchor of before.
  };

  TrustedTime(Setting setting, base::UtcTime build_date) : setting_(setting), build_date_(build_date) {}

  /// `told`: the receiver's time. `kPoor` leaves it out of learning and breaks the row of good fixes.
  Verdict on_fix(base::BootTime received, std::optional<base::UtcTime> told, Standing standing);

  /// An anchor if the wall clock is better than what there was. Ignored in a replay.
  std::optional<Anchor> on_system_clock(base::BootTime now, base::SystemUtc system);

  /// Nothing before GNSS time is trusted.
  std::optional<base::UtcTime> utc_at(base::BootTime time) const;

  /// Whether a receiver may tell this date and be believed.
  bool is_plausible(base::UtcTime told) const;

 private:
  /// Good fixes that agree with each other on the offset.
  struct Run {
    int fixes = 0;
    base::BootTime since;
    base::Millis offset{0};  ///< Of the last one.
  };

  void learn(base::BootTime received, base::UtcTime told, Verdict& verdict);
  void trust(base::Millis offset, Verdict& verdict);

  Setting setting_;
  base::UtcTime build_date_;
  model::TimeQuality quality_ = model::TimeQuality::kNone;
  base::Millis gnss_offset_{0};  ///< With quality kGnss.
  Run row_;                      ///< Until trusted.
  Run other_;                    ///< Of fixes that contradict.
};

}  // namespace odograph::track
