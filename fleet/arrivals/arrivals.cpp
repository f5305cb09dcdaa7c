#include "fleet/arrivals/arrivals.h"

#include <string>

#include "fleet/arrivals/course.h"
#include "fleet/arrivals/facts.h"
#include "fleet/arrivals/shared.h"
#include "fleet/arrivals/state.h"
#include "fleet/arrivals/values.h"
#include "fleet/topics/topic_table.h"
#include "fleet/trips/trip_message.h"

namespace odograph::arrivals {
namespace {

using News = vehicle::TripNews;

constexpr std::uint32_t kVersion = 1;

/// The record's position, if it is one to go by.
std::optional<eta::Position> position_of(const model::Record& record) {
  if (!record.position || !record.utc || (record.flags & model::flag::kUnusable) != 0) return std::nullopt;
  eta::Position position;
  position.time = *record.utc;
  position.place = {record.position->lat_e7 / 1e7, record.position->lon_e7 / 1e7};
  if (record.speed_cmps) position.speed_mps = *record.speed_cmps / 100.0;
  if (record.course_cdeg) position.track_deg = *record.course_cdeg / 100.0;
  return position;
}

/// A vehicle that has trips, or had some.
class Following {
 public:
  Following(std::string_view vehicle_id, Shared& shared) : vehicle_id_(vehicle_id), shared_(shared) {}

  void on_history(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) {
    if (context.header.lane != model::Lane::kBulk) return;
    const auto position = position_of(record);
    if (!position) return;
    const CourseNews news = history_.observe(*position, plans_, knowledge(context));
    if (live_ && *live_at_ <= position->time) {
      live_.reset();
      live_at_.reset();
    }
    if (history_.progress() != nullptr) tell_history(news, outcome);
    if (news.ended) add_trip_news(News::Kind::kEnded, *news.ended, position->time, outcome);
    if (!live_) publish(history_, news, outcome);
  }

  void on_live(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) {
    if (context.header.lane == model::Lane::kBulk) return;
    const auto position = position_of(record);
    if (!position) return;
    if (!live_) live_ = history_;
    live_at_ = position->time;
    publish(*live_, live_->follow(*position, plans_, knowledge(context)), outcome);
  }

  void on_trips(const std::optional<std::string_view>& value, vehicle::Outcome& outcome) {
    std::vector<eta::Trip> trips;
    if (value) {
      auto read = trips::from_message(vehicle_id_, *value);
      if (!read) {
        note(outcome, "trips of " + vehicle_id_ + " are left as they were: " + read.error().what);
        return;
      }
      trips = *std::move(read);
    }
    plans_.set(std::move(trips));
    const base::UtcTime at = history_.as_of().value_or(base::UtcTime{});
    const Revised revised = history_.revise(plans_);
    if (revised.other_shape) add_revision_news(*history_.progress(), at, outcome);
    if (revised.ended) add_trip_news(News::Kind::kEnded, *revised.ended, at, outcome);
    if (revised.back_on_route) add_trip_news(News::Kind::kOnRoute, history_.progress()->trip().trip_id, at, outcome);
    if (live_) static_cast<void>(live_->revise(plans_));
  }

  void save(std::string& bytes) const {
    const CourseMemory history = history_.memory();
    if (!history.begun && !history.trip && !live_) return;
    odograph::ArrivalsState state;
    state.set_version(kVersion);
    put(*state.mutable_history(), history);
    if (live_) put(*state.mutable_live(), live_->memory());
    if (live_at_) state.set_live_ms(to_ms(*live_at_));
    if (published_at_) state.set_published_ms(to_ms(*published_at_));
    state.AppendToString(&bytes);
  }

