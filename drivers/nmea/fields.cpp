#include "drivers/nmea/fields.h"

#include <algorithm>
#include <bit>

#include "drivers/nmea/digits.h"

namespace odograph::nmea {
namespace {

constexpr Maybe<std::uint64_t> kNone(0);  ///< The fraction of a number without one.

/// A decimal without its point.
struct Unpointed {
  std::uint32_t digits = 0;
  std::size_t places = 0;  ///< How many of them were behind the point, 0..7.
};

/// `12.34` and the like of at most eight characters, in one word: the point is found, and the digits before it are
/// moved up over it. False for all else.
inline bool read_short(std::string_view field, Unpointed& out) {
  if (field.size() - 2 > 6) return false;
  const std::uint64_t word = (load(field.data() + field.size() - 8) ^ kZeros) & kLast[field.size()];
  constexpr std::uint64_t kPoint = '.' ^ '0';
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  const std::uint64_t other = word ^ (kOnes * kPoint);
  // The lowest zero byte is found exactly; what lies above it may be wrong, and is a second point at best.
  const std::uint64_t found = (other - kOnes) & ~other & (kOnes << 7);
  if (found == 0) return false;
  const std::uint64_t up_to_point = found ^ (found - 1);
  const std::uint64_t digits = (word & ~up_to_point) | ((word << 8) & up_to_point);
  if (!are_values_of_digits(digits)) return false;
  out.digits = join_digits(digits);
  out.places = static_cast<std::size_t>(std::countl_zero(found)) / 8;
  return true;
}

[[gnu::noinline]] Maybe<std::uint64_t> read_long_fraction(std::string_view digits, std::size_t places) {
  std::uint64_t value = 0;
  std::size_t taken = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return {};
    if (taken == places) continue;
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    ++taken;
  }
  return value * kPowersOf10[places - taken];
}

/// The digits after a point as an integer of 10^-places; what is beyond is cut, but must be digits too. places <= 10.
inline Maybe<std::uint64_t> read_fraction(std::string_view digits, std::size_t places) {
  if (digits.size() > 8 || digits.size() > places) return read_long_fraction(digits, places);
  const auto value = digits_before(digits.data() + digits.size(), digits.size());
  if (!value) return {};
  return *value * kPowersOf10[places - digits.size()];
}

/// `12`, `.5`, `123456.789`: whatever `read_short` does not take.
[[gnu::noinline]] Maybe<std::uint64_t> long_decimal_e6(std::string_view field) {
  const std::size_t point = std::min(field.find('.'), field.size());
  const bool whole = point == field.size();
  if (field.empty() || field == "." || point > 9) return {};
  const auto integer = point == 0 ? Maybe(0U) : read_digits(field.substr(0, point));
  if (!integer) return {};
  const auto fraction = whole ? kNone : read_fraction(field.substr(point + 1), 6);
  if (!fraction) return {};
  return *integer * std::uint64_t{1'000'000} + *fraction;
}

/// Where the point is; the size where there is none. Angles have it behind the fourth or fifth digit, so look there
/// first.
std::size_t find_point(std::string_view field) {
  if (field.size() > 5) {
    if (field[4] == '.') return 4;
    if (field[5] == '.') return 5;
  }
  return std::min(field.find('.'), field.size());
}

}  // namespace

void FieldLayout::measure(const Frame& frame) {
  marks_ = frame.scan->commas;
  length_ = frame.text.size();
  begins_[0] = 0;
  std::size_t field = 0;
  for (std::size_t base = 0; base < length_; base += 64) {
    for (std::uint64_t bits = marks_[base / 64]; bits != 0 && field <= kFieldsMax; bits &= bits - 1) {
      const std::size_t comma = base + static_cast<std::size_t>(std::countr_zero(bits));
      ends_[field] = static_cast<std::uint8_t>(comma);
      begins_[++field] = static_cast<std::uint8_t>(comma + 1);
    }
  }
  count_ = field;
  ends_[field] = static_cast<std::uint8_t>(length_);
  while (++field < begins_.size()) begins_[field] = ends_[field] = static_cast<std::uint8_t>(length_);
  if (frame.scan->blanks) trim(frame.text);
}

void FieldLayout::trim(std::string_view text) {
  // What follows may have its commas in the same places, but its blanks elsewhere.
  length_ = 0;
  for (std::size_t field = 0; field <= count_; ++field) {
    while (begins_[field] < ends_[field] && text[begins_[field]] == ' ') ++begins_[field];
    while (begins_[field] < ends_[field] && text[ends_[field] - std::size_t{1}] == ' ') --ends_[field];
  }
}

