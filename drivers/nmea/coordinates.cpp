#include "drivers/nmea/coordinates.h"

#include <cstring>
#include <string_view>

#include "drivers/nmea/digits.h"

namespace odograph::nmea {
namespace {

/// `ddmm.m` with one to eight decimals, the point being behind `digits` characters.
inline bool is_usual(std::string_view angle, std::size_t digits) {
  return angle.size() - (digits + 2) < 8 && angle[digits] == '.';
}

/// Degrees, minutes and eight decimals of these as 1e-7 degrees, rounded half up: 600 of 1e-8 minutes are one.
inline std::uint32_t angle_e7(std::uint32_t degrees, std::uint32_t minutes, std::uint32_t minutes_e8) {
  return degrees * 10'000'000 +
         static_cast<std::uint32_t>((minutes * std::uint64_t{100'000'000} + minutes_e8 + 300) / 600);
}

/// The form that receivers write: `ddmm.mmmm` and `dddmm.mmmm`, both hemispheres told, neither the pole nor the 180th
/// meridian. False for every other form, sound or not. Both angles in one go, because the four numbers before the
/// points cost as much as one.
inline bool read_usual(std::string_view lat, std::string_view lon, Coordinates& out) {
  if (!is_usual(lat, 4) || !is_usual(lon, 5)) return false;
  std::uint32_t lat_ddmm = 0;
  std::uint32_t lon_ddmm = 0;  // Behind the hundreds.
  std::memcpy(&lat_ddmm, lat.data(), sizeof lat_ddmm);
  std::memcpy(&lon_ddmm, lon.data() + 1, sizeof lon_ddmm);
  const std::uint64_t whole = (lat_ddmm | std::uint64_t{lon_ddmm} << 32) ^ kZeros;
  const std::uint64_t lat_fraction = digits_at_end(lat, lat.size() - 5);
  const std::uint64_t lon_fraction = digits_at_end(lon, lon.size() - 6);
  if (!are_values_of_digits(whole, lat_fraction, lon_fraction)) return false;
  const std::uint64_t pairs = join_pairs(whole);
  const auto hundreds = static_cast<std::uint32_t>(lon[0] - '0');
  const std::uint32_t lon_degrees = hundreds * 100 + pair(pairs, 2);
  if (hundreds > 1 || pair(pairs, 0) >= 90 || lon_degrees >= 180 || pair(pairs, 1) >= 60 || pair(pairs, 3) >= 60) {
    return false;
  }
  out.lat_e7 = static_cast<std::int32_t>(angle_e7(pair(pairs, 0), pair(pairs, 1), join_digits(lat_fraction)));
  out.lon_e7 = static_cast<std::int32_t>(angle_e7(lon_degrees, pair(pairs, 3), join_digits(lon_fraction)));
  return true;
}

/// The same for every form, and for fields that are empty.
[[gnu::noinline]] bool read_unusual(std::string_view lat, std::string_view lon, Coordinates& out) {
  constexpr Maybe<std::int32_t> kZero(0);
  const auto lat_e7 = lat.empty() ? kZero : read_angle_e7(lat, 90);
  const auto lon_e7 = lon.empty() ? kZero : read_angle_e7(lon, 180);
  if (!lat_e7 || !lon_e7) return false;
  out.lat_e7 = *lat_e7;
  out.lon_e7 = *lon_e7;
  return true;
}

}  // namespace

bool read_coordinates(Fields fields, std::size_t first, Coordinates& out) {
  const std::string_view lat = fields[first];
  const std::string_view lon = fields[first + 2];
  const char north_south = fields.letter(first + 1);
  const char east_west = fields.letter(first + 3);
  if (north_south != '\0' && north_south != 'N' && north_south != 'S') return false;
  if (east_west != '\0' && east_west != 'E' && east_west != 'W') return false;
  if (!read_usual(lat, lon, out) && !read_unusual(lat, lon, out)) return false;
  if (north_south == 'S') out.lat_e7 = -out.lat_e7;
  if (east_west == 'W') out.lon_e7 = -out.lon_e7;
  out.complete = !lat.empty() && !lon.empty() && north_south != '\0' && east_west != '\0';
  return true;
}

}  // namespace odograph::nmea
