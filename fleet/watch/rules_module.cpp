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

RulesModule::RulesModule(std::string vehicle_id, std::shared_ptr<const rules::RuleSet> set)
    : vehicle_id_(std::move(vehicle_id)), rules_(std::move(set)) {}

void RulesModule::on_history(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) {
  if (record.utc) {
    const rules::EventTime time = event_time(*record.utc);
    if (context.header.lane == model::Lane::kBulk) {
      std::vector<rules::LifeEvent> told;
      rules_.on_record(time, record, told);
      tell(told, outcome);
    } else {
      rules_.on_heard(time);
    }
  }
  on_news(outcome);
}

void RulesModule::on_live(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) {
  if (record.utc) rules_.on_heard(event_time(*record.utc));
  // Of a stored lane `on_history` has seen this record, and all that came of it: twice would count as two looks.
  if (context.header.lane == model::Lane::kLive) on_news(outcome);
}

void RulesModule::on_time(const Wake& now, vehicle::Outcome& outcome) {
  std::vector<rules::LifeEvent> told;
  if (now.by == Wake::By::kWallClock) {
    rules_.on_wall_clock(event_time(now.at), told);
  } else {
    rules_.on_stream_time(event_time(now.at), told);
  }
  tell(told, outcome);
  on_news(outcome);
}

void RulesModule::on_table(const vehicle::TableRow&, vehicle::Outcome& outcome) { on_news(outcome); }

std::optional<Wake> RulesModule::wake() const {
  const auto wall = rules_.wall_deadline();
  const auto stream = rules_.stream_deadline();
  if (wall && (!stream || *wall <= *stream)) return Wake{utc(*wall), Wake::By::kWallClock};
  if (stream) return Wake{utc(*stream), Wake::By::kStreamTime};
  return std::nullopt;
}

void RulesModule::on_news(vehicle::Outcome& outcome) {
  std::vector<rules::LifeEvent> told;
  for (const TripNews& news : outcome.trip_news) {
    if (const auto word = trip_word(news)) rules_.on_trip(*word, told);
  }
  tell(told, outcome);
}

void RulesModule::tell(const std::vector<rules::LifeEvent>& told, vehicle::Outcome& outcome) const {
  for (const rules::LifeEvent& event : told) {
    const odograph::Alert alert = alerts::to_alert(vehicle_id_, event);
    vehicle::Output output{topics::kAlerts, vehicle_id_};
    output.value = alert.SerializeAsString();
    output.headers = alerts::cloud_event_headers(alert);
    outcome.outputs.push_back(std::move(output));
  }
}

std::unique_ptr<vehicle::Module> RulesFactory::make(std::string_view vehicle_id) {
  return std::make_unique<RulesModule>(std::string(vehicle_id), book_.of(vehicle_id));
}

}  // namespace odograph::watch
