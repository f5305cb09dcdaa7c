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
  if (stay_) departs(fix, driving, events);
  if (!stay_) {
    while (next_ < trip.stops.size() && passes(route, fix, driving, events)) {
    }
    if (next_ < trip.stops.size() && arrives(trip, route, fix)) arrive(fix, driving, events);
  }
  last_ = fix;
  return events;
}

bool StopWatch::departs(const Fix& fix, const Driving& driving, std::vector<StopEvent>& events) {
  if (!fix.on_route || std::abs(fix.at_m - stay_->at_m) <= kDepartedM) return false;
  const double driven_s = fix.at_m > stay_->at_m ? driving.drive_s(stay_->at_m, fix.at_m) : 0;
  const base::UtcTime earliest = std::max(stay_->since, last_->time);
  const base::UtcTime left = std::clamp(after(fix.time, -driven_s), std::min(earliest, fix.time), fix.time);
  events.push_back({stay_->stop, StopEvent::Kind::kDeparture, left, seconds_between(stay_->since, left)});
  before_ = Fix{left, stay_->at_m, 0, true, 0};
  beyond_.reset();
  stay_.reset();
  return true;
}

bool StopWatch::passes(const Route& route, const Fix& fix, const Driving& driving, std::vector<StopEvent>& events) {
  if (!fix.on_route) return false;
  const double stop_m = route.stops_m()[next_];
  if (fix.at_m <= stop_m) {
    before_ = fix;
    beyond_.reset();
    return false;
  }
  if (!beyond_) beyond_ = fix;
  if (fix.at_m <= stop_m + kPassedM) return false;
  const Fix from = before_.value_or(*beyond_);
  const double before_s = driving.drive_s(std::min(from.at_m, stop_m), stop_m);
  const double beyond_s = driving.drive_s(stop_m, std::max(stop_m, beyond_->at_m));
  const double between_s = seconds_between(from.time, beyond_->time);
  const double unexplained_s = between_s - before_s - beyond_s;
  if (before_ && unexplained_s > kUnseenStayS) {
    const base::UtcTime came = after(from.time, before_s);
    events.push_back({next_, StopEvent::Kind::kArrival, came, 0});
    events.push_back({next_, StopEvent::Kind::kDeparture, after(came, unexplained_s), unexplained_s});
    before_ = Fix{after(came, unexplained_s), stop_m, 0, true, 0};
  } else {
    const double share = before_s + beyond_s > 0 ? before_s / (before_s + beyond_s) : 0;
    const base::UtcTime passed = after(from.time, between_s * share);
    events.push_back({next_, StopEvent::Kind::kPassed, passed, 0});
    before_ = Fix{passed, stop_m, from.speed_mps, true, 0};
  }
  beyond_.reset();
  standing_since_.reset();
  ++next_;
  return true;
}

bool StopWatch::arrives(const Trip& trip, const Route& route, const Fix& fix) {
  const bool inside = fix.to_stop_m <= trip.stops[next_].radius_m;
  if (!inside || fix.speed_mps >= kStandingMps) {
    standing_since_.reset();
    return false;
  }
  if (!standing_since_) standing_since_ = fix.time;
  if (fix.on_route && std::abs(fix.at_m - route.stops_m()[next_]) <= kAtStopM) return true;
  return seconds_between(*standing_since_, fix.time) >= kStandingS;
}

void StopWatch::arrive(const Fix& fix, const Driving& driving, std::vector<StopEvent>& events) {
  base::UtcTime came = *standing_since_;
  if (last_ && came == fix.time) {
    // The last metres at the speed of before, braking included, and no faster than the road is.
    const double metres = std::max(0.0, fix.at_m - last_->at_m);
    const double rolled_s = metres / std::max(last_->speed_mps, kCrawlMps) + kBrakingS;
    const double driven_s = std::max(rolled_s, driving.drive_s(last_->at_m, last_->at_m + metres));
    came = std::clamp(after(last_->time, driven_s), last_->time, fix.time);
  }
  events.push_back({next_, StopEvent::Kind::kArrival, came, 0});
  stay_ = Stay{next_, came, fix.at_m};
  before_.reset();
  beyond_.reset();
  standing_since_.reset();
  ++next_;
}

}  // namespace odograph::eta
