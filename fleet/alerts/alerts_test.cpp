#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/alerts/alert_id.h"
#include "fleet/alerts/overspeed_alerts.h"
#include "fleet/alerts/values.h"

namespace odograph::alerts {
namespace {

using base::Millis;
using model::EndReason;
using model::EventPhase;

const base::UtcTime kNoon = *base::from_rfc3339("2010-04-03T12:00:00.000Z");

// The values on the right were computed by another implementation of RFC 4122 (Python's uuid.uuid5).
TEST(AlertId, IsTheUuidThatOthersCompute) {
  EXPECT_EQ(alert_id({"truck-17", "overspeed", "", "1270293745844"}), "9d9b115c-8c5c-5daf-80ad-ae4d3547efe0");
  EXPECT_EQ(alert_id({"truck-17", "overspeed", "school", "1270293745844"}), "131b6a3e-0ac1-5b5a-8d2a-0619cf9b3634");
}

TEST(Values, AreTheNearestToTheDecimalFraction) {
  const odograph::Position position = to_position({471234567, -85432109});
  EXPECT_EQ(position.lat(), 47.1234567);
  EXPECT_EQ(position.lon(), -8.5432109);
  EXPECT_EQ(to_mps(2222), 22.22);
  EXPECT_EQ(to_timestamp(kNoon + Millis(844)).nanos(), 844'000'000);
  const auto before_1970 = to_timestamp(base::UtcTime(Millis(-1)));
  EXPECT_EQ(before_1970.seconds(), -1);
  EXPECT_EQ(before_1970.nanos(), 999'000'000);
}

/// An event told so many seconds after noon, about an episode that began so many seconds after noon.
struct Told {
  EventPhase phase;
  int at_s;
  int start_s;
  const char* scope = "";
  EndReason end_reason = EndReason::kNone;
  model::EventKind kind = model::EventKind::kOverspeed;
};

model::RuleEvent to_event(const Told& told) {
  model::RuleEvent event;
  event.kind = told.kind;
  event.phase = told.phase;
  event.severity = model::Severity::kWarning;
  event.end_reason = told.end_reason;
  event.scope = told.scope;
  event.start_ago = std::chrono::seconds(told.at_s - told.start_s);
  event.value_cmps = 2300;
  event.limit_cmps = 2222;
  event.peak_cmps = 2350;
  event.peak_position = {470000000, 80000000};
  event.position = model::Position{471234567, 85432109};
  return event;
}

model::Record record_at(int at_s) {
  model::Record record;
  record.n = 7;
  record.utc = kNoon + std::chrono::seconds(at_s);
  record.time_quality = model::TimeQuality::kGnss;
  return record;
}

const Origin kOrigin{"truck-17", 0x0123456789abcdef, 4};

/// "RAISED 1", with the start in seconds after noon behind it.
std::string summary(const odograph::Alert& alert) {
  const auto start = alert.start_time().seconds() - to_timestamp(kNoon).seconds();
  std::string text = odograph::Alert::State_Name(alert.state()) + " " + std::to_string(alert.revision());
  text += " @" + std::to_string(start);
  if (alert.state() == odograph::Alert::CLEARED) text += " " + odograph::Alert::Reason_Name(alert.reason());
  return text;
}

struct LifeCase {
  const char* name;
  std::vector<Told> told;
  std::vector<std::string> alerts;
};

constexpr auto kStart = EventPhase::kStart;
constexpr auto kUpdate = EventPhase::kUpdate;
constexpr auto kEnd = EventPhase::kEnd;

const LifeCase kLives[] = {
    {"RaisedAndCleared",
     {{kStart, 0, 0}, {kEnd, 30, 0, "", EndReason::kRecovered}},
     {"RAISED 1 @0", "CLEARED 2 @0 RECOVERED"}},
    {"UpdatedTwice",
     {{kStart, 0, 0}, {kUpdate, 60, 0}, {kUpdate, 120, 0}, {kEnd, 150, 0, "", EndReason::kRecovered}},
     {"RAISED 1 @0", "UPDATED 2 @0", "UPDATED 3 @0", "CLEARED 4 @0 RECOVERED"}},
    {"FromOneScopeIntoTheNext",
     {{kStart, 0, 0}, {kEnd, 30, 0, "", EndReason::kLeftScope}, {kStart, 30, 30, "school"}},
     {"RAISED 1 @0", "CLEARED 2 @0 LEFT_SCOPE", "RAISED 1 @30"}},
    {"TwoEpisodes",
     {{kStart, 0, 0}, {kEnd, 30, 0, "", EndReason::kRecovered}, {kStart, 60, 60}},
     {"RAISED 1 @0", "CLEARED 2 @0 RECOVERED", "RAISED 1 @60"}},
    {"RaisedAfterItsMinimumDuration", {{kStart, 10, 0}}, {"RAISED 1 @0"}},
    {"AnEndThatNeverCame",
     {{kStart, 0, 0}, {kStart, 60, 60}, {kEnd, 90, 60, "", EndReason::kRecovered}},
     {"RAISED 1 @0", "CLEARED 2 @0 SUPERSEDED", "RAISED 1 @60", "CLEARED 2 @60 RECOVERED"}},
    {"ABeginningThatNobodySaw",
     {{kUpdate, 60, 0}, {kEnd, 90, 0, "", EndReason::kRecovered}},
     {"UPDATED 2 @0", "CLEARED 3 @0 RECOVERED"}},
    {"RaisedTwice", {{kStart, 0, 0}, {kStart, 0, 0}}, {"RAISED 1 @0"}},
    {"ClearedTwice",
     {{kStart, 0, 0}, {kEnd, 30, 0, "", EndReason::kExpired}, {kEnd, 30, 0, "", EndReason::kExpired}},
     {"RAISED 1 @0", "CLEARED 2 @0 EXPIRED"}},
    {"RaisedAgainAfterItWasCleared",
     {{kStart, 0, 0}, {kEnd, 30, 0, "", EndReason::kRecovered}, {kStart, 0, 0}, {kUpdate, 20, 0}},
     {"RAISED 1 @0", "CLEARED 2 @0 RECOVERED"}},
    {"AnEarlierEpisodeComesLate", {{kStart, 60, 60}, {kUpdate, 40, 0}}, {"RAISED 1 @60"}},
    {"AnInstantIsNoEpisode", {{EventPhase::kInstant, 0, 0}}, {}},
    {"AnotherKindOfEvent", {{kStart, 0, 0, "", EndReason::kNone, model::EventKind::kPanic}}, {}},
};

TEST(OverspeedAlerts, LiveOnce) {
  for (const LifeCase& row : kLives) {
    OverspeedAlerts alerts;
    std::vector<std::string> summaries;
    for (const Told& told : row.told) {
      for (const auto& alert : alerts.on_event({}, kOrigin, record_at(told.at_s), to_event(told))) {
        summaries.push_back(summary(alert));
      }
    }
    EXPECT_THAT(summaries, testing::ElementsAreArray(row.alerts)) << row.name;
  }
}

TEST(OverspeedAlerts, SayEverythingThatIsKnown) {
  OverspeedAlerts alerts;
  model::RuleEvent event = to_event({kEnd, 90, 0, "school", EndReason::kRecovered});
  event.severity = model::Severity::kMajor;
  event.end_ago = Millis(10'500);
  event.peak_ago = Millis(60'000);
  const auto told = alerts.on_event({}, kOrigin, record_at(90), event);
  ASSERT_EQ(told.size(), 1U);
  const odograph::Alert& alert = told.front();
  EXPECT_EQ(alert.vehicle_id(), "truck-17");
  EXPECT_EQ(alert.rule(), "overspeed");
  EXPECT_EQ(alert.scope(), "school");
  EXPECT_EQ(alert.severity(), odograph::MAJOR);
  EXPECT_EQ(alert.unit(), "m/s");
  EXPECT_EQ(alert.limit(), 22.22);
  EXPECT_EQ(alert.value(), 23.0);
  EXPECT_EQ(alert.peak(), 23.5);
  EXPECT_EQ(alert.position().lat(), 47.1234567);
  EXPECT_EQ(alert.peak_position().lat(), 47.0);
  const auto noon = to_timestamp(kNoon).seconds();
  EXPECT_EQ(alert.start_time().seconds(), noon);
  EXPECT_EQ(alert.time().seconds(), noon + 90);
  EXPECT_EQ(alert.peak_time().seconds(), noon + 30);
  EXPECT_EQ(alert.end_time().seconds(), noon + 79);
  EXPECT_EQ(alert.end_time().nanos(), 500'000'000);
}

TEST(OverspeedAlerts, WithoutUtcHaveAnIdButNoTimes) {
  OverspeedAlerts alerts;
  model::Record record = record_at(0);
  record.utc.reset();
  record.boot_time = base::BootTime(Millis(60'000));
  const auto raised = alerts.on_event({}, kOrigin, record, to_event({kStart, 0, 0}));
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised.front().alert_id(), alert_id({"truck-17", "overspeed", "", "0123456789abcdef/4/60000"}));
  EXPECT_FALSE(raised.front().has_time());
  EXPECT_FALSE(raised.front().has_start_time());
  record.boot_time = base::BootTime(Millis(90'000));
  const auto cleared = alerts.on_event({}, kOrigin, record, to_event({kEnd, 30, 0, "", EndReason::kRecovered}));
  ASSERT_EQ(cleared.size(), 1U);
  EXPECT_EQ(cleared.front().alert_id(), raised.front().alert_id());
  EXPECT_EQ(cleared.front().revision(), 2U);
}

}  // namespace
}  // namespace odograph::alerts
