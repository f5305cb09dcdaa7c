#include "drivers/nmea/fields.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace odograph::nmea {
namespace {

constexpr std::uint64_t kZeros = 0x3030303030303030U;  // "00000000"
constexpr std::array<std::uint64_t, 11> kPowersOf10 = {1,         10,         100,         1'000,         10'000,     100'000,
                                                       1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 10'000'000'000};

/// The last `count` characters before `end`, 1..8, with '0' in front of them; the first is the lowest byte.
std::uint64_t load_before(const char* end, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, end - sizeof word, sizeof word);
  if (count == sizeof word) return word;
  const std::uint64_t in_front = (std::uint64_t{1} << (8 * (sizeof word - count))) - 1;
  return (word & ~in_front) | (kZeros & in_front);
}

bool are_digits(std::uint64_t word) {
  constexpr std::uint64_t kHigh = 0xF0F0F0F0F0F0F0F0U;
  // A byte is a digit if its high half is 3 and stays 3 when 6 is added.
  return ((word & kHigh) == kZeros) && (((word + 0x0606060606060606U) & kHigh) == kZeros);
}

/// Eight digits as a number: neighbours are joined to pairs, pairs to fours, fours to eight.
std::uint32_t join_digits(std::uint64_t word) {
  word -= kZeros;
  word = word * 10 + (word >> 8);
  constexpr std::uint64_t kPairs = 0x000000FF000000FFU;
  return static_cast<std::uint32_t>(
      ((word & kPairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
       ((word >> 16) & kPairs) * (1 + (std::uint64_t{10'000} << 32))) >> 32);
}

/// `count` digits before `end`, 0..8; nothing if one of them is none.
std::optional<std::uint32_t> digits_before(const char* end, std::size_t count) {
  if (count == 0) return 0;
  const std::uint64_t word = load_before(end, count);
  if (!are_digits(word)) return std::nullopt;
  return join_digits(word);
}

/// The digits after a point as an integer of 10^-places; what is beyond is cut, but must be digits too. places <= 10.
std::optional<std::uint64_t> read_fraction(std::string_view digits, std::size_t places) {
  if (digits.size() <= 8 && digits.size() <= places) {
    const auto value = digits_before(digits.data() + digits.size(), digits.size());
    if (!value) return std::nullopt;
    return *value * kPowersOf10[places - digits.size()];
  }
  std::uint64_t value = 0;
  std::size_t taken = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    if (taken == places) continue;
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    ++taken;
  }
  return value * kPowersOf10[places - taken];
}

/// Where the point is; the size where there is none. Angles have it behind the fourth or fifth digit, so look there first.
std::size_t find_point(std::string_view field) {
  if (field.size() > 5) {
    if (field[4] == '.') return 4;
    if (field[5] == '.') return 5;
  }
  return std::min(field.find('.'), field.size());
}

}  // namespace

Fields::Fields(const Frame& frame) : text_(frame.text.data()), blanks_(frame.scan->blanks) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < frame.scan->commas.size() && found <= kFieldsMax; ++i) {
    const std::size_t base = i * 64;
    if (base >= frame.text.size()) break;
    for (std::uint64_t bits = frame.scan->commas[i]; bits != 0 && found <= kFieldsMax; bits &= bits - 1) {
      commas_[found++] = static_cast<std::uint8_t>(base + static_cast<std::size_t>(std::countr_zero(bits)));
    }
  }
  count_ = found;
  commas_[found] = static_cast<std::uint8_t>(frame.text.size());
}

std::string_view Fields::trimmed(std::string_view field) {
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
  return field;
}

std::optional<std::uint32_t> read_digits(std::string_view field) {
  if (field.empty() || field.size() > 9) return std::nullopt;
  if (field.size() <= 8) return digits_before(field.data() + field.size(), field.size());
  const auto value = read_fraction(field, field.size());
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::uint64_t> read_decimal_e6(std::string_view field) {
  const std::size_t point = std::min(field.find('.'), field.size());
  const bool whole = point == field.size();
  if (field.empty() || field == "." || point > 9) return std::nullopt;
  const auto integer = point == 0 ? 0 : read_digits(field.substr(0, point));
  if (!integer) return std::nullopt;
  const auto fraction = whole ? 0 : read_fraction(field.substr(point + 1), 6);
  if (!fraction) return std::nullopt;
  return *integer * std::uint64_t{1'000'000} + *fraction;
}

std::optional<std::int32_t> read_angle_e7(std::string_view field, std::uint32_t degrees_max) {
  const std::size_t point = find_point(field);
  if (point < 3 || point > 5) return std::nullopt;
  const auto integer = digits_before(field.data() + point, point);
  const auto fraction = point == field.size() ? 0 : read_fraction(field.substr(point + 1), 10);
  if (!integer || !fraction) return std::nullopt;
  const std::uint32_t degrees = *integer / 100;
  const std::uint32_t minutes = *integer % 100;
  // In units of 1e-10 minutes, of which 60,000 are 1e-7 degrees: exact, and far from 2^63.
  const std::uint64_t minutes_e10 = minutes * kPowersOf10[10] + *fraction;
  if (minutes >= 60 || degrees > degrees_max || (degrees == degrees_max && minutes_e10 != 0)) return std::nullopt;
  return static_cast<std::int32_t>(degrees * std::uint64_t{10'000'000} + (minutes_e10 + 30'000) / 60'000);
}

std::optional<TimeOfDay> read_time(std::string_view field) {
  if (field.size() < 6 || (field.size() > 6 && field[6] != '.')) return std::nullopt;
  const auto clock = digits_before(field.data() + 6, 6);
  const auto fraction = field.size() > 6 ? read_fraction(field.substr(7), 3) : 0;
  if (!clock || !fraction) return std::nullopt;
  const std::uint32_t hours = *clock / 10'000;
  const std::uint32_t minutes = *clock / 100 % 100;
  const std::uint32_t seconds = *clock % 100;
  if (hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  const bool leap = seconds == 60;
  const std::uint32_t of_minute = leap ? 59'999 : seconds * 1'000 + static_cast<std::uint32_t>(*fraction);
  return TimeOfDay{static_cast<std::int32_t>((hours * 60 + minutes) * 60'000 + of_minute), leap};
}

std::optional<std::chrono::sys_days> read_date(std::string_view field) {
  if (field.size() != 6) return std::nullopt;
  const auto digits = digits_before(field.data() + 6, 6);
  if (!digits) return std::nullopt;
  const int year = static_cast<int>(*digits % 100);
  const std::chrono::year_month_day date{std::chrono::year{year >= 69 ? 1900 + year : 2000 + year},
                                         std::chrono::month{*digits / 100 % 100}, std::chrono::day{*digits / 10'000}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

}  // namespace odograph::nmea
