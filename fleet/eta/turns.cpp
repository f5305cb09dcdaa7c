#include "fleet/eta/turns.h"

#include <algorithm>
#include <cmath>

namespace odograph::eta {
namespace {

constexpr double kAtStartM = 300;
constexpr double kBesideM = 60;
constexpr double kBackM = 100;

bool has_left_a_stop(const std::vector<StopEvent>& events) {
  return std::any_of(events.begin(), events.end(),
                     [](const StopEvent& one) { return one.kind == StopEvent::Kind::kDeparture; });
}

/// A stay ends on the route, so that whoever leaves by another road is to be looked for.
bool is_at(const Progress& progress, const PlannedStop& stop) {
  const PlanePoint here = progress.route().to_plane(progress.newest()->place);
  const PlanePoint there = progress.route().to_plane(stop.place);
  return std::hypot(here.x_m - there.x_m, here.y_m - there.y_m) <= stop.radius_m + Hold::kForwardM;
}

/// Where `next` begins, and not on what is left of the route of `on`.
bool has_turned_to(const Trip& next, const Progress& on, const Position& position) {
  const PlanePoint here = on.route().to_plane(position.place);
  const PlanePoint there = on.route().to_plane(next.path.front());
  if (std::hypot(here.x_m - there.x_m, here.y_m - there.y_m) > kAtStartM) return false;
  bool still_there = false;
  on.route().project(here, std::max(0.0, on.at_m() - kBackM), on.route().length_m(),
                     [&](const Projection& one) { still_there = still_there || one.lateral_m <= kBesideM; });
  return !still_there;
}

}  // namespace

Hold Hold::begin(const Trip& next, const Progress* before, base::UtcTime now) {
  Hold hold;
  if (before != nullptr && before->finished() && now > next.start_time) hold.now_.set_off_by = now + kSetOff;
  return hold;
}

void Hold::observe(const Progress& progress, const std::vector<StopEvent>& events) {
  if (progress.state() != RouteState::kOnRoute) return;
  // The first match is where the vehicle happens to be.
  if (!now_.from_m) now_.from_m = progress.at_m();
  const bool forward = progress.at_m() >= *now_.from_m + kForwardM;
  if (forward) now_.from_m = progress.at_m();
  // A stay may have been longer than the while: that it goes on is seen before it has come far.
  if (forward || (now_.driven_at && has_left_a_stop(events))) now_.driven_at = progress.as_of();
}

bool Hold::holds(const Progress& progress, base::UtcTime now) const {
  if (!now_.driven_at) return now_.set_off_by && now <= *now_.set_off_by;
  if (const auto& stay = progress.watch().stay()) {
    const PlannedStop& stop = progress.trip().stops[stay->stop];
    if (is_at(progress, stop) && now <= after(stay->since, stop.planned_dwell_s) + kOverstay) return true;
  }
  const auto off_since = progress.off_since();
  return now - *now_.driven_at <= kIdle && (!off_since || now - *off_since <= kOffRoute);
}

bool begins(const Trip& next, const Progress* on, const Hold& hold, const Position& position) {
  const base::UtcTime now = position.time;
  if (on == nullptr || on->finished()) return now >= next.start_time - kEarly;
  return now >= next.start_time && (!hold.holds(*on, now) || has_turned_to(next, *on, position));
}

bool is_given_up(const Trip& trip, base::UtcTime now) { return now > trip.stops.back().planned_departure + kGiveUp; }

}  // namespace odograph::eta
