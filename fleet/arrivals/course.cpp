#include "fleet/arrivals/course.h"

#include <algorithm>
#include <utility>

namespace odograph::arrivals {

CourseNews Course::observe(const eta::Position& position, Plans& plans, eta::Knowledge& knowledge) {
  CourseNews news;
  assign(position, plans, news);
  if (!progress_) return news;
  auto events = progress_->observe(position, knowledge);
  return conclude(position, std::move(events), std::move(news), knowledge);
}

CourseNews Course::follow(const eta::Position& position, Plans& plans, const eta::Knowledge& knowledge) {
  CourseNews news;
  assign(position, plans, news);
  if (!progress_) return news;
  auto events = progress_->follow(position, knowledge);
  return conclude(position, std::move(events), std::move(news), knowledge);
}

void Course::assign(const eta::Position& position, Plans& plans, CourseNews& news) {
  const base::UtcTime now = position.time;
  // Without a word on the trips that were in force there are none.
  if (waiting_ && waiting_->trip) news.ended = waiting_->trip->trip_id;
  waiting_.reset();
  if (progress_ && !progress_->finished() && eta::is_given_up(progress_->trip(), now)) {
    news.ended = progress_->trip().trip_id;
    progress_.reset();
  }
  for (const eta::Trip* next = plans.next(begun_); next != nullptr; next = plans.next(begun_)) {
    if (!eta::begins(*next, progress(), hold_, position)) break;
    const eta::Hold hold = eta::Hold::begin(*next, progress(), now);
    if (progress_ && !progress_->finished()) news.ended = progress_->trip().trip_id;
    progress_.reset();
    begun_ = mark_of(*next);
    if (eta::is_given_up(*next, now)) continue;
    begin(*next, plans);
    hold_ = hold;
  }
}

void Course::begin(const eta::Trip& trip, Plans& plans) {
  auto plan = plans.plan_of(trip);
  if (plan == nullptr) return;
  progress_.emplace(std::move(plan));
  shape_ = shape_of(trip);
  policy_ = {};
  looked_at_.reset();
  off_route_ = false;
  hold_ = {};
}

CourseNews Course::conclude(const eta::Position& position, std::vector<eta::StopEvent> events, CourseNews news,
                            const eta::Knowledge& knowledge) {
  if (progress_->as_of() != position.time) return news;
  news.events = std::move(events);
  hold_.observe(*progress_, news.events);
  const bool off_route = progress_->state() == eta::RouteState::kOffRoute;
  news.left_route = off_route && !off_route_;
  news.back_on_route = !off_route && off_route_;
  off_route_ = off_route;
  const bool arrived = std::any_of(news.events.begin(), news.events.end(), [](const eta::StopEvent& event) {
    return event.kind != eta::StopEvent::Kind::kDeparture;
  });
  if (arrived && progress_->finished()) news.ended = progress_->trip().trip_id;
  if (news.events.empty() && looked_at_ && position.time - *looked_at_ < kLookEvery) return news;
  looked_at_ = position.time;
  if (progress_->finished() && news.events.empty()) return news;
  news.estimates = progress_->estimate_of_step(knowledge);
  news.told = policy_.due(position.time, news.estimates, news.events.size());
  return news;
}

Revised Course::revise(Plans& plans) {
  if (waiting_) return resume(plans);
  if (!progress_) return {};
  const eta::Trip* trip = plans.find(progress_->trip().trip_id);
  if (trip != nullptr && *trip == progress_->trip()) return {};
  const CourseMemory memory = this->memory();
  const bool was_finished = progress_->finished();
  progress_.reset();
  if (trip != nullptr) return resume_trip(*memory.trip, plans);
  Revised revised;
  if (!was_finished) revised.ended = memory.trip->trip_id;
  return revised;
}

Revised Course::resume(Plans& plans) {
  const CourseMemory memory = *std::exchange(waiting_, std::nullopt);
  begun_ = memory.begun;
  if (!memory.trip) return {};
  if (plans.find(memory.trip->trip_id) != nullptr) return resume_trip(*memory.trip, plans);
  Revised revised;
  revised.ended = memory.trip->trip_id;
  return revised;
}

Revised Course::resume_trip(const TripMemory& memory, Plans& plans) {
  const eta::Trip& trip = *plans.find(memory.trip_id);
  const bool newest = begun_ && begun_->trip_id == memory.trip_id;
  if (newest) begun_ = mark_of(trip);
  begin(trip, plans);
  if (!progress_) return {};
  go_on(memory);
  Revised revised;
  revised.back_on_route = memory.off_route && !off_route_;
  revised.other_shape = shape_ != memory.shape;
  return revised;
}

void Course::go_on(const TripMemory& memory) {
  const std::vector<eta::PlannedStop>& stops = progress_->trip().stops;
  eta::Progress::Memory remembered = memory.progress;
  // Stops without predictions that wait are not kept.
  if (remembered.progress.told.size() < stops.size()) remembered.progress.told.resize(stops.size());
  if (shape_ == memory.shape && progress_->restore(std::move(remembered))) {
    policy_.restore(memory.published);
    looked_at_ = memory.looked_at;
    off_route_ = memory.off_route;
    hold_.restore(memory.hold);
    return;
  }
  hold_.restore_times(memory.hold);
  if (!memory.served_sequence) return;
  const auto ahead = std::find_if(stops.begin(), stops.end(), [&](const eta::PlannedStop& stop) {
    return stop.sequence > *memory.served_sequence;
  });
  progress_->begin_at(static_cast<std::size_t>(ahead - stops.begin()));
  off_route_ = progress_->state() == eta::RouteState::kOffRoute;
}

std::optional<base::UtcTime> Course::as_of() const {
  if (progress_) return progress_->as_of();
  if (!waiting_ || !waiting_->trip || !waiting_->trip->progress.progress.newest) return std::nullopt;
  return waiting_->trip->progress.progress.newest->time;
}

CourseMemory Course::memory() const {
  if (waiting_) return *waiting_;
  CourseMemory memory{begun_, std::nullopt};
  if (!progress_) return memory;
  const eta::Trip& trip = progress_->trip();
  const std::size_t next = progress_->watch().next_stop();
  memory.trip.emplace();
  memory.trip->trip_id = trip.trip_id;
  memory.trip->revision = trip.revision;
  memory.trip->shape = shape_;
  if (next > 0) memory.trip->served_sequence = trip.stops[next - 1].sequence;
  memory.trip->progress = progress_->memory();
  memory.trip->published = policy_.memory();
  memory.trip->looked_at = looked_at_;
  memory.trip->off_route = off_route_;
  memory.trip->hold = hold_.memory();
  return memory;
}

}  // namespace odograph::arrivals
