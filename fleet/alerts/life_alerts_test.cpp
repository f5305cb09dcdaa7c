#include "fleet/alerts/life_alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/alerts/alert_id.h"
#include "fleet/alerts/values.h"

namespace odograph::alerts {
namespace {

const base::UtcTime kNoon = *base::from_rfc3339("2010-04-03T12:00:00.000Z");

rules::EventTime after_noon(int second) {
  return rules::EventTime(kNoon.time_since_epoch() + std::chrono::seconds(second));
}

rules::LifeEvent warm(rules::Phase phase, rules::Ending ending) {
  rules::LifeEvent event;
  event.rule = rules::RuleKind::kTemperature;
  event.scope = "cargo";
  event.unit = "degC";
  event.decimals = 3;
  event.phase = phase;
  event.revision = 3;
  event.severity = model::Severity::kMajor;
  event.cause = rules::Cause::kAbove;
  event.ending = ending;
  event.start = after_noon(0);
  event.time = after_noon(600);
  event.end = after_noon(300);
  event.peak_time = after_noon(60);
  event.value = 7'400;
  event.limit = 8'000;
  event.peak = 9'100;
  event.position = model::Position{471'234'567, 85'432'109};
  return event;
}

TEST(ToAlert, SaysEverythingThatIsKnown) {
  const auto alert = to_alert("truck-17", warm(rules::Phase::kCleared, rules::Ending::kRecovered));
  EXPECT_EQ(alert.alert_id(), alert_id({"truck-17", "temperature", "cargo", "1270296000000"}));
  EXPECT_EQ(alert.revision(), 3U);
  EXPECT_EQ(alert.state(), odograph::Alert::CLEARED);
  EXPECT_EQ(alert.reason(), odograph::Alert::RECOVERED);
  EXPECT_EQ(alert.vehicle_id(), "truck-17");
  EXPECT_EQ(alert.rule(), "temperature");
  EXPECT_EQ(alert.scope(), "cargo");
  EXPECT_EQ(alert.severity(), odograph::MAJOR);
  EXPECT_EQ(alert.unit(), "degC");
  EXPECT_EQ(alert.cause(), "above");
  EXPECT_EQ(alert.value(), 7.4);
  EXPECT_EQ(alert.limit(), 8.0);
  EXPECT_EQ(alert.peak(), 9.1);
  EXPECT_FALSE(alert.has_peak_position()) << "nobody knew where it was";
  EXPECT_EQ(alert.position().lat(), 47.1234567);
  const auto noon = to_timestamp(kNoon).seconds();
  EXPECT_EQ(alert.start_time().seconds(), noon);
  EXPECT_EQ(alert.time().seconds(), noon + 600);
  EXPECT_EQ(alert.end_time().seconds(), noon + 300);
}

TEST(ToAlert, SaysNothingOfAnEndThatHasNotCome) {
  const auto alert = to_alert("truck-17", warm(rules::Phase::kUpdated, rules::Ending::kNone));
  EXPECT_EQ(alert.state(), odograph::Alert::UPDATED);
  EXPECT_EQ(alert.reason(), odograph::Alert::REASON_UNSPECIFIED);
  EXPECT_FALSE(alert.has_end_time());
}

TEST(ToAlert, HasOneIdForAllRevisions) {
  const auto raised = to_alert("truck-17", warm(rules::Phase::kRaised, rules::Ending::kNone));
  const auto cleared = to_alert("truck-17", warm(rules::Phase::kCleared, rules::Ending::kExpired));
  EXPECT_EQ(raised.alert_id(), cleared.alert_id());
  EXPECT_NE(raised.alert_id(), to_alert("truck-18", warm(rules::Phase::kRaised, rules::Ending::kNone)).alert_id());
}

TEST(CloudEventHeaders, NameTheRevision) {
  odograph::Alert alert = to_alert("truck-17", warm(rules::Phase::kRaised, rules::Ending::kNone));
  alert.set_alert_id("some-id");
  using testing::Pair;
  EXPECT_THAT(cloud_event_headers(alert),
              testing::ElementsAre(Pair("ce_specversion", "1.0"), Pair("ce_id", "some-id:3"),
                                   Pair("ce_source", "/odograph/fleet"), Pair("ce_type", "fleet.alert.temperature.v1"),
                                   Pair("ce_subject", "truck-17"), Pair("content-type", "application/protobuf"),
                                   Pair("ce_time", "2010-04-03T12:10:00.000Z")));
  alert.clear_time();
  EXPECT_EQ(cloud_event_headers(alert).size(), 6U) << "an alert of a vehicle that never knew the time";
}

}  // namespace
}  // namespace odograph::alerts
