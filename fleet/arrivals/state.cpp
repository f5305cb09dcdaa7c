#include "fleet/arrivals/state.h"

#include <cmath>
#include <optional>

#include "fleet/arrivals/values.h"

namespace odograph::arrivals {
namespace {

constexpr double kTenths = 10;

odograph::TripPosition message_of(const eta::Position& position) {
  odograph::TripPosition out;
  out.set_time_ms(to_ms(position.time));
  out.set_lat(position.place.lat_deg);
  out.set_lon(position.place.lon_deg);
  if (position.speed_mps) out.set_speed_mps(*position.speed_mps);
  if (position.track_deg) out.set_track_deg(*position.track_deg);
  return out;
}

odograph::TripFix message_of(const eta::Fix& fix) {
  odograph::TripFix out;
  out.set_time_ms(to_ms(fix.time));
  out.set_at_m(fix.at_m);
  out.set_speed_mps(fix.speed_mps);
  out.set_on_route(fix.on_route);
  out.set_to_stop_m(fix.to_stop_m);
  return out;
}

void put(odograph::TripState& out, const eta::Matcher::State& matcher) {
  out.set_route_state(static_cast<std::uint32_t>(matcher.state));
  out.set_matched_m(matcher.at_m);
  out.set_fresh(matcher.fresh);
  if (matcher.matched) *out.mutable_matched() = message_of(*matcher.matched);
  if (matcher.missed_since) out.set_missed_since_ms(to_ms(*matcher.missed_since));
  out.set_misses(static_cast<std::uint32_t>(matcher.misses));
  if (matcher.found_m) out.set_found_m(*matcher.found_m);
}

void put(odograph::TripState& out, const eta::StopWatch::State& watch) {
  out.set_next_stop(static_cast<std::uint32_t>(watch.next));
  if (watch.stay) {
    out.mutable_stay()->set_stop(static_cast<std::uint32_t>(watch.stay->stop));
    out.mutable_stay()->set_since_ms(to_ms(watch.stay->since));
    out.mutable_stay()->set_at_m(watch.stay->at_m);
  }
  if (watch.last) *out.mutable_last() = message_of(*watch.last);
  if (watch.before) *out.mutable_before() = message_of(*watch.before);
  if (watch.beyond) *out.mutable_beyond() = message_of(*watch.beyond);
  if (watch.standing_since) out.set_standing_since_ms(to_ms(*watch.standing_since));
}

void put(odograph::TripState& out, const eta::Progress::State& progress) {
  if (progress.newest) *out.mutable_newest() = message_of(*progress.newest);
  out.set_at_m(progress.at_m);
  if (progress.anchor) *out.mutable_anchor() = message_of(*progress.anchor);
  arrivals::put(*out.mutable_own(), progress.own);
  for (std::size_t stop = 0; stop < progress.told.size(); ++stop) {
    const eta::Progress::ToldOfStop& told = progress.told[stop];
    if (told == eta::Progress::ToldOfStop{}) continue;
    odograph::TripTold& list = *out.add_told();
    list.set_stop(static_cast<std::uint32_t>(stop));
    list.set_every_s(told.every_s);
    std::int64_t before = 0;
    for (const eta::Progress::Told& one : told.kept) {
      list.add_made_at_ms(to_ms(one.made_at) - before);
      before = to_ms(one.made_at);
      list.add_ahead_ds(static_cast<std::uint32_t>(std::llround(one.ahead_s * kTenths)));
      list.add_stays(static_cast<std::uint32_t>(one.stays));
    }
  }
  out.set_late(progress.late);
  out.set_early(progress.early);
}

void put(odograph::TripState& out, const eta::Hold::State& hold) {
  if (hold.from_m) out.set_forward_m(*hold.from_m);
  if (hold.driven_at) out.set_driven_ms(to_ms(*hold.driven_at));
  if (hold.set_off_by) out.set_set_off_by_ms(to_ms(*hold.set_off_by));
}

/// Reads fields; remembers whether one of them was unsound.
class Reading {
 public:
  bool sound() const { return sound_; }
  void require(bool condition) { sound_ = sound_ && condition; }

  double number(double value) {
    require(std::isfinite(value));
    return value;
  }
  base::UtcTime time(std::int64_t ms) {
    require(is_time(ms));
    return is_time(ms) ? from_ms(ms) : base::UtcTime{};
  }
  std::optional<base::UtcTime> time(bool told, std::int64_t ms) {
    return told ? std::optional(time(ms)) : std::nullopt;
  }

  std::optional<eta::Position> position(bool told, const odograph::TripPosition& from) {
    if (!told) return std::nullopt;
    eta::Position position{time(from.time_ms()), {number(from.lat()), number(from.lon())}, std::nullopt, std::nullopt};
    if (from.has_speed_mps()) position.speed_mps = number(from.speed_mps());
    if (from.has_track_deg()) position.track_deg = number(from.track_deg());
    return position;
  }
  std::optional<eta::Fix> fix(bool told, const odograph::TripFix& from) {
    if (!told) return std::nullopt;
    return eta::Fix{time(from.time_ms()), number(from.at_m()), number(from.speed_mps()), from.on_route(),
                    number(from.to_stop_m())};
  }
  std::optional<eta::StopWatch::Stay> stay(bool told, const odograph::TripStay& from) {
    if (!told) return std::nullopt;
    return eta::StopWatch::Stay{from.stop(), time(from.since_ms()), number(from.at_m())};
  }

