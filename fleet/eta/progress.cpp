#include "fleet/eta/progress.h"

#include <algorithm>
#include <cmath>

namespace odograph::eta {
namespace {

constexpr double kAtStartM = 300;
constexpr double kReversalM = 100;
constexpr double kLearnMinM = 20;
// What takes this much longer than expected is a break or a detour, no traffic.
constexpr double kBreakFactor = 8;
constexpr double kBreakS = 240;
constexpr double kOwnMemoryS = 1200;
constexpr double kOwnPriorS = 600;
constexpr double kOwnAheadS = 3600;
constexpr double kAheadMinS = 1;
constexpr double kToldActualMinS = 45;
constexpr double kToldAheadMinS = 30;
constexpr double kDetour = 1.3;
constexpr double kOffRouteBand = 1.5;
constexpr double kIncomingM = 150;
constexpr double kAheadMaxS = 30 * 86400.0;

}  // namespace

const char* to_string(StopStatus status) {
  switch (status) {
    case StopStatus::kIncomingAt: return "INCOMING_AT";
    case StopStatus::kStoppedAt: return "STOPPED_AT";
    case StopStatus::kInTransitTo: return "IN_TRANSIT_TO";
  }
  return "";
}

/// What driving takes at this moment, for the stop watch.
class Progress::DrivingNow final : public StopWatch::Driving {
 public:
  DrivingNow(const Progress& progress, const Knowledge& knowledge) : progress_(progress), knowledge_(knowledge) {}
  double drive_s(double from_m, double to_m) const override { return progress_.drive_s(knowledge_, from_m, to_m, 0); }

