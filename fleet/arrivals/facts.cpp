#include "fleet/arrivals/facts.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cmath>

#include "fleet/topics/topic_table.h"
#include "proto/public/processed.pb.h"

namespace odograph::arrivals {
namespace {

using Kind = eta::StopEvent::Kind;
using News = vehicle::TripNews;

void put(google::protobuf::Timestamp& out, base::UtcTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  out.set_seconds(seconds.time_since_epoch().count());
  out.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(time - seconds).count()));
}

/// Slashes separate the parts of an id, so that they are written otherwise within one.
std::string part_of_id(const std::string& text) {
  std::string out;
  for (const char one : text) {
    if (one == '/') {
      out += "%2F";
    } else if (one == '%') {
      out += "%25";
    } else {
      out += one;
    }
  }
  return out;
}

std::string begin_id(const eta::Trip& trip, const eta::PlannedStop& stop) {
  return trip.vehicle_id + '/' + part_of_id(trip.trip_id) + '/' + std::to_string(trip.revision) + '/' +
         part_of_id(stop.stop_id) + '/';
}

std::int32_t whole_seconds(double seconds) {
  constexpr double kMost = 2e9;
  return static_cast<std::int32_t>(std::llround(std::clamp(seconds, -kMost, kMost)));
}

/// No position is better than a metre.
double whole_metres(double metres) { return std::round(std::max(0.0, metres)); }

void write(const eta::Trip& trip, const odograph::ProcessedRecord& record, vehicle::Outcome& outcome) {
  outcome.outputs.push_back({topics::kProcessedData, trip.vehicle_id, record.SerializeAsString()});
}

struct Word {
  Kind kind;
  odograph::StopEvent::Kind told;
  const char* in_id;
  News::Kind news;
};
constexpr Word kWords[] = {
    {Kind::kArrival, odograph::StopEvent::ARRIVED, "ARRIVED", News::Kind::kArrived},
    {Kind::kDeparture, odograph::StopEvent::DEPARTED, "DEPARTED", News::Kind::kDeparted},
    {Kind::kPassed, odograph::StopEvent::SKIPPED, "SKIPPED", News::Kind::kPassed},
};
const Word& word_of(Kind kind) {
  return *std::find_if(std::begin(kWords), std::end(kWords), [kind](const Word& one) { return one.kind == kind; });
}

News news_of(News::Kind kind, const eta::Trip& trip, const eta::PlannedStop& stop, base::UtcTime at) {
  News news;
  news.kind = kind;
  news.trip_id = trip.trip_id;
  news.stop_id = stop.stop_id;
  news.at = at;
  news.planned = stop.planned_arrival;
  news.latest = stop.window_end;
  return news;
}

/// What every estimate of a stop says, before its times.
odograph::ProcessedRecord begin_estimate(const eta::Progress& progress, const eta::PlannedStop& stop) {
  const eta::Trip& trip = progress.trip();
  const base::UtcTime made_at = *progress.as_of();
  odograph::ProcessedRecord record;
  record.set_id(begin_id(trip, stop) + std::to_string(made_at.time_since_epoch().count()));
  odograph::ArrivalEstimate& out = *record.mutable_arrival();
  out.set_vehicle_id(trip.vehicle_id);
  out.set_trip_id(trip.trip_id);
  out.set_trip_revision(trip.revision);
  out.set_stop_id(stop.stop_id);
  out.set_stop_sequence(stop.sequence);
  put(*out.mutable_made_at(), made_at);
  out.set_off_route(progress.state() == eta::RouteState::kOffRoute);
  return record;
}

}  // namespace

