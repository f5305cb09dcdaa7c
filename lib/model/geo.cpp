#include "lib/model/geo.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace odograph::model {

double distance_m(const Position& a, const Position& b) {
  constexpr double kEarthRadiusM = 6'371'008.8;
  constexpr double kRadiansPerE7 = std::numbers::pi / 180.0 / 1e7;
  const double lat_a = a.lat_e7 * kRadiansPerE7;
  const double lat_b = b.lat_e7 * kRadiansPerE7;
  const double half_lat = std::sin((lat_b - lat_a) / 2);
  const double half_lon = std::sin((static_cast<double>(b.lon_e7) - a.lon_e7) * kRadiansPerE7 / 2);
  const double h = half_lat * half_lat + std::cos(lat_a) * std::cos(lat_b) * half_lon * half_lon;
  return 2 * kEarthRadiusM * std::asin(std::min(1.0, std::sqrt(h)));
}

std::int32_t course_difference_cdeg(std::int32_t a_cdeg, std::int32_t b_cdeg) {
  const std::int32_t apart = std::abs(a_cdeg - b_cdeg) % 36'000;
  return std::min(apart, 36'000 - apart);
}

}  // namespace odograph::model
