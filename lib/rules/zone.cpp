#include "lib/rules/speed_limit.h"

namespace odograph::rules {
namespace {

/// +1, 0, -1: `p` lies left of, on, right of the line from `a` to `b` (longitude to the right, latitude up).
///
/// The sides of a valid zone span at most 1.8e9 either way, and no `p` that fits its type lies further than 3.95e9 from
/// a corner, so each product fits 63 bits; their difference need not, which is why they are compared.
int side(const model::Position& a, const model::Position& b, const model::Position& p) {
  const std::int64_t left = (std::int64_t{b.lon_e7} - a.lon_e7) * (std::int64_t{p.lat_e7} - a.lat_e7);
  const std::int64_t right = (std::int64_t{b.lat_e7} - a.lat_e7) * (std::int64_t{p.lon_e7} - a.lon_e7);
  return left > right ? 1 : left < right ? -1 : 0;
}

bool between(std::int32_t a, std::int32_t b, std::int32_t value) {
  return a < b ? a <= value && value <= b : b <= value && value <= a;
}

}  // namespace

bool contains(const Zone& zone, const model::Position& position) {
  if (zone.outline.empty()) return false;
  bool inside = false;
  const model::Position* a = &zone.outline.back();
  for (const model::Position& b : zone.outline) {
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

}  // namespace odograph::rules
