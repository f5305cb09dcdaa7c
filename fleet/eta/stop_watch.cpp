#include "fleet/eta/stop_watch.h"

#include <algorithm>
#include <cmath>

namespace odograph::eta {
namespace {

constexpr double kStandingMps = 5 / 3.6;
constexpr double kAtStopM = 40;
constexpr double kStandingS = 30;
constexpr double kPassedM = 100;
constexpr double kDepartedM = 40;
/// More than this over what driving explains was spent standing.
constexpr double kUnseenStayS = 20;
constexpr double kBrakingS = 3;
constexpr double kCrawlMps = 2;

}  // namespace

std::vector<StopEvent> StopWatch::observe(const Trip& trip, const Route& route, const Fix& fix,
                                          const Driving& driving) {
  std::vector<StopEvent> events;
  if (now_.stay) departs(fix, driving, events);
  if (!now_.stay) {
    while (now_.next < trip.stops.size() && passes(route, fix, driving, events)) {
    }
    if (now_.next < trip.stops.size() && arrives(trip, route, fix)) arrive(fix, driving, events);
  }
  now_.last = fix;
  return events;
}

bool StopWatch::departs(const Fix& fix, const Driving& driving, std::vector<StopEvent>& events) {
  if (!fix.on_route || std::abs(fix.at_m - now_.stay->at_m) <= kDepartedM) return false;
  const double driven_s = fix.at_m > now_.stay->at_m ? driving.drive_s(now_.stay->at_m, fix.at_m) : 0;
  const base::UtcTime earliest = std::max(now_.stay->since, now_.last->time);
  const base::UtcTime left = std::clamp(after(fix.time, -driven_s), std::min(earliest, fix.time), fix.time);
  events.push_back({now_.stay->stop, StopEvent::Kind::kDeparture, left, seconds_between(now_.stay->since, left)});
  now_.before = Fix{left, now_.stay->at_m, 0, true, 0};
  now_.beyond.reset();
  now_.stay.reset();
  return true;
}

bool StopWatch::passes(const Route& route, const Fix& fix, const Driving& driving, std::vector<StopEvent>& events) {
  if (!fix.on_route) return false;
  const double stop_m = route.stops_m()[now_.next];
  if (fix.at_m <= stop_m) {
    now_.before = fix;
    now_.beyond.reset();
    return false;
  }
  if (!now_.beyond) now_.beyond = fix;
  if (fix.at_m <= stop_m + kPassedM) return false;
  const Fix from = now_.before.value_or(*now_.beyond);
  const double before_s = driving.drive_s(std::min(from.at_m, stop_m), stop_m);
  const double beyond_s = driving.drive_s(stop_m, std::max(stop_m, now_.beyond->at_m));
  const double between_s = seconds_between(from.time, now_.beyond->time);
  const double unexplained_s = between_s - before_s - beyond_s;
  if (now_.before && unexplained_s > kUnseenStayS) {
    const base::UtcTime came = after(from.time, before_s);
    events.push_back({now_.next, StopEvent::Kind::kArrival, came, 0});
    events.push_back({now_.next, StopEvent::Kind::kDeparture, after(came, unexplained_s), unexplained_s});
    now_.before = Fix{after(came, unexplained_s), stop_m, 0, true, 0};
  } else {
    const double share = before_s + beyond_s > 0 ? before_s / (before_s + beyond_s) : 0;
    const base::UtcTime passed = after(from.time, between_s * share);
    events.push_back({now_.next, StopEvent::Kind::kPassed, passed, 0});
    now_.before = Fix{passed, stop_m, from.speed_mps, true, 0};
  }
  now_.beyond.reset();
  now_.standing_since.reset();
  ++now_.next;
  return true;
}

bool StopWatch::arrives(const Trip& trip, const Route& route, const Fix& fix) {
  const bool inside = fix.to_stop_m <= trip.stops[now_.next].radius_m;
  if (!inside || fix.speed_mps >= kStandingMps) {
    now_.standing_since.reset();
    return false;
  }
  if (!now_.standing_since) now_.standing_since = fix.time;
  if (fix.on_route && std::abs(fix.at_m - route.stops_m()[now_.next]) <= kAtStopM) return true;
  return seconds_between(*now_.standing_since, fix.time) >= kStandingS;
}

void StopWatch::arrive(const Fix& fix, const Driving& driving, std::vector<StopEvent>& events) {
  base::UtcTime came = *now_.standing_since;
  if (now_.last && came == fix.time) {
    // The last metres at the speed of before, braking included, and no faster than the road is.
    const double metres = std::max(0.0, fix.at_m - now_.last->at_m);
    const double rolled_s = metres / std::max(now_.last->speed_mps, kCrawlMps) + kBrakingS;
    const double driven_s = std::max(rolled_s, driving.drive_s(now_.last->at_m, now_.last->at_m + metres));
    came = std::clamp(after(now_.last->time, driven_s), now_.last->time, fix.time);
  }
  events.push_back({now_.next, StopEvent::Kind::kArrival, came, 0});
  now_.stay = Stay{now_.next, came, fix.at_m};
  now_.before.reset();
  now_.beyond.reset();
  now_.standing_since.reset();
  ++now_.next;
}

}  // namespace odograph::eta
