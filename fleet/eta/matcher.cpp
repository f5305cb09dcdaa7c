#include "fleet/eta/matcher.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace odograph::eta {
namespace {

constexpr double kLateralMaxM = 60;
constexpr double kReturnLateralMaxM = 40;
constexpr double kLateralSigmaM = 15;
constexpr double kBackM = 100;
constexpr double kSearchBackM = 300;
constexpr double kAheadM = 200;
constexpr double kSpeedMaxMps = 45;
constexpr double kSpeedUnknownMps = 10;
constexpr double kCourseSpeedMinMps = 10 / 3.6;
constexpr double kCourseWeight = 4;
constexpr double kCourseMaxDeg = 60;
constexpr double kFirstEndGuardM = 250;
constexpr double kFirstAtOnceM = 300;
constexpr double kFirstPerUnitM = 5000;
constexpr double kSearchPerUnitM = 3000;
constexpr int kMissesMax = 3;
constexpr double kMissedMaxS = 60;

double squared(double value) { return value * value; }

bool has_course(const Position& position) {
  return position.track_deg && position.speed_mps && *position.speed_mps > kCourseSpeedMinMps;
}

double course_cost(const Position& position, const Projection& on) {
  if (!has_course(position)) return 0;
  return kCourseWeight * (1 - std::cos((*position.track_deg - on.course_deg) * std::numbers::pi / 180));
}

bool course_fits(const Position& position, const Projection& on) {
  if (!has_course(position)) return true;
  const double apart = std::abs(std::remainder(*position.track_deg - on.course_deg, 360));
  return apart <= kCourseMaxDeg;
}

double fit_cost(const Position& position, const Projection& on) {
  return squared(on.lateral_m / kLateralSigmaM) + course_cost(position, on);
}

/// Keeps the cheapest of what it is shown.
struct Best {
  std::optional<Projection> projection;
  double cost = 0;
  void offer(const Projection& one, double its_cost) {
    if (projection && its_cost >= cost) return;
    projection = one;
    cost = its_cost;
  }
};

}  // namespace

void Matcher::step(const Route& route, const Position& position) {
  now_.fresh = false;
  switch (now_.state) {
    case RouteState::kUnknown: first(route, position); break;
    case RouteState::kOnRoute: follow(route, position); break;
    case RouteState::kOffRoute: search(route, position); break;
  }
}

void Matcher::first(const Route& route, const Position& position) {
  // The end of a round trip lies where it begins; nobody begins at the end.
  const double to_m = std::max(route.length_m() - kFirstEndGuardM, route.length_m() / 2);
  Best best;
  route.project(route.to_plane(position.place), 0, to_m, [&](const Projection& one) {
    if (one.lateral_m <= kLateralMaxM) best.offer(one, fit_cost(position, one) + one.at_m / kFirstPerUnitM);
  });
  if (!best.projection) {
    now_.found_m.reset();
    miss(position);
    return;
  }
  // Far from the route's beginning it takes two positions: what is behind would be taken for driven.
  const double at_m = best.projection->at_m;
  if (at_m <= kFirstAtOnceM || (now_.found_m && at_m >= *now_.found_m - kReturnLateralMaxM)) {
    accept(at_m, position);
  } else {
    now_.found_m = at_m;
  }
}

void Matcher::follow(const Route& route, const Position& position) {
  const double gone_s = seconds_between(now_.matched->time, position.time);
  const double before_mps = now_.matched->speed_mps.value_or(position.speed_mps.value_or(kSpeedUnknownMps));
  const double mean_mps = (before_mps + position.speed_mps.value_or(before_mps)) / 2;
  const double expected_m = std::min(mean_mps, kSpeedMaxMps) * gone_s;
  const double sigma_m = kLateralMaxM + expected_m / 2;
  Best best;
  const double to_m = now_.at_m + kSpeedMaxMps * gone_s + kAheadM;
  route.project(route.to_plane(position.place), std::max(0.0, now_.at_m - kBackM), to_m, [&](const Projection& one) {
    if (one.lateral_m > kLateralMaxM) return;
    const double moved_m = one.at_m - now_.at_m;
    const double back = moved_m < 0 ? squared(moved_m / (kBackM / 3)) : 0;
    best.offer(one, fit_cost(position, one) + squared((moved_m - expected_m) / sigma_m) + back);
  });
  if (best.projection) {
    accept(best.projection->at_m, position);
  } else {
    miss(position);
  }
}

void Matcher::search(const Route& route, const Position& position) {
  Best best;
  const double from_m = std::max(0.0, now_.at_m - kSearchBackM);
  route.project(route.to_plane(position.place), from_m, route.length_m(), [&](const Projection& one) {
    if (one.lateral_m > kReturnLateralMaxM || !course_fits(position, one)) return;
    best.offer(one, fit_cost(position, one) + std::abs(one.at_m - now_.at_m) / kSearchPerUnitM);
  });
  if (!best.projection) {
    now_.found_m.reset();
    return;
  }
  // Crossing the route is not driving on it: the second position has to lie onwards of the first.
  const double at_m = best.projection->at_m;
  if (now_.found_m && at_m >= *now_.found_m - kReturnLateralMaxM) {
    accept(at_m, position);
  } else {
    now_.found_m = at_m;
  }
}

void Matcher::accept(double at_m, const Position& position) {
  now_.state = RouteState::kOnRoute;
  now_.at_m = at_m;
  now_.fresh = true;
  now_.matched = position;
  now_.missed_since.reset();
  now_.misses = 0;
  now_.found_m.reset();
}

void Matcher::miss(const Position& position) {
  if (!now_.missed_since) now_.missed_since = position.time;
  now_.misses = std::min(now_.misses + 1, kMissesMax);
  if (now_.state == RouteState::kOnRoute &&
      (now_.misses >= kMissesMax || seconds_between(*now_.missed_since, position.time) >= kMissedMaxS))
    now_.state = RouteState::kOffRoute;
}

}  // namespace odograph::eta
