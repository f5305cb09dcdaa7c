#include "fleet/watch/rules_module.h"

#include <utility>

#include "fleet/alerts/life_alerts.h"
#include "fleet/topics/topic_table.h"
#include "fleet/watch/trip_word.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::watch {
namespace {

static_assert(odograph::VehicleState::kRulesFieldNumber == 21);

using vehicle::TripNews;
using vehicle::Wake;

rules::EventTime event_time(base::UtcTime utc) { return rules::EventTime(utc.time_since_epoch()); }
base::UtcTime utc(rules::EventTime time) { return base::UtcTime(time.time_since_epoch()); }

}  // namespace

void RulesModule::on_history(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) {
  if (record.utc) {
    const rules::EventTime time = event_time(*record.utc);
    const bool is_bulk = context.header.lane == model::Lane::kBulk;
    rules::VehicleRules* rules = is_bulk ? rules_.at(time) : rules_.at();
    if (rules != nullptr && is_bulk) {
      std::vector<rules::LifeEvent> told;
      rules->on_record(time, record, told);
      tell(told, outcome);
    } else if (rules != nullptr) {
      rules->on_heard(time);
    }
  }
  on_news(outcome);
}

void RulesModule::on_live(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) {
  rules::VehicleRules* rules = rules_.at();
  if (rules != nullptr && record.utc) rules->on_heard(event_time(*record.utc));
  // Of a stored lane `on_history` has seen this record, and all that came of it: twice would count as two looks.
  if (context.header.lane == model::Lane::kLive) on_news(outcome);
}

void RulesModule::on_time(const Wake& now, vehicle::Outcome& outcome) {
  rules::VehicleRules* rules = rules_.at();
  if (rules == nullptr) return;
  std::vector<rules::LifeEvent> told;
  if (now.by == Wake::By::kWallClock) {
    rules->on_wall_clock(event_time(now.at), told);
  } else {
    rules->on_stream_time(event_time(now.at), told);
  }
  tell(told, outcome);
  on_news(outcome);
}

void RulesModule::on_table(const vehicle::TableRow&, vehicle::Outcome& outcome) { on_news(outcome); }

std::optional<Wake> RulesModule::wake() const {
  const rules::VehicleRules* rules = rules_.known();
  if (rules == nullptr) return std::nullopt;
  const auto wall = rules->wall_deadline();
  const auto stream = rules->stream_deadline();
  if (wall && (!stream || *wall <= *stream)) return Wake{utc(*wall), Wake::By::kWallClock};
  if (stream) return Wake{utc(*stream), Wake::By::kStreamTime};
  return std::nullopt;
}

void RulesModule::save(std::string& bytes) const {
  if (rules_.known() != nullptr) rules_.known()->save(bytes);
}

void RulesModule::on_news(vehicle::Outcome& outcome) {
  if (outcome.trip_news.empty()) return;
  rules::VehicleRules* rules = rules_.at();
  if (rules == nullptr) return;
  std::vector<rules::LifeEvent> told;
  for (const TripNews& news : outcome.trip_news) {
    if (const auto word = trip_word(news)) rules->on_trip(*word, told);
  }
  tell(told, outcome);
}

void RulesModule::tell(const std::vector<rules::LifeEvent>& told, vehicle::Outcome& outcome) const {
  for (const rules::LifeEvent& event : told) {
    const odograph::Alert alert = alerts::to_alert(rules_.vehicle_id(), event);
    vehicle::Output output{topics::kAlerts, rules_.vehicle_id()};
    output.value = alert.SerializeAsString();
    output.headers = alerts::cloud_event_headers(alert);
    outcome.outputs.push_back(std::move(output));
  }
}

std::unique_ptr<vehicle::Module> RulesFactory::make(std::string_view vehicle_id) {
  return std::make_unique<RulesModule>(vehicle_id, book_);
}

void RulesFactory::on_shared_row(const vehicle::TableRow& row) {
  if (row.topic != topics::kGeofences) return;
  const auto status = book_.put(row.key, row.value);
  if (!status && notes_.size() < vehicle::kNotesMax) notes_.push_back(status.error().what);
}

void RulesFactory::before_commit(vehicle::Outcome& outcome) {
  for (std::string& line : std::exchange(notes_, {})) vehicle::note(outcome, std::move(line));
}

}  // namespace odograph::watch
