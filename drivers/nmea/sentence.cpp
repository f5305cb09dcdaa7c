#include "drivers/nmea/sentence.h"

#include <cstring>
#include <string_view>

#include "drivers/nmea/coordinates.h"
#include "drivers/nmea/fields.h"

namespace odograph::nmea {
namespace {

constexpr std::uint32_t type_code(const char (&letters)[4]) {
  return static_cast<std::uint32_t>(letters[0]) | static_cast<std::uint32_t>(letters[1]) << 8 |
         static_cast<std::uint32_t>(letters[2]) << 16 | std::uint32_t{','} << 24;
}

/// Makes `out` one that tells nothing. Values stay what they were: nobody looks at them, and they are many.
void begin(Type type, std::uint16_t talker, Sentence& out) {
  out.type = type;
  out.talker = talker;
  out.told = 0;
  out.word = Word::kNone;
  out.leap_second = out.date_malformed = out.estimated = out.simulated = out.fix_3d = false;
  out.instant.time_ms.has = out.instant.date.has = false;
}

// Readers of fields that may be empty: false means that the sentence is malformed.
//
// Those that GCC 12 would make calls of are told to be none: the calls cost the decoder 3 % of its time.

[[gnu::always_inline]] inline bool take_time(std::string_view field, Memory& memory, Sentence& out) {
  if (field.empty()) return true;
  if (!memory.time.learn(field, [&](TimeOfDay& time) { return read_time(field, time); })) return false;
  out.instant.time_ms = memory.time.value().ms;
  out.leap_second = memory.time.value().leap_second;
  return true;
}

/// A date that no calendar has costs the date, not the position: the time of day is then put to the day that was last
/// told, as that of sentences without a date is. The receiver may mean another day, so the epoch is marked
/// `time_uncertain`, and nothing learns the time from it.
[[gnu::always_inline]] inline void take_date(std::string_view field, Memory& memory, Sentence& out) {
  if (field.empty()) return;
  const auto date = memory.date.get(field, read_date);
  if (date) out.instant.date = *date;
  out.date_malformed = !date;
}

/// The four fields from `first` on; nothing if they are malformed, else whether all are there.
[[gnu::always_inline]] inline Maybe<bool> take_position(Fields fields, std::size_t first, Memory& memory,
                                                        Sentence& out) {
  const auto read = [&](Coordinates& coordinates) { return read_coordinates(fields, first, coordinates); };
  if (!memory.coordinates.learn(fields.span(first, first + 3), read)) return {};
  const Coordinates& told = memory.coordinates.value();
  out.position.lat_e7 = told.lat_e7;
  out.position.lon_e7 = told.lon_e7;
  return told.complete;
}

bool take_knots(std::string_view field, Memory& memory, Sentence& out) {
  if (field.empty()) return true;
  const auto speed_mmps = memory.knots.get(field, read_knots_mmps);
  if (!speed_mmps) return false;
  out.speed_mmps = *speed_mmps;
  out.told |= kToldSpeed;
  return true;
}

bool take_course(std::string_view field, Memory& memory, Sentence& out) {
  if (field.empty()) return true;
  const auto course_cdeg = memory.course.get(field, read_course_cdeg);
  if (!course_cdeg) return false;
  out.course_cdeg = *course_cdeg;
  out.told |= kToldCourse;
  return true;
}

/// Placeholders such as 99.99, 0.00 and anything beyond tell nothing.
bool take_hdop(std::string_view field, Sentence& out) {
  if (field.empty()) return true;
  const auto centi = read_centi(field, 1'000'000'000);
  if (!centi) return false;
  if (*centi < 1 || *centi > 8'999) return true;
  out.hdop_centi = static_cast<std::int32_t>(*centi);
  out.told |= kToldHdop;
  return true;
}

bool take_satellites(std::string_view field, Sentence& out) {
  if (field.empty()) return true;
  const auto count = read_digits(field);
  if (!count || *count > 255) return false;
  out.satellites = static_cast<std::int32_t>(*count);
  out.told |= kToldSatellites;
  return true;
}

bool take_altitude(std::string_view field, Sentence& out) {
  if (field.empty()) return true;
  const bool below = field.front() == '-';
  if (below || field.front() == '+') field.remove_prefix(1);
  constexpr std::uint64_t kMetresMax = 1'000'000;
  const auto cm = read_centi(field, kMetresMax);
  if (!cm) return false;
  out.alt_cm = below ? -static_cast<std::int32_t>(*cm) : static_cast<std::int32_t>(*cm);
  out.told |= kToldAltitude;
  return true;
}

/// Notes what kind of fix a mode letter names.
void take_mode_letter(char mode, Sentence& out) {
  out.estimated = mode == 'E';
  out.simulated = mode == 'M' || mode == 'S';
}

Word word_of_status(char status, char mode, bool complete) {
  return status == 'A' && mode != 'N' && complete ? Word::kValid : Word::kVoid;
}

bool parse_rmc(Fields fields, Memory& memory, Sentence& out) {
  if (fields.count() < 9) return false;
  const char status = fields.letter(2);
  const char mode = fields.letter(12);
  if (status != 'A' && status != 'V' && status != '\0') return false;
  const auto complete = take_position(fields, 3, memory, out);
  if (!complete || !take_time(fields[1], memory, out)) return false;
  if (!take_knots(fields[7], memory, out) || !take_course(fields[8], memory, out)) return false;
  take_date(fields[9], memory, out);
  take_mode_letter(mode, out);
  out.word = word_of_status(status, mode, *complete);
  return true;
}

bool parse_gll(Fields fields, Memory& memory, Sentence& out) {
  if (fields.count() < 4) return false;
  const char status = fields.letter(6);
  const char mode = fields.letter(7);
  if (status != 'A' && status != 'V' && status != '\0') return false;
  const auto complete = take_position(fields, 1, memory, out);
  if (!complete || !take_time(fields[5], memory, out)) return false;
  take_mode_letter(mode, out);
  out.word = word_of_status(status, mode, *complete);
  return true;
}

/// What GGA and GNS have in common from field 7 on: satellites, HDOP, altitude.
[[gnu::always_inline]] inline bool take_solution(Fields fields, Sentence& out) {
  if (!take_satellites(fields[7], out) || !take_hdop(fields[8], out) || !take_altitude(fields[9], out)) return false;
  out.fix_3d = out.tells(kToldAltitude) && out.tells(kToldSatellites) && out.satellites >= 4;
  return true;
}

constexpr std::uint16_t talker_code(char first, char second) { return static_cast<std::uint16_t>(first | second << 8); }

bool parse_gga(Fields fields, Memory& memory, Sentence& out) {
  if (fields.count() < 9) return false;
  const char quality = fields.letter(6);
  if (quality != '\0' && (quality < '0' || quality > '9')) return false;
  const auto complete = take_position(fields, 2, memory, out);
  if (!complete || !take_time(fields[1], memory, out) || !take_solution(fields, out)) return false;
  out.estimated = quality == '6';
  out.simulated = quality == '7' || quality == '8';
  const bool measured = quality >= '1' && quality <= '5';
  const bool of_gps = out.talker == talker_code('G', 'P') || out.talker == talker_code('G', 'N');
  const bool too_few = measured && of_gps && out.tells(kToldSatellites) && out.satellites < 3;
  const bool valid = *complete && quality >= '1' && quality <= '8' && !too_few;
  out.word = valid ? Word::kValid : Word::kVoid;
  return true;
}

bool parse_gns(Fields fields, Memory& memory, Sentence& out) {
  if (fields.count() < 9) return false;
  const auto complete = take_position(fields, 2, memory, out);
  if (!complete || !take_time(fields[1], memory, out) || !take_solution(fields, out)) return false;
  bool measured = false;
  for (const char mode : fields[6]) {
    if (mode < 'A' || mode > 'Z') return false;
    out.estimated |= mode == 'E';
    out.simulated |= mode == 'M' || mode == 'S';
    measured |= mode != 'N' && mode != 'E' && mode != 'M' && mode != 'S';
  }
  const bool fix = measured || out.estimated || out.simulated;
  // One system that measures makes the position a measured one.
  if (measured) out.estimated = out.simulated = false;
  out.word = fix && *complete ? Word::kValid : Word::kVoid;
  return true;
}

/// A VTG that is not a measurement, or says nothing, is as good as none.
bool parse_vtg(Fields fields, Memory& memory, Sentence& out) {
  if (fields.count() < 5) return false;
  if (!take_course(fields[1], memory, out) || !take_knots(fields[5], memory, out)) return false;
  const char mode = fields.letter(9);
  if (mode == 'N' || mode == 'E') out.told = 0;
  return true;
}

bool parse_gsa(Fields fields, Sentence& out) {
  if (fields.count() < 17 || fields.count() > 18) return false;
  const char mode = fields.letter(2);
  if (!take_hdop(fields[16], out)) return false;
  if (mode != '2' && mode != '3') return true;
  out.mode = mode == '2' ? model::FixMode::k2d : model::FixMode::k3d;
  out.told |= kToldMode;
  return true;
}

bool parse_zda(Fields fields, Memory& memory, Sentence& out) {
  if (fields.count() < 4 || !take_time(fields[1], memory, out)) return false;
  if (fields[2].empty() && fields[3].empty() && fields[4].empty()) return true;
  const auto day = read_digits(fields[2]);
  const auto month = read_digits(fields[3]);
  const auto year = read_digits(fields[4]);
  out.date_malformed = true;
  if (!day || !month || !year || *day > 31 || *month > 12 || fields[4].size() != 4) return true;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                                         std::chrono::day{*day}};
  if (!date.ok()) return true;
  out.instant.date = std::chrono::sys_days{date};
  out.date_malformed = false;
  return true;
}

bool parse_as(Fields fields, Memory& memory, Sentence& out) {
  // The most frequent first. No switch: the processor foresees a row of questions better than a jump through a table.
  if (out.type == Type::kRmc) return parse_rmc(fields, memory, out);
  if (out.type == Type::kGga) return parse_gga(fields, memory, out);
  if (out.type == Type::kVtg) return parse_vtg(fields, memory, out);
  if (out.type == Type::kGsa) return parse_gsa(fields, out);
  if (out.type == Type::kGll) return parse_gll(fields, memory, out);
  if (out.type == Type::kGns) return parse_gns(fields, memory, out);
  if (out.type == Type::kZda) return parse_zda(fields, memory, out);
  return take_time(fields[1], memory, out);  // GST
}

/// What is left of a sentence with an impossible field: when it was. It says nothing of the position then, not even
/// that there is none, and leaves the word to the instant's other sentences.
[[gnu::noinline]] Parsed keep_instant(Fields fields, Memory& memory, Sentence& out) {
  const Type type = out.type;
  begin(type, out.talker, out);
  switch (type) {
    case Type::kRmc: take_date(fields[9], memory, out); [[fallthrough]];
    case Type::kGga:
    case Type::kGns:
      if (!take_time(fields[1], memory, out)) return Parsed::kMalformed;
      break;
    case Type::kGll:
      if (!take_time(fields[5], memory, out)) return Parsed::kMalformed;
      break;
    case Type::kVtg:
    case Type::kGsa:
    case Type::kGst:
    case Type::kZda: return Parsed::kMalformed;  // These begin no epoch.
  }
  return out.instant.time_ms ? Parsed::kFlawed : Parsed::kMalformed;
}

/// The type of a tag of two letters and three; nothing for the rest.
Maybe<Type> type_of(std::uint32_t code) {
  switch (code) {
    case type_code("RMC"): return Type::kRmc;
    case type_code("GGA"): return Type::kGga;
    case type_code("GNS"): return Type::kGns;
    case type_code("GLL"): return Type::kGll;
    case type_code("VTG"): return Type::kVtg;
    case type_code("GSA"): return Type::kGsa;
    case type_code("GST"): return Type::kGst;
    case type_code("ZDA"): return Type::kZda;
    default: return {};
  }
}

}  // namespace

Parsed parse_sentence(const Frame& frame, ZeroPosition zero_position, Memory& memory, Sentence& out) {
  const std::string_view text = frame.text;
  // `$P` is proprietary whatever follows: `$PGRMC` holds no RMC.
  if (frame.lead != '$' || text.size() < 6 || text[0] == 'P') return Parsed::kUnknown;
  std::uint32_t code = 0;
  std::memcpy(&code, text.data() + 2, sizeof code);
  if (code == type_code("GSV")) return Parsed::kSilent;
  const auto type = type_of(code);
  if (!type) return Parsed::kUnknown;
  std::uint16_t talker = 0;
  std::memcpy(&talker, text.data(), sizeof talker);
  begin(*type, talker, out);
  const Fields fields(frame, memory.layouts[static_cast<std::size_t>(*type)]);
  // Two sentences run together: whose time it would be is unknown.
  if (fields.count() > kFieldsMax) return Parsed::kMalformed;
  if (!parse_as(fields, memory, out)) return keep_instant(fields, memory, out);
  // Without a time these two tell nothing at all.
  const bool timing_only = out.type == Type::kGst || out.type == Type::kZda;
  if (timing_only && !out.instant.time_ms) return out.date_malformed ? Parsed::kMalformed : Parsed::kSilent;
  const bool at_zero = out.position == model::Position{};
  if (out.word == Word::kValid && at_zero && zero_position == ZeroPosition::kVoid) out.word = Word::kVoid;
  return out.date_malformed ? Parsed::kFlawed : Parsed::kTold;
}

}  // namespace odograph::nmea