 private:
  const Progress& progress_;
  const Knowledge& knowledge_;
};

base::Result<std::shared_ptr<const Plan>> Plan::create(Trip trip) {
  auto route = Route::create(trip);
  if (!route) return route.error();
  return std::make_shared<const Plan>(Plan{std::move(trip), *std::move(route)});
}

base::Result<Progress> Progress::create(Trip trip) {
  auto plan = Plan::create(std::move(trip));
  if (!plan) return plan.error();
  return Progress(*std::move(plan));
}

void Progress::begin_at(std::size_t stop) {
  if (stop == 0) return;
  now_.at_m = route().stops_m()[stop - 1];
  StopWatch::State watch;
  watch.next = stop;
  watch_.restore(watch);
  Matcher::State matcher;
  matcher.state = RouteState::kOffRoute;
  matcher.at_m = now_.at_m;
  matcher_.restore(matcher);
}

base::Status Progress::restore(Memory memory) {
  const std::size_t stops = trip().stops.size();
  const auto within = [this](double at_m) { return at_m >= 0 && at_m <= route().length_m(); };
  const bool counts = memory.watch.next <= stops && memory.progress.told.size() == stops;
  const bool stay = !memory.watch.stay || (memory.watch.stay->stop < stops && memory.watch.last);
  const bool matched = memory.matcher.state != RouteState::kOnRoute || memory.matcher.matched;
  if (!counts || !stay || !matched || !within(memory.matcher.at_m) || !within(memory.progress.at_m))
    return base::drop_error("trip " + trip().trip_id + ": what is remembered is not of this plan");
  matcher_.restore(memory.matcher);
  watch_.restore(memory.watch);
  now_ = std::move(memory.progress);
  return {};
}

std::optional<base::UtcTime> Progress::as_of() const {
  if (!now_.newest) return std::nullopt;
  return now_.newest->time;
}

std::optional<base::UtcTime> Progress::off_since() const {
  if (state() != RouteState::kOffRoute) return std::nullopt;
  return matcher_.memory().missed_since;
}

StopStatus Progress::status() const {
  if (watch_.stay()) return StopStatus::kStoppedAt;
  if (finished() || matcher_.state() != RouteState::kOnRoute) return StopStatus::kInTransitTo;
  const double near_m = std::max(kIncomingM, trip().stops[watch_.next_stop()].radius_m);
  const bool near = route().stops_m()[watch_.next_stop()] - now_.at_m <= near_m;
  return near ? StopStatus::kIncomingAt : StopStatus::kInTransitTo;
}

Fix Progress::locate(const Position& position) {
  matcher_.step(route(), position);
  if (matcher_.fresh() && (matcher_.at_m() > now_.at_m || matcher_.at_m() < now_.at_m - kReversalM))
    now_.at_m = matcher_.at_m();
  Fix fix{position.time, now_.at_m, 0, matcher_.fresh(), 0};
  const PlanePoint here = route().to_plane(position.place);
  if (position.speed_mps) {
    fix.speed_mps = *position.speed_mps;
  } else if (now_.newest) {
    const PlanePoint before = route().to_plane(now_.newest->place);
    fix.speed_mps =
        std::hypot(here.x_m - before.x_m, here.y_m - before.y_m) / seconds_between(now_.newest->time, position.time);
  }
  if (!finished()) {
    const PlanePoint stop = route().to_plane(trip().stops[watch_.next_stop()].place);
    fix.to_stop_m = std::hypot(here.x_m - stop.x_m, here.y_m - stop.y_m);
  }
  return fix;
}

std::vector<StopEvent> Progress::observe(const Position& position, Knowledge& knowledge) {
  return step(position, knowledge, &knowledge);
}

std::vector<StopEvent> Progress::follow(const Position& position, const Knowledge& knowledge) {
  return step(position, knowledge, nullptr);
}

std::vector<StopEvent> Progress::step(const Position& position, const Knowledge& knowledge, Knowledge* taught) {
  of_step_.clear();
  if (now_.newest && position.time <= now_.newest->time) {
    ++now_.late;
    return {};
  }
  if (position.time < trip().start_time && matcher_.state() == RouteState::kUnknown) {
    // It may still be on its way to the start, and cross the route anywhere.
    const PlanePoint here = route().to_plane(position.place);
    if (std::hypot(here.x_m, here.y_m) > kAtStartM) {
      ++now_.early;
      return {};
    }
  }
  const Fix fix = locate(position);
  now_.newest = position;
  std::vector<StopEvent> events = watch_.observe(trip(), route(), fix, DrivingNow(*this, knowledge));
  if (!fix.on_route) {
    now_.anchor.reset();
  } else if (!events.empty() || watch_.stay()) {
    // How the time at a stop divides into braking, standing and leaving is itself an estimate: nothing to learn from.
    if (watch_.stay()) {
      now_.anchor.reset();
    } else {
      now_.anchor = fix;
    }
  } else {
    learn_drive(fix, knowledge, taught);
  }
  if (taught != nullptr) {
    learn_stops(events, *taught);
    keep_told(knowledge);
  }
  return events;
}

void Progress::learn_drive(const Fix& fix, const Knowledge& knowledge, Knowledge* taught) {
  if (!now_.anchor || fix.at_m < now_.anchor->at_m) {
    now_.anchor = fix;
    return;
  }
  if (fix.at_m - now_.anchor->at_m < kLearnMinM) return;
  const double took_s = seconds_between(now_.anchor->time, fix.time);
  const Fix from = *now_.anchor;
  now_.anchor = fix;
  struct Part {
    const Piece& piece;
    double metres;
    double profile_s;
    double corrected_s;
  };
  std::vector<Part> parts;
  const Correction::Moment told = knowledge.correction.moment(fix.time);
  double sum_s = 0;
  for (std::size_t i = route().piece_at(from.at_m); i < route().pieces().size(); ++i) {
    const Piece& piece = route().pieces()[i];
    if (piece.begin_m >= fix.at_m) break;
    const double metres = std::min(piece.end_m, fix.at_m) - std::max(piece.begin_m, from.at_m);
    if (metres <= 0) continue;
    const double profile_s = metres * knowledge.learned.profile.pace_spm(piece, fix.time);
    parts.push_back({piece, metres, profile_s, profile_s * knowledge.correction.factor(piece, told, 0)});
    sum_s += parts.back().corrected_s;
  }
  if (parts.empty() || (took_s > kBreakFactor * sum_s && took_s > kBreakS)) return;
  now_.own.add(fix.time, kOwnMemoryS, took_s, sum_s);
  if (taught == nullptr) return;
  for (const Part& part : parts)
    taught->drove({part.piece, part.metres, took_s * part.corrected_s / sum_s, part.profile_s}, fix.time);
}

void Progress::learn_stops(const std::vector<StopEvent>& events, Knowledge& knowledge) {
  for (const StopEvent& event : events) {
    if (event.kind == StopEvent::Kind::kDeparture) {
      knowledge.stood(trip().stops[event.stop], event.stood_s);
    } else {
      learn_arrival(event.stop, event.time, knowledge);
    }
  }
}

void Progress::learn_arrival(std::size_t stop, base::UtcTime arrived, Knowledge& knowledge) {
  for (const Told& told : now_.told[stop].kept) {
    const double actual_s = seconds_between(told.made_at, arrived);
    if (actual_s >= kToldActualMinS && told.ahead_s >= kToldAheadMinS)
      knowledge.arrived(told.ahead_s, actual_s, told.stays);
  }
  now_.told[stop] = {};
}

void Progress::keep_told(const Knowledge& knowledge) {
  if (matcher_.state() != RouteState::kOnRoute) return;
  const auto due = [this](const ToldOfStop& told) {
    return told.kept.empty() || seconds_between(told.kept.back().made_at, now_.newest->time) >= told.every_s;
  };
  // The nearest stop's are the densest, so it tells whether any is due.
  if (finished() || !due(now_.told[watch_.next_stop()])) return;
  of_step_ = raw_estimates(knowledge);
  for (const Raw& raw : of_step_) {
    ToldOfStop& told = now_.told[raw.stop];
    if (!due(told)) continue;
    if (told.kept.size() >= kToldMax) {
      for (std::size_t i = 0; 2 * i < told.kept.size(); ++i) told.kept[i] = told.kept[2 * i];
      told.kept.resize(told.kept.size() / 2);
      told.every_s *= 2;
    }
    told.kept.push_back({now_.newest->time, std::round(raw.ahead_s * 10) / 10, raw.stays});
  }
}

double Progress::drive_s(const Knowledge& knowledge, double from_m, double to_m, double ahead_s) const {
  const double own = std::log(factor(now_.own, now_.newest->time, kOwnMemoryS, kOwnPriorS));
  const Correction::Moment told = knowledge.correction.moment(now_.newest->time);
  double sum_s = 0;
  for (std::size_t i = route().piece_at(from_m); i < route().pieces().size(); ++i) {
    const Piece& piece = route().pieces()[i];
    if (piece.begin_m >= to_m) break;
    const double metres = std::min(piece.end_m, to_m) - std::max(piece.begin_m, from_m);
    if (metres <= 0) continue;
    const double then_s = std::min(ahead_s + sum_s, kAheadMaxS);
    const double pace = knowledge.learned.profile.pace_spm(piece, after(now_.newest->time, then_s));
    sum_s += metres * pace * knowledge.correction.factor(piece, told, then_s) *
             std::exp(own * std::exp(-then_s / kOwnAheadS));
  }
  return sum_s;
}

double Progress::off_route_s(const Knowledge& knowledge, std::size_t stop) const {
  const PlanePoint here = route().to_plane(now_.newest->place);
  const PlanePoint there = route().to_plane(trip().stops[stop].place);
  const Piece& piece = route().pieces()[route().piece_at(route().stops_m()[stop])];
  return kDetour * std::hypot(here.x_m - there.x_m, here.y_m - there.y_m) *
         knowledge.learned.profile.pace_spm(piece, now_.newest->time);
}

std::vector<Progress::Raw> Progress::raw_estimates(const Knowledge& knowledge) const {
  std::vector<Raw> all;
  if (!now_.newest || finished()) return all;
  const Dwell& dwell = knowledge.learned.dwell;
  double ahead_s = std::max(0.0, seconds_between(now_.newest->time, trip().start_time));
  double at_m = now_.at_m;
  std::size_t stays = 0;
  if (watch_.stay()) {
    const StopWatch::Stay& stay = *watch_.stay();
    ahead_s = dwell.remaining_s(trip().stops[stay.stop], seconds_between(stay.since, now_.newest->time));
    at_m = std::max(at_m, route().stops_m()[stay.stop]);
    stays = 1;
  }
  for (std::size_t stop = watch_.next_stop(); stop < trip().stops.size(); ++stop) {
    const bool lost = all.empty() && matcher_.state() != RouteState::kOnRoute;
    ahead_s += lost ? off_route_s(knowledge, stop) : drive_s(knowledge, at_m, route().stops_m()[stop], ahead_s);
    ahead_s = std::min(ahead_s, kAheadMaxS);
    all.push_back({stop, std::max(ahead_s, kAheadMinS), stays});
    ahead_s += dwell.expected_s(trip().stops[stop]);
    at_m = std::max(at_m, route().stops_m()[stop]);
    ++stays;
  }
  return all;
}

std::vector<Estimate> Progress::estimate(const Knowledge& knowledge) const {
  return with_bands(raw_estimates(knowledge), knowledge);
}

std::vector<Estimate> Progress::estimate_of_step(const Knowledge& knowledge) const {
  return of_step_.empty() ? estimate(knowledge) : with_bands(of_step_, knowledge);
}

std::vector<Estimate> Progress::with_bands(const std::vector<Raw>& raws, const Knowledge& knowledge) const {
  std::vector<Estimate> all;
  const double wider = matcher_.state() == RouteState::kOnRoute ? 1 : kOffRouteBand;
  for (const Raw& raw : raws) {
    const Band band = knowledge.learned.bands.at(raw.ahead_s, raw.stays);
    Estimate one{raw.stop, after(now_.newest->time, raw.ahead_s * band.p10 / wider),
                 after(now_.newest->time, raw.ahead_s * band.p50),
                 after(now_.newest->time, raw.ahead_s * band.p90 * wider)};
    if (!all.empty()) {
      // Nobody arrives at a stop before the stop that comes first.
      one.p10 = std::max(one.p10, all.back().p10);
      one.p50 = std::max(one.p50, all.back().p50);
      one.p90 = std::max(one.p90, all.back().p90);
    }
    const PlannedStop& stop = trip().stops[raw.stop];
    one.delay_s = std::llround(seconds_between(stop.planned_arrival, one.p50));
    one.uncertainty_s = std::llround(seconds_between(one.p10, one.p90) / 2);
    all.push_back(one);
  }
  return all;
}

}  // namespace odograph::eta
