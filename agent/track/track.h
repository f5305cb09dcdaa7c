#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/track/jump_filter.h"
#include "agent/track/trusted_time.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/model/reading.h"
#include "lib/model/record.h"

namespace odograph::track {

/// Most signals that wait for a record; a value of one more is counted and left out.
inline constexpr std::size_t kSignalsMax = 1024;
/// Bits of `model::Record::flags` that exist.
inline constexpr std::size_t kFlagCount = 12;

enum class WeekRepair { kAuto, kOff };

struct Config {
  Setting setting = Setting::kLive;
  WeekRepair week_repair = WeekRepair::kAuto;  ///< Of the receiver's date; always off in a replay.
  base::UtcTime build_date;                    ///< Of this program: no live date lies before it.
  std::int32_t hdop_warn_centi = 500;          ///< Flagged above it, 1..8999.
  std::int32_t hdop_bad_centi = 1000;          ///< Flagged as unusable above it, hdop_warn_centi..8999.
};

/// Nothing but what is wrong with it (`kStop`).
base::Status validate(const Config& config);

/// What became of one fix.
struct Tracked {
  model::Record record;
  /// The boot's time line became known, or better known, or (GNSS only) known anew.
  std::optional<Anchor> anchor;
};

struct Counters {
  std::uint64_t fixes = 0;
  std::uint64_t void_fixes = 0;
  std::uint64_t re_anchored = 0;                    ///< The receiver stood by another time until it was believed.
  std::uint64_t signals_left_out = 0;               ///< More than kSignalsMax at once.
  std::array<std::uint64_t, kFlagCount> flagged{};  ///< By bit of model::flag.
};

/// Turns what the receiver tells into records: translates units, sets the flags, finds the trusted time. It flags; it
/// never drops or alters a position.
///
/// Time: a record carries its own `utc` once GNSS time is trusted (see TrustedTime): the fix's time where it fits, else
/// the trusted time of the moment at which it was read. Records made before that carry none and wait for the anchor.
///
/// One object per vehicle, fed by one receiver; loop thread only.
class Track {
 public:
  /// `config` must be valid (`validate`).
  explicit Track(const Config& config);

  /// `received`: on the boot's time line; in a replay it must follow the steps of the recording's own time. `system`:
  /// the wall clock now, nothing in a replay. Always gives a record, a void fix one without position.
  Tracked on_fix(base::BootTime received, const model::Fix& fix, std::optional<base::SystemUtc> system);

  /// The wall clock alone: where no receiver speaks, call it once a second.
  std::optional<Anchor> on_system_clock(base::BootTime now, std::optional<base::SystemUtc> system);

  /// Remembered until a record takes it; a newer value of the same signal replaces it.
  void on_signal(const model::Signal& signal);

  /// Moves the signals that came since the last such call into `record`. For records that are kept: those of a record
  /// that the sampler skips would be lost.
  void attach_signals(model::Record& record);

  /// For the sampling tick of sources that tell signals but no fixes: a record of `now` with the signals that wait, or
  /// nothing if none do.
  std::optional<model::Record> flush_signals(base::BootTime now);

  const Counters& counters() const { return counters_; }

 private:
  std::uint32_t quality_flags(const model::Fix& fix) const;
  std::optional<base::UtcTime> repaired(const model::Fix& fix, std::optional<base::SystemUtc> system) const;
  void stamp(Tracked& tracked, const model::Fix& fix, std::optional<base::UtcTime> told);
  void count(const model::Record& record);

  Config config_;
  TrustedTime trusted_time_;
  JumpFilter jump_filter_;
  std::optional<base::UtcTime> previous_time_;
  std::vector<model::Signal> signals_;
  Counters counters_;
};

}  // namespace odograph::track
