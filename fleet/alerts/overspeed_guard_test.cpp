#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fleet/alerts/overspeed_alerts.h"
#include "fleet/alerts/values.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::alerts {
namespace {

const base::UtcTime kNoon = *base::from_rfc3339("2026-03-02T12:00:00.000Z");
const Origin kOrigin{"truck-17", 7, 1};

constexpr auto kStart = model::EventPhase::kStart;
constexpr auto kUpdate = model::EventPhase::kUpdate;
constexpr auto kEnd = model::EventPhase::kEnd;

base::UtcTime at(int second) { return kNoon + std::chrono::seconds(second); }

int second_of(const google::protobuf::Timestamp& time) {
  return static_cast<int>(time.seconds() - to_timestamp(kNoon).seconds());
}

/// A second, and that at which the episode began.
struct When {
  int second = 0;
  int start = 0;
};

/// Overspeed of one vehicle, with its state saved and loaded between any two words.
struct Watched {
  OverspeedGuard guard{};
  OverspeedAlerts alerts{};
  std::vector<std::string> told{};
  std::vector<std::string> ids{};  ///< Each alert's, in the order in which they were raised.

  void take(const std::vector<odograph::Alert>& words) {
    for (const odograph::Alert& alert : words) {
      auto id = std::find(ids.begin(), ids.end(), alert.alert_id());
      if (id == ids.end()) id = ids.insert(ids.end(), alert.alert_id());
      std::string text = "#" + std::to_string(id - ids.begin()) + ":" + std::to_string(alert.revision()) + " " +
                         odograph::Alert::State_Name(alert.state()) + " @" + std::to_string(second_of(alert.time()));
      if (alert.has_end_time()) text += " end " + std::to_string(second_of(alert.end_time()));
      if (alert.state() == odograph::Alert::CLEARED) text += " " + odograph::Alert::Reason_Name(alert.reason());
      text += " peak " + std::to_string(static_cast<int>(alert.peak()));
      if (alert.flapping()) text += " flapping";
      told.push_back(text);
    }
    odograph::VehicleState state;
    alerts.save(state);
    alerts = OverspeedAlerts();
    alerts.load(state);
  }

  void on_time(int second) { take(alerts.on_time(at(second))); }

  void on(model::EventPhase phase, const When& when, int peak = 30, const char* scope = "") {
    model::RuleEvent event;
    event.phase = phase;
    event.severity = model::Severity::kWarning;
    event.scope = scope;
    event.start_ago = std::chrono::seconds(when.second - when.start);
    event.peak_ago = event.start_ago;
    event.peak_cmps = peak * 100;
    event.value_cmps = event.limit_cmps = 2'222;
    if (phase == kEnd) {
      event.end_reason = model::EndReason::kRecovered;
      event.end_ago = std::chrono::seconds(10);
    }
    model::Record record;
    record.utc = at(when.second);
    take(alerts.on_event(guard, kOrigin, record, event));
  }

