#include "fleet/watch/trip_word.h"

namespace odograph::watch {
namespace {

using vehicle::TripNews;

rules::EventTime event_time(base::UtcTime utc) { return rules::EventTime(utc.time_since_epoch()); }

}  // namespace

std::optional<rules::TripWord> trip_word(const TripNews& news) {
  using Kind = rules::TripWord::Kind;
  rules::TripWord word;
  switch (news.kind) {
    case TripNews::Kind::kEstimate: word.kind = Kind::kEstimate; break;
    case TripNews::Kind::kArrived: word.kind = Kind::kArrived; break;
    case TripNews::Kind::kPassed: word.kind = Kind::kPassed; break;
    case TripNews::Kind::kOffRoute: word.kind = Kind::kOffRoute; break;
    case TripNews::Kind::kOnRoute: word.kind = Kind::kOnRoute; break;
    case TripNews::Kind::kRevised: word.kind = Kind::kRevised; break;
    case TripNews::Kind::kEnded: word.kind = Kind::kEnded; break;
    case TripNews::Kind::kDeparted: return std::nullopt;
  }
  if (word.kind == Kind::kEstimate) {
    if (!news.p10 || !news.p50 || !news.p90) return std::nullopt;
    word.p10 = event_time(*news.p10);
    word.p50 = event_time(*news.p50);
    word.p90 = event_time(*news.p90);
  }
  word.trip_id = news.trip_id;
  word.stop_id = news.stop_id;
  word.stops_left = news.stops_left;
  word.at = event_time(news.at);
  if (const auto due = news.latest ? news.latest : news.planned) word.due = event_time(*due);
  return word;
}

}  // namespace odograph::watch
