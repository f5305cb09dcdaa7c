#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "drivers/nmea/coordinates.h"
#include "drivers/nmea/fields.h"
#include "drivers/nmea/framing.h"
#include "drivers/nmea/maybe.h"
#include "lib/model/reading.h"

namespace odograph::nmea {

/// The sentences that tell something about a fix.
enum class Type : std::uint8_t { kRmc, kGga, kGns, kGll, kVtg, kGsa, kGst, kZda };
inline constexpr std::size_t kTypes = 8;

/// What a sentence says about the position of its instant. kNone leaves the word to the instant's other sentences,
/// kVoid does not.
enum class Word : std::uint8_t { kNone, kVoid, kValid };

/// An instant's name.
struct Instant {
  Maybe<std::int32_t> time_ms;  ///< Of the day, UTC.
  Maybe<std::chrono::sys_days> date;
};

/// Values that a sentence may tell or not; bits.
enum Told : std::uint8_t {
  kToldMode = 1 << 0,
  kToldAltitude = 1 << 1,
  kToldSpeed = 1 << 2,
  kToldCourse = 1 << 3,
  kToldHdop = 1 << 4,
  kToldSatellites = 1 << 5,
};

/// What one sentence tells, in the units of model::Fix.
struct Sentence {
  bool tells(Told value) const { return (told & value) != 0; }

  Type type = Type::kRmc;
  std::uint16_t talker = 0;  ///< Its two characters; only for comparing.
  std::uint8_t told = 0;     ///< Bits of Told: which of the values from `mode` on mean something.
  Word word = Word::kNone;
  bool leap_second = false;
  bool date_malformed = false;
  bool estimated = false;
  bool simulated = false;
  bool fix_3d = false;  ///< GGA and GNS: altitude told, from four satellites or more.
  Instant instant;
  model::Position position;  ///< Meaningful with Word::kValid only.
  model::FixMode mode{};     ///< GSA: k2d or k3d.
  std::int32_t alt_cm = 0;
  std::int32_t speed_mmps = 0;
  std::int32_t course_cdeg = 0;
  std::int32_t hdop_centi = 0;
  std::int32_t satellites = 0;
};

/// What became of a frame.
enum class Parsed : std::uint8_t {
  kTold,       ///< `Sentence` holds what it told.
  kFlawed,     ///< Sound frame with impossible content: `Sentence` holds what is left of it.
  kSilent,     ///< Read, but with nothing for a fix: GSV, or a ZDA or GST without its time.
  kUnknown,    ///< Another type, or proprietary (`$P...`), or encapsulated (`!...`).
  kMalformed,  ///< Sound frame with impossible content, of which nothing is left.
};

/// Validity that somebody may want otherwise.
enum class ZeroPosition : std::uint8_t { kVoid, kValid };

/// What the fields of earlier sentences were; belongs to one source. It changes how fast a sentence is read, not how.
struct Memory {
  std::array<FieldLayout, kTypes> layouts;  ///< By type.
  Remembered<TimeOfDay> time;
  Remembered<std::chrono::sys_days> date;
  Remembered<Coordinates, SpanKey> coordinates;
  Remembered<std::int32_t> knots;
  Remembered<std::int32_t> course;
};

/// Reads one sentence of RMC, GGA, GNS, GLL, VTG, GSA, GSV, GST or ZDA from any talker.
///
/// A position is valid with the sentence's own word for it (RMC and GLL status A and a mode other than N; GGA quality
/// 1 to 8, and from talkers GP and GN at least three satellites; one GNS mode letter other than N) and both coordinates
/// with their hemispheres; exactly 0 N 0 E is void unless `zero_position` says otherwise. The nav status of NMEA 4.1 is
/// not looked at: receivers that do not have it say V on good fixes. Field layout:
/// https://gpsd.gitlab.io/gpsd/NMEA.html.
///
/// A date that no calendar has costs the date and nothing else. Any other impossible field costs all but the instant:
/// time and date, if they are sound, so that its epoch is told, with a position only if another sentence has one.
///
/// A function of its own: inlined into the decoder's loop it has too few registers.
[[gnu::noinline]] Parsed parse_sentence(const Frame& frame, ZeroPosition zero_position, Memory& memory, Sentence& out);

}  // namespace odograph::nmea
