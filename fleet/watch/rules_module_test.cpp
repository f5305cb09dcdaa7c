#include "fleet/watch/rules_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/public/alert.pb.h"

namespace odograph::watch {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using vehicle::TripNews;
using vehicle::Wake;

const base::UtcTime kNoon = *base::from_rfc3339("2010-04-03T12:00:00.000Z");

rules::LifeConfig at_once() { return {.clear_duration = seconds(0), .reopen = seconds(0), .flap_cycles = 0}; }

/// Battery below 20, offline after ten minutes, delay.
rules::RuleBookConfig book() {
  return {.rules = {{.kind = rules::RuleKind::kPower,
                     .life = at_once(),
                     .config = rules::RangeConfig{.signal = "battery", .min_milli = 20'000}},
                    {.kind = rules::RuleKind::kOffline, .life = at_once(), .config = rules::OfflineConfig{}},
                    {.kind = rules::RuleKind::kDelay,
                     .life = at_once(),
                     .config = rules::DelayConfig{.notice = base::Millis(0)}}},
          .groups = {}};
}

model::Record battery(int second, std::int64_t percent) {
  model::Record record;
  record.utc = kNoon + seconds(second);
  const auto def = std::make_shared<const model::SignalDef>(model::SignalDef{"battery", "%", 0});
  record.signals = {{def, percent}};
  return record;
}

wire::BatchHeader header_of(model::Lane lane) {
  return {.vehicle_id = "truck-17", .stream_id = 1, .lane = lane, .boot = 1};
}

std::vector<std::string> alerts_of(const vehicle::Outcome& outcome) {
  std::vector<std::string> found;
  for (const vehicle::Output& output : outcome.outputs) {
    odograph::Alert alert;
    EXPECT_TRUE(alert.ParseFromString(*output.value));
    EXPECT_EQ(output.topic, "alerts-topic");
    EXPECT_EQ(output.key, "truck-17");
    EXPECT_EQ(output.headers.at(1).second, alert.alert_id() + ":" + std::to_string(alert.revision()));
    const auto second = alert.time().seconds() - kNoon.time_since_epoch().count() / 1'000;
    found.push_back(odograph::Alert::State_Name(alert.state()) + " " + alert.rule() + " @" + std::to_string(second));
  }
  return found;
}

class RulesModuleTest : public testing::Test {
 protected:
  void history(model::Lane lane, const model::Record& record) {
    const wire::BatchHeader header = header_of(lane);
    module_->on_history({header}, record, outcome_);
  }
  void live(const model::Record& record) {
    const wire::BatchHeader header = header_of(model::Lane::kLive);
    module_->on_live({header}, record, outcome_);
  }
  std::vector<std::string> told() { return alerts_of(std::exchange(outcome_, {})); }

  RulesFactory factory_{book()};
  std::unique_ptr<vehicle::Module> module_ = factory_.make("truck-17");
  vehicle::Outcome outcome_;
};

TEST_F(RulesModuleTest, JudgesTheBulkLaneAlone) {
  history(model::Lane::kAlert, battery(0, 5));
  history(model::Lane::kEvent, battery(1, 5));
  live(battery(2, 5));
  model::Record undated = battery(3, 5);
  undated.utc.reset();
  history(model::Lane::kBulk, undated);
  EXPECT_THAT(told(), testing::IsEmpty());
  history(model::Lane::kBulk, battery(4, 5));
  EXPECT_THAT(told(), testing::ElementsAre("RAISED power @4"));
  history(model::Lane::kBulk, battery(5, 50));
  EXPECT_THAT(told(), testing::ElementsAre("CLEARED power @5"));
}

TEST_F(RulesModuleTest, MissesWhoIsSilentByTheClockOnTheWall) {
  EXPECT_EQ(module_->wake(), std::nullopt);
  history(model::Lane::kBulk, battery(0, 50));
  EXPECT_EQ(module_->wake(), (Wake{kNoon + minutes(10), Wake::By::kWallClock}));
  live(battery(60, 50));
  EXPECT_EQ(module_->wake(), (Wake{kNoon + minutes(11), Wake::By::kWallClock})) << "a preview is a sign of life";
  module_->on_time({kNoon + minutes(12), Wake::By::kStreamTime}, outcome_);
  EXPECT_THAT(told(), testing::IsEmpty()) << "the time of the others says nothing";
  module_->on_time({kNoon + minutes(12), Wake::By::kWallClock}, outcome_);
  EXPECT_THAT(told(), testing::ElementsAre("RAISED offline @660"));
  EXPECT_EQ(module_->wake()->by, Wake::By::kStreamTime) << "only its expiry is left";
  history(model::Lane::kBulk, battery(900, 50));
  EXPECT_THAT(told(), testing::ElementsAre("CLEARED offline @900"));
}

TEST_F(RulesModuleTest, TellsOfOneSilenceOnceAndOfItsExpiryOnce) {
  history(model::Lane::kBulk, battery(0, 50));
  const base::UtcTime now = kNoon + std::chrono::hours(30);
  for (int i = 0; i < 20; ++i) {
    std::string bytes;
    module_->save(bytes);
    module_ = factory_.make("truck-17");
    ASSERT_TRUE(module_->load(bytes).has_value());
    if (i % 2 == 0) module_->on_time({now, Wake::By::kWallClock}, outcome_);
    if (i % 3 == 0) module_->on_time({now, Wake::By::kStreamTime}, outcome_);
  }
  EXPECT_THAT(told(), testing::ElementsAre("RAISED offline @600", "CLEARED offline @87000"));
  EXPECT_EQ(module_->wake(), std::nullopt) << "nothing is left to say";
}

TripNews news(TripNews::Kind kind, int late_s) {
  TripNews news{kind, "trip", "shop", kNoon};
  news.planned = kNoon + minutes(30);
  news.p50 = *news.planned + seconds(late_s);
  news.p10 = *news.p50 - seconds(60);
  news.p90 = *news.p50 + seconds(60);
  return news;
}

TEST_F(RulesModuleTest, JudgesDelaysByTheNewsOfTheTrip) {
  outcome_.trip_news = {news(TripNews::Kind::kDeparted, 900), news(TripNews::Kind::kEstimate, 300)};
  TripNews without = news(TripNews::Kind::kEstimate, 900);
  without.p50.reset();
  outcome_.trip_news.push_back(without);
  live(battery(0, 50));
  EXPECT_THAT(told(), testing::IsEmpty());
  outcome_.trip_news = {news(TripNews::Kind::kEstimate, 301)};
  live(battery(1, 50));
  EXPECT_THAT(told(), testing::ElementsAre("RAISED delay @0"));
  TripNews window = news(TripNews::Kind::kEstimate, 301);
  window.latest = *window.planned + minutes(10);
  outcome_.trip_news = {window};
  history(model::Lane::kBulk, battery(2, 50));
  EXPECT_THAT(told(), testing::ElementsAre("CLEARED delay @0")) << "the end of the window counts, not the plan";
}

TEST_F(RulesModuleTest, HearsOfATripThatIsTakenAway) {
  outcome_.trip_news = {news(TripNews::Kind::kEstimate, 301)};
  live(battery(0, 50));
  EXPECT_THAT(told(), testing::ElementsAre("RAISED delay @0"));
  module_->on_table({"trips-topic", "truck-17", std::nullopt}, outcome_);
  EXPECT_THAT(told(), testing::IsEmpty());
  outcome_.trip_news = {news(TripNews::Kind::kEnded, 0)};
  module_->on_table({"trips-topic", "truck-17", std::nullopt}, outcome_);
  EXPECT_THAT(told(), testing::ElementsAre("CLEARED delay @0"));
}

TEST_F(RulesModuleTest, HearsOfAStopThatIsTakenAway) {
  outcome_.trip_news = {news(TripNews::Kind::kEstimate, 301)};
  live(battery(0, 50));
  EXPECT_THAT(told(), testing::ElementsAre("RAISED delay @0"));
  for (const char* left : {"shop", "home"}) {
    TripNews revised{TripNews::Kind::kRevised, "trip", "", kNoon};
    revised.stops_left = {left};
    outcome_.trip_news = {revised};
    module_->on_table({"trips-topic", "truck-17", "x"}, outcome_);
    const auto alerts = told();
    EXPECT_EQ(alerts.empty() ? "" : alerts.front(), std::string(left) == "shop" ? "" : "CLEARED delay @0");
  }
}

TEST_F(RulesModuleTest, LooksOnceAtWhatARecordBrings) {
  rules::RuleSpec delay{.kind = rules::RuleKind::kDelay};
  delay.life.min_count = 2;
  delay.life.min_duration = base::Millis(60'000);
  delay.config = rules::DelayConfig{.notice = base::Millis(0)};
  RulesFactory factory({.rules = {delay}, .groups = {}});
  module_ = factory.make("truck-17");
  const wire::BatchHeader header = header_of(model::Lane::kBulk);
  for (const char* expected : {"", "RAISED delay @0"}) {
    outcome_.trip_news = {news(TripNews::Kind::kEstimate, 301)};
    module_->on_history({header}, battery(0, 50), outcome_);
    module_->on_live({header}, battery(0, 50), outcome_);
    const auto alerts = told();
    EXPECT_EQ(alerts.empty() ? "" : alerts.front(), expected);
  }
}

TEST_F(RulesModuleTest, GoesOnWhereItsStateWasSaved) {
  EXPECT_EQ(factory_.state_field(), 21U);
  history(model::Lane::kBulk, battery(0, 5));
  EXPECT_THAT(told(), testing::ElementsAre("RAISED power @0"));
  std::string bytes;
  module_->save(bytes);
  module_ = factory_.make("truck-17");
  ASSERT_TRUE(module_->load(bytes).has_value());
  history(model::Lane::kBulk, battery(1, 5));
  EXPECT_THAT(told(), testing::IsEmpty()) << "told already";
  history(model::Lane::kBulk, battery(2, 50));
  EXPECT_THAT(told(), testing::ElementsAre("CLEARED power @2"));
  EXPECT_FALSE(factory_.make("truck-17")->load("nonsense").has_value());
}

}  // namespace
}  // namespace odograph::watch
