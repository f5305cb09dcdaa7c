#include "fleet/eta/cell.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace odograph::eta {
namespace {

constexpr double kMetresPerDegree = 111'194.93;
constexpr unsigned kDirections = 8;
constexpr unsigned kDirectionAny = 8;
// 4 bits for the direction, 20 each for row and column, the rest for the size.
constexpr unsigned kColumnShift = 4;
constexpr unsigned kRowShift = 24;
constexpr unsigned kSizeShift = 44;

CellKey key(const Place& place, unsigned direction, std::uint32_t size_m) {
  const double row_deg = size_m / kMetresPerDegree;
  const double band_middle_deg = std::min(std::floor(std::abs(place.lat_deg)) + 0.5, 89.5);
  const double column_deg = row_deg / std::cos(band_middle_deg * std::numbers::pi / 180);
  const auto row = static_cast<CellKey>((place.lat_deg + 90) / row_deg);
  const auto column = static_cast<CellKey>((place.lon_deg + 180) / column_deg);
  return (CellKey{size_m} << kSizeShift) | (row << kRowShift) | (column << kColumnShift) | direction;
}

}  // namespace

CellKey cell_of(const Place& place, double course_deg, std::uint32_t size_m) {
  const double eighth = std::floor(course_deg / (360.0 / kDirections) + 0.5);
  return key(place, static_cast<unsigned>(static_cast<int>(eighth) & static_cast<int>(kDirections - 1)), size_m);
}

CellKey square_of(const Place& place, std::uint32_t size_m) { return key(place, kDirectionAny, size_m); }

}  // namespace odograph::eta
