#include "fleet/eta/progress.h"

#include <gmock/gmock.h>

#include "fleet/eta/test_plans.h"

namespace odograph::eta {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = StopEvent::Kind;

/// A vehicle on its trip, with a fleet that has learnt nothing: the plan's 0.1 s a metre and 60 s a stop are all it
/// has.
struct Drive {
  explicit Drive(Trip trip) : progress(*Progress::create(std::move(trip))) {}

  void see(const Position& position) {
    for (const StopEvent& event : progress.observe(position, knowledge)) events.push_back(event);
  }
  /// East along the x axis at 10 m/s, a position every 10 s, both ends included.
  void drive_east(double from_s, double to_s, double from_m) {
    for (double second = from_s; second <= to_s; second += 10)
      see(seen(second, {from_m + (second - from_s) * 10, 0}, 10, 90));
  }

  Knowledge knowledge;
  Progress progress;
  std::vector<StopEvent> events;
};

/// 5,000 m east, stops at 2,000 and 5,000 m, planned at 10 m/s.
Trip two_stops() { return plan({{0, 0}, {5000, 0}}, {{2000, 0, 200}, {5000, 0, 560}}); }

testing::Matcher<StopEvent> event(std::size_t stop, Kind kind, double second, double within_s) {
  return testing::Truly([=](const StopEvent& one) {
    return one.stop == stop && one.kind == kind && std::abs(seconds_between(moment(second), one.time)) <= within_s;
  });
}

TEST(Progress, EstimatesThePlanWhenItRunsToPlan) {
  Drive drive(two_stops());
  drive.drive_east(0, 100, 0);
  const auto estimates = drive.progress.estimate(drive.knowledge);
  ASSERT_EQ(estimates.size(), 2U);
  // 1,000 m are left at 10 m/s; then 60 s of standing and 3,000 m.
  EXPECT_NEAR(seconds_between(moment(200), estimates[0].p50), 0, 3);
  EXPECT_NEAR(seconds_between(moment(560), estimates[1].p50), 0, 12);
  EXPECT_NEAR(static_cast<double>(estimates[1].delay_s), 0, 12);
  for (const Estimate& one : estimates) {
    EXPECT_LT(one.p10, one.p50);
    EXPECT_LT(one.p50, one.p90);
  }
  EXPECT_GT(estimates[1].uncertainty_s, estimates[0].uncertainty_s);
}

TEST(Progress, EstimatesOfAStepAreThoseOfAnyTime) {
  Drive drive(two_stops());
  EXPECT_THAT(drive.progress.estimate_of_step(drive.knowledge), IsEmpty()) << "no position yet";
  for (double second = 0; second <= 600; second += 5) {
    drive.see(seen(second, {second * 9, second < 300 ? 0 : 5}, 9, 90));
    EXPECT_EQ(drive.progress.estimate_of_step(drive.knowledge), drive.progress.estimate(drive.knowledge)) << second;
  }
  // What an earlier step had reckoned is not taken for this one's.
  Drive other(two_stops());
  other.drive_east(0, 40, 0);
  other.see(seen(41, {410, 0}, 10, 90));
  EXPECT_EQ(other.progress.estimate_of_step(other.knowledge), other.progress.estimate(other.knowledge));
}

TEST(Progress, SlowsDownWithTheVehicle) {
  Drive drive(two_stops());
  // Half the planned speed for 300 s.
  for (double second = 0; second <= 300; second += 10) drive.see(seen(second, {second * 5, 0}, 5, 90));
  const auto estimates = drive.progress.estimate(drive.knowledge);
  ASSERT_EQ(estimates.size(), 2U);
  // 500 m to go: 50 s by the plan, 100 s if it goes on like that. Seen for 300 s only, it is believed for the larger
  // part.
  EXPECT_GT(seconds_between(moment(300), estimates[0].p50), 65);
  EXPECT_LT(seconds_between(moment(300), estimates[0].p50), 105);
}

TEST(Progress, TellsArrivalAndDepartureBetweenPositions) {
  Drive drive(two_stops());
  // It drives till 1,950 m at 195 s, stands at the stop from about 200 s to 245 s and is 50 m beyond it at 250 s.
  drive.drive_east(0, 190, 0);
  drive.see(seen(200, {1998, 0}, 0, 90));
  EXPECT_EQ(drive.progress.status(), StopStatus::kStoppedAt);
  for (double second = 210; second <= 240; second += 10) drive.see(seen(second, {1998, 0}, 0, 90));
  drive.see(seen(250, {2050, 0}, 10, 90));
  EXPECT_THAT(drive.events, ElementsAre(event(0, Kind::kArrival, 200, 3), event(0, Kind::kDeparture, 244.8, 1.5)));
  EXPECT_NEAR(drive.events[1].stood_s, 45, 4);
  EXPECT_EQ(drive.progress.status(), StopStatus::kInTransitTo);
}

TEST(Progress, NoiseAtAStopIsNeitherDepartureNorASecondArrival) {
  Drive drive(two_stops());
  drive.drive_east(0, 190, 0);
  const double noise[][2] = {{5, 8}, {-12, 4}, {9, -15}, {-20, 10}, {14, 3}, {0, -9}, {22, 12}, {-6, 18}};
  double second = 200;
  for (const auto& [east_m, north_m] : noise) drive.see({moment(second += 30), at(2000 + east_m, north_m), 0.4, 217.0});
  EXPECT_THAT(drive.events, ElementsAre(event(0, Kind::kArrival, 204, 5)));
}

TEST(Progress, AStopWithoutAHaltIsPassedAndTheNextOneCounts) {
  Drive drive(two_stops());
  drive.drive_east(0, 220, 0);
  EXPECT_THAT(drive.events, ElementsAre(event(0, Kind::kPassed, 200, 0.5))) << "passed only 100 m on, and back-dated";
  EXPECT_EQ(drive.progress.estimate(drive.knowledge).size(), 1U);
}

TEST(Progress, AHaltThatNoPositionSawIsToldFromTheTimeThatDrivingDoesNotExplain) {
  Drive drive(two_stops());
  drive.drive_east(0, 180, 0);
  // 400 m need 40 s; it took 110 s. So 70 s were spent at the stop, from 200 s on.
  drive.see(seen(290, {2200, 0}, 10, 90));
  EXPECT_THAT(drive.events, ElementsAre(event(0, Kind::kArrival, 200, 1), event(0, Kind::kDeparture, 270, 2)));
}

TEST(Progress, StandingInTrafficFarFromTheStopIsNoArrival) {
  Drive drive(two_stops());
  drive.drive_east(0, 100, 0);
  for (double second = 110; second <= 300; second += 10) drive.see(seen(second, {1000, 0}, 0, 90));
  EXPECT_THAT(drive.events, IsEmpty());
}

TEST(Progress, BeginsMidRouteBehindTheStopsThatLieThere) {
  Drive drive(two_stops());
  drive.drive_east(300, 320, 3000);
  EXPECT_EQ(drive.progress.estimate(drive.knowledge).size(), 1U);
  EXPECT_NEAR(drive.progress.at_m(), 3200, 1);
}

TEST(Progress, BeforeTheStartAPositionElsewhereOnTheRouteIsNotTheTrip) {
  Drive drive(two_stops());
  drive.see(seen(-300, {3000, 0}, 10, 90));
  drive.see(seen(-290, {3100, 0}, 10, 90));
  EXPECT_EQ(drive.progress.early(), 2U);
  EXPECT_THAT(drive.progress.estimate(drive.knowledge), IsEmpty());
  drive.see(seen(-60, {10, 0}, 0, 0));
  const auto estimates = drive.progress.estimate(drive.knowledge);
  ASSERT_EQ(estimates.size(), 2U);
  // It waits for its start: a minute and 200 s.
  EXPECT_NEAR(seconds_between(moment(-60), estimates[0].p50), 259, 4);
}

TEST(Progress, OffRouteEstimatesByTheCrowAndWidely) {
  Drive drive(two_stops());
  drive.drive_east(0, 100, 0);
  const auto on = drive.progress.estimate(drive.knowledge);
  for (double second = 110; second <= 150; second += 10) drive.see(seen(second, {1000, (second - 80) * 10}, 10, 0));
  ASSERT_EQ(drive.progress.state(), RouteState::kOffRoute);
  const auto off = drive.progress.estimate(drive.knowledge);
  ASSERT_EQ(off.size(), 2U);
  // sqrt(1000^2 + 700^2) = 1,221 m, a third more for detours, at 10 m/s.
  EXPECT_NEAR(seconds_between(moment(150), off[0].p50), 158.7, 6);
  EXPECT_GT(off[0].uncertainty_s, on[0].uncertainty_s);
  // Back on the road and two positions later it is as it was.
  drive.drive_east(300, 310, 1500);
  EXPECT_EQ(drive.progress.state(), RouteState::kOnRoute);
  EXPECT_NEAR(seconds_between(moment(310), drive.progress.estimate(drive.knowledge)[0].p50), 40, 6);
}

TEST(Progress, GoesOnOverMidnight) {
  Trip trip = two_stops();
  const auto shift = std::chrono::hours{15} + std::chrono::minutes{58};  // From 08:00 to 23:58.
  trip.start_time += shift;
  for (PlannedStop& stop : trip.stops) {
    stop.planned_arrival += shift;
    stop.planned_departure += shift;
  }
  Drive drive(std::move(trip));
  for (double second = 0; second <= 100; second += 10) {
    Position position = seen(second, {second * 10, 0}, 10, 90);
    position.time += shift;
    drive.see(position);
  }
  const auto estimates = drive.progress.estimate(drive.knowledge);
  ASSERT_EQ(estimates.size(), 2U);
  EXPECT_EQ(base::to_rfc3339(estimates[1].p50).substr(0, 10), "2026-03-03");
  EXPECT_NEAR(seconds_between(moment(560) + shift, estimates[1].p50), 0, 12);
}

TEST(Progress, PositionsThatAreNotNewerAreCountedAndIgnored) {
  Drive drive(two_stops());
  drive.drive_east(0, 100, 0);
  const auto before = drive.progress.estimate(drive.knowledge);
  drive.see(seen(100, {500, 0}, 10, 90));
  drive.see(seen(50, {500, 0}, 10, 90));
  EXPECT_EQ(drive.progress.late(), 2U);
  EXPECT_EQ(drive.progress.estimate(drive.knowledge), before);
}

TEST(Progress, WithoutSpeedsItTakesThemFromThePositions) {
  Drive drive(two_stops());
  for (double second = 0; second <= 190; second += 10) drive.see({moment(second), at(second * 10, 0), {}, {}});
  for (double second = 200; second <= 250; second += 10) drive.see({moment(second), at(2000, 0), {}, {}});
  EXPECT_THAT(drive.events, ElementsAre(event(0, Kind::kArrival, 205, 6)));
}

}  // namespace
}  // namespace odograph::eta