  eta::Matcher::State matcher(const odograph::TripState& from) {
    require(from.route_state() <= static_cast<std::uint32_t>(eta::RouteState::kOffRoute) && from.misses() < 1000);
    eta::Matcher::State matcher;
    if (!sound_) return matcher;
    matcher.state = static_cast<eta::RouteState>(from.route_state());
    matcher.at_m = number(from.matched_m());
    matcher.fresh = from.fresh();
    matcher.matched = position(from.has_matched(), from.matched());
    matcher.missed_since = time(from.has_missed_since_ms(), from.missed_since_ms());
    matcher.misses = static_cast<int>(from.misses());
    if (from.has_found_m()) matcher.found_m = number(from.found_m());
    return matcher;
  }
  eta::StopWatch::State watch(const odograph::TripState& from) {
    return {from.next_stop(),
            stay(from.has_stay(), from.stay()),
            fix(from.has_last(), from.last()),
            fix(from.has_before(), from.before()),
            fix(from.has_beyond(), from.beyond()),
            time(from.has_standing_since_ms(), from.standing_since_ms())};
  }
  void told(const odograph::TripTold& from, eta::Progress::State& progress) {
    const auto size = static_cast<std::size_t>(from.made_at_ms_size());
    const bool even = from.ahead_ds_size() == from.made_at_ms_size() && from.stays_size() == from.made_at_ms_size();
    require(from.stop() < eta::kStopsMax && even && size <= eta::Progress::kToldMax);
    if (!sound_) return;
    if (progress.told.size() <= from.stop()) progress.told.resize(from.stop() + 1);
    eta::Progress::ToldOfStop& out = progress.told[from.stop()];
    out.every_s = number(from.every_s());
    std::int64_t at = 0;
    for (int i = 0; i < from.made_at_ms_size() && sound_; ++i) {
      require(is_time(from.made_at_ms(i)));
      if (sound_) at += from.made_at_ms(i);
      out.kept.push_back({time(at), from.ahead_ds(i) / kTenths, from.stays(i)});
    }
  }
  eta::Progress::State progress(const odograph::TripState& from) {
    eta::Progress::State progress;
    progress.newest = position(from.has_newest(), from.newest());
    progress.at_m = number(from.at_m());
    progress.anchor = fix(from.has_anchor(), from.anchor());
    time(from.own().newest_ms());
    number(from.own().observed_s() + from.own().expected_s());
    progress.own = fading_of(from.own());
    for (const odograph::TripTold& one : from.told()) told(one, progress);
    progress.late = from.late();
    progress.early = from.early();
    return progress;
  }
  eta::Hold::State hold(const odograph::TripState& from) {
    eta::Hold::State hold;
    if (from.has_forward_m()) hold.from_m = number(from.forward_m());
    hold.driven_at = time(from.has_driven_ms(), from.driven_ms());
    hold.set_off_by = time(from.has_set_off_by_ms(), from.set_off_by_ms());
    return hold;
  }

 private:
  bool sound_ = true;
};

}  // namespace

void put(odograph::CourseState& out, const CourseMemory& memory) {
  if (memory.begun) {
    out.set_begun_ms(to_ms(memory.begun->start));
    out.set_begun_trip(memory.begun->trip_id);
  }
  if (!memory.trip) return;
  odograph::TripState& trip = *out.mutable_trip();
  trip.set_trip_id(memory.trip->trip_id);
  trip.set_revision(memory.trip->revision);
  trip.set_shape(memory.trip->shape);
  if (memory.trip->served_sequence) trip.set_served_sequence(*memory.trip->served_sequence);
  put(trip, memory.trip->progress.matcher);
  put(trip, memory.trip->progress.watch);
  put(trip, memory.trip->progress.progress);
  if (memory.trip->published.at) trip.set_told_ms(to_ms(*memory.trip->published.at));
  for (const eta::PublishPolicy::Told& one : memory.trip->published.told) {
    trip.add_told_stops(static_cast<std::uint32_t>(one.stop));
    trip.add_told_p50_ms(to_ms(one.p50));
  }
  if (memory.trip->looked_at) trip.set_looked_ms(to_ms(*memory.trip->looked_at));
  trip.set_off_route(memory.trip->off_route);
  put(trip, memory.trip->hold);
}

base::Result<CourseMemory> memory_of(const odograph::CourseState& from) {
  Reading reading;
  CourseMemory memory;
  if (from.has_begun_ms()) memory.begun = TripMark{reading.time(from.begun_ms()), from.begun_trip()};
  if (from.has_trip()) {
    const odograph::TripState& trip = from.trip();
    TripMemory& out = memory.trip.emplace();
    out.trip_id = trip.trip_id();
    out.revision = trip.revision();
    out.shape = trip.shape();
    if (trip.has_served_sequence()) out.served_sequence = trip.served_sequence();
    out.progress = {reading.matcher(trip), reading.watch(trip), reading.progress(trip)};
    out.published.at = reading.time(trip.has_told_ms(), trip.told_ms());
    reading.require(trip.told_stops_size() == trip.told_p50_ms_size());
    for (int i = 0; i < trip.told_stops_size() && reading.sound(); ++i)
      out.published.told.push_back({trip.told_stops(i), reading.time(trip.told_p50_ms(i))});
    out.looked_at = reading.time(trip.has_looked_ms(), trip.looked_ms());
    out.off_route = trip.off_route();
    out.hold = reading.hold(trip);
  }
  if (!reading.sound()) return base::drop_error("a state of arrivals with a field that is out of range");
  return memory;
}

}  // namespace odograph::arrivals