Maybe<std::uint32_t> read_digits(std::string_view field) {
  if (field.empty() || field.size() > 9) return {};
  if (field.size() == 2) {
    const auto tens = static_cast<std::uint32_t>(field[0] - '0');
    const auto ones = static_cast<std::uint32_t>(field[1] - '0');
    return tens <= 9 && ones <= 9 ? Maybe(tens * 10 + ones) : Maybe<std::uint32_t>();
  }
  if (field.size() <= 8) return digits_before(field.data() + field.size(), field.size());
  const auto value = read_fraction(field, field.size());
  if (!value) return {};
  return static_cast<std::uint32_t>(*value);
}

Maybe<std::uint64_t> read_centi(std::string_view field, std::uint64_t max) {
  Unpointed number;
  if (read_short(field, number) && number.places <= 2) {
    const std::uint64_t centi = number.digits * kPowersOf10[2 - number.places];
    return centi <= max * 100 ? Maybe(centi) : Maybe<std::uint64_t>();
  }
  const auto e6 = long_decimal_e6(field);
  if (!e6 || *e6 > max * 1'000'000) return {};
  return (*e6 + 5'000) / 10'000;
}

Maybe<std::int32_t> read_angle_e7(std::string_view field, std::uint32_t degrees_max) {
  const std::size_t point = find_point(field);
  if (point < 3 || point > 5) return {};
  const auto integer = digits_before(field.data() + point, point);
  const auto fraction = point == field.size() ? kNone : read_fraction(field.substr(point + 1), 10);
  if (!integer || !fraction) return {};
  const std::uint32_t degrees = *integer / 100;
  const std::uint32_t minutes = *integer % 100;
  // In units of 1e-10 minutes, of which 60,000 are 1e-7 degrees: exact, and far from 2^63.
  const std::uint64_t minutes_e10 = minutes * kPowersOf10[10] + *fraction;
  if (minutes >= 60 || degrees > degrees_max || (degrees == degrees_max && minutes_e10 != 0)) return {};
  return static_cast<std::int32_t>(degrees * std::uint64_t{10'000'000} + (minutes_e10 + 30'000) / 60'000);
}

Maybe<std::int32_t> read_knots_mmps(std::string_view field) {
  Unpointed number;
  Maybe<std::uint64_t> knots_e6;
  if (read_short(field, number) && number.places <= 6) {
    knots_e6 = number.digits * kPowersOf10[6 - number.places];
  } else {
    knots_e6 = long_decimal_e6(field);
  }
  constexpr std::uint64_t kMaxE6 = 2'000'000ULL * 1'000'000ULL;
  if (!knots_e6 || *knots_e6 > kMaxE6) return {};
  // 1 knot is 1852/3600 m/s exactly, so 1e-6 knots are 463/900000 mm/s.
  return static_cast<std::int32_t>((*knots_e6 * 463 + 450'000) / 900'000);
}

Maybe<std::int32_t> read_course_cdeg(std::string_view field) {
  const auto centi = read_centi(field, 360);
  if (!centi) return {};
  return *centi == 36'000 ? 0 : static_cast<std::int32_t>(*centi);
}

bool read_time(std::string_view field, TimeOfDay& out) {
  if (field.size() < 6 || (field.size() > 6 && field[6] != '.')) return false;
  // Up to two decimals are one pair of digits more.
  std::uint64_t word = (load(field.data() - 2) ^ kZeros) >> 16;
  std::uint32_t ms = 0;
  if (field.size() == 8 || field.size() == 9) {
    word |= digits_at_end(field, field.size() - 7) << 48;
  } else if (field.size() > 9) {
    const auto fraction = read_fraction(field.substr(7), 3);
    if (!fraction) return false;
    ms = static_cast<std::uint32_t>(*fraction);
  }
  if (!are_values_of_digits(word)) return false;
  const std::uint64_t pairs = join_pairs(word);
  const std::uint32_t hours = pair(pairs, 0);
  const std::uint32_t minutes = pair(pairs, 1);
  const std::uint32_t seconds = pair(pairs, 2);
  if (hours > 23 || minutes > 59 || seconds > 60) return false;
  out.leap_second = seconds == 60;
  ms = out.leap_second ? 59'999 : seconds * 1'000 + pair(pairs, 3) * 10 + ms;
  out.ms = static_cast<std::int32_t>((hours * 60 + minutes) * 60'000 + ms);
  return true;
}

Maybe<std::chrono::sys_days> read_date(std::string_view field) {
  if (field.size() != 6) return {};
  const std::uint64_t word = digits_at_end(field, 6);
  if (!are_values_of_digits(word)) return {};
  const std::uint64_t pairs = join_pairs(word);
  const int year = static_cast<int>(pair(pairs, 2));
  const std::chrono::year_month_day date{std::chrono::year{year >= 69 ? 1900 + year : 2000 + year},
                                         std::chrono::month{pair(pairs, 1)}, std::chrono::day{pair(pairs, 0)}};
  if (!date.ok()) return {};
  return std::chrono::sys_days{date};
}

}  // namespace odograph::nmea