  /// Over the limit for 10 s, and 10 s later it is cleared.
  void episode(int start, int peak = 30, const char* scope = "") {
    on(kStart, {start, start}, peak, scope);
    on(kEnd, {start + 20, start}, peak, scope);
  }
  /// Three of them, so that the next is held; then nothing was told.
  void flap() {
    for (int start : {0, 60, 120}) episode(start);
    EXPECT_EQ(told.size(), 6U);
    told.clear();
  }
};

TEST(OverspeedGuard, HoldsTheFourthAlertInTenMinutesUntilItIsStable) {
  Watched watched;
  watched.flap();
  watched.on(kStart, {180, 180});
  watched.on(kEnd, {200, 180});
  watched.on_time(789);
  watched.on_time(790);
  watched.on_time(2'000);
  EXPECT_THAT(watched.told, testing::ElementsAre("#3:1 RAISED @180 peak 30 flapping",
                                                 "#3:2 CLEARED @790 end 190 RECOVERED peak 30 flapping"));
}

TEST(OverspeedGuard, TakesARelapseOfAHeldAlertAsTheSameOne) {
  Watched watched;
  watched.flap();
  watched.episode(180);
  watched.episode(240, 29);            // No worse: not told.
  watched.on(kStart, {300, 300}, 31);  // Worse.
  watched.on(kUpdate, {305, 300}, 30);
  watched.on(kUpdate, {310, 300}, 33);
  watched.on(kEnd, {320, 300}, 34);
  watched.on(kEnd, {320, 300}, 34);    // Sent again.
  watched.on(kStart, {330, 330}, 30);  // What the end would have told is told now.
  watched.on(kEnd, {350, 330}, 30);
  watched.on_time(940);
  EXPECT_THAT(watched.told,
              testing::ElementsAre("#3:1 RAISED @180 peak 30 flapping", "#3:2 UPDATED @300 peak 31 flapping",
                                   "#3:3 UPDATED @310 peak 33 flapping", "#3:4 UPDATED @330 peak 34 flapping",
                                   "#3:5 CLEARED @940 end 340 RECOVERED peak 34 flapping"));
}

/// The alert lane may be ahead of the bulk lane: an event tells that time has gone on just as well.
TEST(OverspeedGuard, TellsAHeldEndBeforeWhatComesLater) {
  Watched watched;
  watched.flap();
  watched.episode(180);
  watched.on(kStart, {1'500, 1'500});
  watched.on_time(1'500);
  EXPECT_THAT(watched.told, testing::ElementsAre("#3:1 RAISED @180 peak 30 flapping",
                                                 "#3:2 CLEARED @790 end 190 RECOVERED peak 30 flapping",
                                                 "#4:1 RAISED @1500 peak 30"));
}

TEST(OverspeedGuard, EndsAHeldAlertWhereAnotherScopeBegins) {
  Watched watched;
  watched.flap();
  watched.episode(180);
  watched.episode(300, 30, "school");
  watched.on_time(5'000);
  EXPECT_THAT(
      watched.told,
      testing::ElementsAre("#3:1 RAISED @180 peak 30 flapping", "#3:2 CLEARED @300 end 190 RECOVERED peak 30 flapping",
                           "#4:1 RAISED @300 peak 30", "#4:2 CLEARED @320 end 310 RECOVERED peak 30"));
}

TEST(OverspeedGuard, LeavesSlowerOnesAlone) {
  Watched watched;
  for (int start : {0, 300, 600, 900}) watched.episode(start);
  EXPECT_EQ(watched.told.size(), 8U);
  EXPECT_THAT(watched.told, testing::Each(testing::Not(testing::HasSubstr("flapping"))));
  Watched unguarded{.guard = {.flap_cycles = 0}};
  for (int start = 0; start < 600; start += 60) unguarded.episode(start);
  EXPECT_EQ(unguarded.told.size(), 20U);
  EXPECT_THAT(unguarded.told, testing::Each(testing::Not(testing::HasSubstr("flapping"))));
}

TEST(OverspeedGuard, OpensTheAlertBeforeAgain) {
  Watched watched{.guard = {.reopen = std::chrono::seconds(60)}};
  watched.episode(0, 33);
  watched.on(kStart, {80, 80}, 30);
  watched.on(kUpdate, {90, 80}, 32);
  watched.on(kUpdate, {95, 80}, 35);
  watched.on(kEnd, {110, 80}, 35);
  watched.episode(171);
  EXPECT_THAT(watched.told,
              testing::ElementsAre("#0:1 RAISED @0 peak 33", "#0:2 CLEARED @20 end 10 RECOVERED peak 33",
                                   "#0:3 UPDATED @80 peak 33", "#0:4 UPDATED @95 peak 35",
                                   "#0:5 CLEARED @110 end 100 RECOVERED peak 35", "#1:1 RAISED @171 peak 30",
                                   "#1:2 CLEARED @191 end 181 RECOVERED peak 30"));
}

TEST(OverspeedGuard, ARestartedAgentSupersedesAndOtherRulesEndIt) {
  Watched watched;
  watched.flap();
  watched.episode(180);
  watched.on(kStart, {240, 240});
  watched.on(kStart, {250, 250}, 31);  // The end of the one before never came.
  watched.on(kEnd, {255, 240});        // Late.
  model::Record record;
  record.utc = at(260);
  watched.take(watched.alerts.on_other_rules(record));
  watched.on_time(5'000);
  EXPECT_THAT(watched.told, testing::ElementsAre("#3:1 RAISED @180 peak 30 flapping",
                                                 "#3:2 CLEARED @250 end 250 SUPERSEDED peak 30 flapping",
                                                 "#4:1 RAISED @250 peak 31 flapping",
                                                 "#4:2 CLEARED @260 end 260 SUPERSEDED peak 31 flapping"));
}

}  // namespace
}  // namespace odograph::alerts