void add_stop_event(const eta::Progress& progress, const eta::StopEvent& event, vehicle::Outcome& outcome) {
  const eta::Trip& trip = progress.trip();
  const eta::PlannedStop& stop = trip.stops[event.stop];
  const Word& word = word_of(event.kind);
  odograph::ProcessedRecord record;
  record.set_id(begin_id(trip, stop) + word.in_id);
  odograph::StopEvent& out = *record.mutable_stop_event();
  out.set_vehicle_id(trip.vehicle_id);
  out.set_trip_id(trip.trip_id);
  out.set_trip_revision(trip.revision);
  out.set_stop_id(stop.stop_id);
  out.set_stop_sequence(stop.sequence);
  out.set_kind(word.told);
  put(*out.mutable_time(), event.time);
  const base::UtcTime planned = event.kind == Kind::kDeparture ? stop.planned_departure : stop.planned_arrival;
  out.set_delay_s(whole_seconds(eta::seconds_between(planned, event.time)));
  if (event.kind == Kind::kDeparture) out.set_dwell_s(static_cast<std::uint32_t>(whole_seconds(event.stood_s)));
  out.mutable_position()->set_lat(progress.newest()->place.lat_deg);
  out.mutable_position()->set_lon(progress.newest()->place.lon_deg);
  write(trip, record, outcome);
  outcome.trip_news.push_back(news_of(word.news, trip, stop, event.time));
}

void add_estimate(const eta::Progress& progress, const eta::Estimate& estimate, vehicle::Outcome& outcome) {
  const eta::PlannedStop& stop = progress.trip().stops[estimate.stop];
  odograph::ProcessedRecord record = begin_estimate(progress, stop);
  odograph::ArrivalEstimate& out = *record.mutable_arrival();
  const bool incoming =
      estimate.stop == progress.watch().next_stop() && progress.status() == eta::StopStatus::kIncomingAt;
  out.set_status(incoming ? odograph::ArrivalEstimate::INCOMING_AT : odograph::ArrivalEstimate::IN_TRANSIT_TO);
  put(*out.mutable_p10(), estimate.p10);
  put(*out.mutable_p50(), estimate.p50);
  put(*out.mutable_p90(), estimate.p90);
  out.set_delay_s(whole_seconds(static_cast<double>(estimate.delay_s)));
  out.set_uncertainty_s(static_cast<std::uint32_t>(std::clamp<std::int64_t>(estimate.uncertainty_s, 0, 1'000'000'000)));
  if (progress.state() == eta::RouteState::kOnRoute)
    out.set_remaining_m(whole_metres(progress.route().stops_m()[estimate.stop] - progress.at_m()));
  write(progress.trip(), record, outcome);
}

void add_stay(const eta::Progress& progress, vehicle::Outcome& outcome) {
  const auto& stay = progress.watch().stay();
  if (!stay) return;
  const eta::PlannedStop& stop = progress.trip().stops[stay->stop];
  odograph::ProcessedRecord record = begin_estimate(progress, stop);
  odograph::ArrivalEstimate& out = *record.mutable_arrival();
  out.set_status(odograph::ArrivalEstimate::STOPPED_AT);
  put(*out.mutable_p10(), stay->since);
  put(*out.mutable_p50(), stay->since);
  put(*out.mutable_p90(), stay->since);
  out.set_delay_s(whole_seconds(eta::seconds_between(stop.planned_arrival, stay->since)));
  out.set_remaining_m(0);
  write(progress.trip(), record, outcome);
}

void add_estimate_news(const eta::Progress& progress, const eta::Estimate& estimate, vehicle::Outcome& outcome) {
  News news = news_of(News::Kind::kEstimate, progress.trip(), progress.trip().stops[estimate.stop], *progress.as_of());
  news.p10 = estimate.p10;
  news.p50 = estimate.p50;
  news.p90 = estimate.p90;
  outcome.trip_news.push_back(std::move(news));
}

void add_trip_news(vehicle::TripNews::Kind kind, const std::string& trip_id, base::UtcTime at,
                   vehicle::Outcome& outcome) {
  News news;
  news.kind = kind;
  news.trip_id = trip_id;
  news.at = at;
  outcome.trip_news.push_back(std::move(news));
}

void add_revision_news(const eta::Progress& progress, base::UtcTime at, vehicle::Outcome& outcome) {
  News news;
  news.kind = News::Kind::kRevised;
  news.trip_id = progress.trip().trip_id;
  news.at = at;
  for (std::size_t stop = progress.watch().next_stop(); stop < progress.trip().stops.size(); ++stop)
    news.stops_left.push_back(progress.trip().stops[stop].stop_id);
  outcome.trip_news.push_back(std::move(news));
}

}  // namespace odograph::arrivals
