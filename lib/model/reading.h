#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "lib/base/time.h"

namespace odograph::model {

/// WGS 84, in exact integers of 1e-7 degrees (11 mm); north and east positive.
/// |lat| <= 900,000,000, |lon| <= 1,800,000,000.
struct Position {
  std::int32_t lat_e7 = 0;
  std::int32_t lon_e7 = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

/// As gpsd's TPV `mode`.
enum class FixMode : std::uint8_t { kNone = 1, k2d = 2, k3d = 3 };

/// What a receiver told about one instant. Absent means "not told in this epoch", never zero.
struct Fix {
  std::optional<base::UtcTime> time;  ///< The receiver's own UTC; nothing before it told a date.
  bool time_uncertain = false;        ///< Date malformed or guessed from the day before.
  bool leap_second = false;           ///< Told as second 60; `time` is the last ms before it.
  FixMode mode = FixMode::kNone;      ///< kNone exactly when `position` is absent.
  std::optional<Position> position;
  std::optional<std::int32_t> alt_cm;       ///< Above mean sea level.
  std::optional<std::int32_t> speed_mmps;   ///< Over ground, >= 0.
  std::optional<std::int32_t> course_cdeg;  ///< True, 0..35999.
  std::optional<std::int32_t> hdop_centi;   ///< 1..8999.
  std::optional<std::int32_t> satellites;   ///< Used in the fix.
  bool estimated = false;                   ///< Dead reckoning (GGA quality 6, mode E).
  bool simulated = false;                   ///< GGA quality 7 or 8, mode M or S.
  bool latched = false;                     ///< The receiver repeats an instant that it told before.
  friend bool operator==(const Fix&, const Fix&) = default;
};

/// What a signal is: shared by all its values.
struct SignalDef {
  std::string name;  ///< snake_case, 1..64 characters of [a-z0-9_.]: "engine_rpm".
  std::string unit;  ///< As the field writes it: "rpm", "degC", "%"; empty for a bare number.
  int decimals = 0;  ///< 0..9; value = mantissa / 10^decimals.
  friend bool operator==(const SignalDef&, const SignalDef&) = default;
};

/// One sensor value; `def` is never null.
struct Signal {
  std::shared_ptr<const SignalDef> def;
  std::int64_t mantissa = 0;
  friend bool operator==(const Signal& a, const Signal& b) { return *a.def == *b.def && a.mantissa == b.mantissa; }
};

/// What a driver hands to the pipeline.
struct Reading {
  Reading() = default;
  /// Holds an empty Fix, to be filled in where it is.
  Reading(base::BootTime at, std::uint64_t up_to) : received(at), offset(up_to) {}
  Reading(base::BootTime at, std::uint64_t up_to, std::variant<Fix, Signal> told)
      : received(at), offset(up_to), what(std::move(told)) {}

  base::BootTime received;
  /// Where in its source's byte stream (after decompression, from its beginning) this reading was complete. Depends on
  /// the bytes alone, not on how they were cut; equal for readings of one epoch, and it never steps back.
  std::uint64_t offset = 0;
  std::variant<Fix, Signal> what;
};

}  // namespace odograph::model