  base::Status load(std::string_view bytes) {
    odograph::ArrivalsState state;
    if (!state.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      return base::drop_error("arrivals of " + vehicle_id_ + ": no ArrivalsState message");
    if (state.version() > kVersion)
      return base::stop_error("arrivals of " + vehicle_id_ + ": version " + std::to_string(state.version()) +
                              ", this program reads 1");
    const bool times = is_time(state.live_ms()) && is_time(state.published_ms());
    auto history = memory_of(state.history());
    auto live = memory_of(state.live());
    if (!history || !live || !times || state.has_live() != state.has_live_ms())
      return base::drop_error("arrivals of " + vehicle_id_ + ": a field is out of range");
    history_.restore(*std::move(history));
    if (state.has_live()) live_.emplace().restore(*std::move(live));
    if (state.has_live_ms()) live_at_ = from_ms(state.live_ms());
    if (state.has_published_ms()) published_at_ = from_ms(state.published_ms());
    return {};
  }

 private:
  eta::Knowledge& knowledge(const vehicle::Context& context) {
    if (!use_) use_ = Shared::Use(shared_, context.partition);
    return use_.knowledge();
  }

  /// What only the records in their order decide.
  void tell_history(const CourseNews& news, vehicle::Outcome& outcome) const {
    const eta::Progress& progress = *history_.progress();
    const std::string& trip_id = progress.trip().trip_id;
    for (const eta::StopEvent& event : news.events) add_stop_event(progress, event, outcome);
    if (news.left_route) add_trip_news(News::Kind::kOffRoute, trip_id, *progress.as_of(), outcome);
    if (news.back_on_route) add_trip_news(News::Kind::kOnRoute, trip_id, *progress.as_of(), outcome);
    if (!news.told) return;
    for (const eta::Estimate& one : news.estimates) add_estimate_news(progress, one, outcome);
  }

  void publish(const Course& course, const CourseNews& news, vehicle::Outcome& outcome) {
    if (!news.told) return;
    const eta::Progress& progress = *course.progress();
    // What history catches up with was told already.
    if (published_at_ && *progress.as_of() <= *published_at_) return;
    published_at_ = progress.as_of();
    add_stay(progress, outcome);
    for (const eta::Estimate& one : news.estimates) add_estimate(progress, one, outcome);
  }

  const std::string vehicle_id_;
  Shared& shared_;
  Shared::Use use_;
  Plans plans_;
  Course history_;
  std::optional<Course> live_;            ///< Only while it is ahead of history.
  std::optional<base::UtcTime> live_at_;  ///< Its newest position.
  std::optional<base::UtcTime> published_at_;
};

/// Most vehicles of most fleets have no trips: they cost a pointer.
class Arrivals final : public vehicle::Module {
 public:
  Arrivals(std::string_view vehicle_id, Shared& shared) : vehicle_id_(vehicle_id), shared_(shared) {}

  void on_history(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) override {
    if (following_) following_->on_history(context, record, outcome);
  }
  void on_live(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) override {
    if (following_) following_->on_live(context, record, outcome);
  }
  void on_time(const vehicle::Wake&, vehicle::Outcome&) override {}
  std::optional<vehicle::Wake> wake() const override { return std::nullopt; }

  void on_table(const vehicle::TableRow& row, vehicle::Outcome& outcome) override {
    if (row.topic != topics::kTrips || row.key != vehicle_id_) return;
    if (!following_ && row.value) following_ = std::make_unique<Following>(vehicle_id_, shared_);
    if (following_) following_->on_trips(row.value, outcome);
  }

  void save(std::string& bytes) const override {
    if (following_) following_->save(bytes);
  }
  base::Status load(std::string_view bytes) override {
    if (bytes.empty()) return {};
    auto following = std::make_unique<Following>(vehicle_id_, shared_);
    auto status = following->load(bytes);
    if (status) following_ = std::move(following);
    return status;
  }

 private:
  const std::string vehicle_id_;
  Shared& shared_;
  std::unique_ptr<Following> following_;
};

class ArrivalsFactory final : public vehicle::Factory {
 public:
  std::uint32_t state_field() const override { return kStateField; }
  std::unique_ptr<vehicle::Module> make(std::string_view vehicle_id) override {
    return std::make_unique<Arrivals>(vehicle_id, shared_);
  }
  void on_shared_row(const vehicle::TableRow& row) override {
    if (row.topic == topics::kSegmentProfile) shared_.on_row(row);
  }
  void before_commit(vehicle::Outcome& outcome) override { shared_.before_commit(outcome); }

 private:
  Shared shared_;
};

}  // namespace

std::unique_ptr<vehicle::Factory> make_factory() { return std::make_unique<ArrivalsFactory>(); }

}  // namespace odograph::arrivals
