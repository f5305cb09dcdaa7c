#include "lib/rules/fence.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "lib/base/assert.h"
#include "lib/rules/speed_limit.h"

namespace odograph::rules {
namespace {

/// Decimetres in 1e-7 degrees of a great circle, times 10^7, on a sphere of 6,371,008.8 m.
constexpr std::int64_t kDmE7 = 1'111'949;
constexpr std::int64_t kHalfTurnE7 = 1'800'000'000;

/// cos(latitude) * 2^20. Rounded so coarsely that every machine's cosine comes to the same.
std::int64_t cosine_q20(std::int64_t lat_e7) {
  return std::llround(std::cos(static_cast<double>(lat_e7) * (std::numbers::pi / 180.0 / 1e7)) * (1 << 20));
}

/// The short way around.
std::int64_t lon_apart(std::int32_t from_e7, std::int32_t to_e7) {
  const std::int64_t apart = std::int64_t{to_e7} - from_e7;
  if (apart > kHalfTurnE7) return apart - 2 * kHalfTurnE7;
  return apart < -kHalfTurnE7 ? apart + 2 * kHalfTurnE7 : apart;
}

std::int64_t east_dm(std::int64_t lon_e7, std::int64_t cosine) { return (lon_e7 * kDmE7 / 10'000'000 * cosine) >> 20; }
std::int64_t north_dm(std::int64_t lat_e7) { return lat_e7 * kDmE7 / 10'000'000; }

/// The greatest whole number whose square is not above `square`, which is below 2^62.
std::int64_t root(std::int64_t square) {
  auto guess = static_cast<std::int64_t>(std::sqrt(static_cast<double>(square)));
  while (guess * guess > square) --guess;
  while ((guess + 1) * (guess + 1) <= square) ++guess;
  return guess;
}

/// +1, 0, -1: `p` lies left of, on, right of the line from `a` to `b` (longitude to the right, latitude up).
///
/// The sides of a valid outline span at most 1.8e9 either way, and no `p` that fits its type lies further than 3.95e9
/// from a corner, so each product fits 63 bits; their difference need not, which is why they are compared.
int side(const model::Position& a, const model::Position& b, const model::Position& p) {
  const std::int64_t left = (std::int64_t{b.lon_e7} - a.lon_e7) * (std::int64_t{p.lat_e7} - a.lat_e7);
  const std::int64_t right = (std::int64_t{b.lat_e7} - a.lat_e7) * (std::int64_t{p.lon_e7} - a.lon_e7);
  return left > right ? 1 : left < right ? -1 : 0;
}

bool between(std::int32_t a, std::int32_t b, std::int32_t value) {
  return a < b ? a <= value && value <= b : b <= value && value <= a;
}

}  // namespace

bool contains(const std::vector<model::Position>& outline, const model::Position& position) {
  if (outline.empty()) return false;
  bool inside = false;
  const model::Position* a = &outline.back();
  for (const model::Position& b : outline) {
    const int where = side(*a, b, position);
    if (where == 0 && between(a->lat_e7, b.lat_e7, position.lat_e7) && between(a->lon_e7, b.lon_e7, position.lon_e7)) {
      return true;
    }
    // A ray to the east meets this side if it spans the latitude (its upper end left out) and passes east of the point.
    const bool spans = (a->lat_e7 > position.lat_e7) != (b.lat_e7 > position.lat_e7);
    if (spans && (b.lat_e7 > a->lat_e7) == (where > 0)) inside = !inside;
    a = &b;
  }
  return inside;
}

base::Status validate(const Fence& fence) {
  const std::string where = "fence '" + fence.id + "': ";
  if (fence.id.empty() || fence.id.size() > kZoneIdCharsMax) {
    return base::stop_error("fence: id of " + std::to_string(fence.id.size()) + " characters, must be 1 to 64");
  }
  if (!fence.outline.empty()) {
    const SpeedLimitConfig alone{.zones = {{fence.id, 1, fence.outline}}, .hysteresis_cmps = 0};
    if (auto status = validate(alone); !status) {
      const std::string& what = status.error().what;
      const auto begin = what.find("': ");
      return base::stop_error(where + (begin == std::string::npos ? what : what.substr(begin + 3)));
    }
    return {};
  }
  if (fence.radius_m < kRadiusMMin || fence.radius_m > kRadiusMMax) {
    return base::stop_error(where + "radius of " + std::to_string(fence.radius_m) + " m, must be 10 to 100000");
  }
  if (std::abs(std::int64_t{fence.centre.lat_e7}) > 900'000'000 ||
      std::abs(std::int64_t{fence.centre.lon_e7}) > kHalfTurnE7) {
    return base::stop_error(where + "centre off the planet");
  }
  return {};
}

std::int64_t distance_dm(const model::Position& a, const model::Position& b) {
  const std::int64_t cosine = cosine_q20((std::int64_t{a.lat_e7} + b.lat_e7) / 2);
  const std::int64_t x = east_dm(lon_apart(a.lon_e7, b.lon_e7), cosine);
  const std::int64_t y = north_dm(std::int64_t{b.lat_e7} - a.lat_e7);
  return root(x * x + y * y);
}

FenceArea::FenceArea(Fence fence) : fence_(std::move(fence)) {
  ODOGRAPH_ASSERT(validate(fence_).has_value());
  if (!fence_.outline.empty()) fence_.centre = fence_.outline.front();
  cosine_q20_ = cosine_q20(fence_.centre.lat_e7);
  const std::int64_t radius_dm = fence_.outline.empty() ? std::int64_t{fence_.radius_m} * 10 : 0;
  low_ = {-radius_dm, -radius_dm};
  high_ = {radius_dm, radius_dm};
  for (const model::Position& corner : fence_.outline) {
    const Point& point = corners_.emplace_back(at(corner));
    low_ = {std::min(low_.x, point.x), std::min(low_.y, point.y)};
    high_ = {std::max(high_.x, point.x), std::max(high_.y, point.y)};
  }
}

FenceArea::Point FenceArea::at(const model::Position& position) const {
  return {east_dm(lon_apart(fence_.centre.lon_e7, position.lon_e7), cosine_q20_),
          north_dm(std::int64_t{position.lat_e7} - fence_.centre.lat_e7)};
}

bool FenceArea::far_from(const Point& p, std::int64_t margin_dm) const {
  return p.x < low_.x - margin_dm || p.x > high_.x + margin_dm || p.y < low_.y - margin_dm || p.y > high_.y + margin_dm;
}

std::int64_t FenceArea::to_side_dm(const Point& p, const Point& a, const Point& b) {
  const Point ab{b.x - a.x, b.y - a.y};
  const Point ap{p.x - a.x, p.y - a.y};
  const std::int64_t length2 = ab.x * ab.x + ab.y * ab.y;
  const std::int64_t along = ap.x * ab.x + ap.y * ab.y;
  if (along <= 0 || length2 == 0) return root(ap.x * ap.x + ap.y * ap.y);
  if (along >= length2) return root((p.x - b.x) * (p.x - b.x) + (p.y - b.y) * (p.y - b.y));
  return std::abs(ab.x * ap.y - ab.y * ap.x) / root(length2);
}

Where FenceArea::where(const model::Position& position, std::int32_t margin_m) const {
  const Point p = at(position);
  const std::int64_t margin_dm = std::int64_t{margin_m} * 10;
  // A decimetre for the rounding of the corners.
  if (far_from(p, margin_dm + 1)) return Where::kOutside;
  if (corners_.empty()) {
    const std::int64_t away_dm = root(p.x * p.x + p.y * p.y) - std::int64_t{fence_.radius_m} * 10;
    if (away_dm <= 0) return Where::kInside;
    return away_dm <= margin_dm ? Where::kNear : Where::kOutside;
  }
  if (contains(fence_.outline, position)) return Where::kInside;
  if (margin_dm == 0) return Where::kOutside;
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    if (to_side_dm(p, corners_[i], corners_[(i + 1) % corners_.size()]) <= margin_dm) return Where::kNear;
  }
  return Where::kOutside;
}

bool FenceArea::crossed(const model::Position& from, const model::Position& to) const {
  const Point a = at(from);
  const Point b = at(to);
  const bool passes_by = std::max(a.x, b.x) < low_.x || std::min(a.x, b.x) > high_.x || std::max(a.y, b.y) < low_.y ||
                         std::min(a.y, b.y) > high_.y;
  if (passes_by) return false;
  if (corners_.empty()) return to_side_dm({}, a, b) <= std::int64_t{fence_.radius_m} * 10;
  const auto turn = [](const Point& p, const Point& q, const Point& r) {
    const std::int64_t cross = (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
    return cross > 0 ? 1 : cross < 0 ? -1 : 0;
  };
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    const Point& c = corners_[i];
    const Point& d = corners_[(i + 1) % corners_.size()];
    if (turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0) return true;
  }
  return false;
}

}  // namespace odograph::rules
