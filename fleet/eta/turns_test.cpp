#include "fleet/eta/turns.h"

#include <gtest/gtest.h>

#include "fleet/eta/test_plans.h"

namespace odograph::eta {
namespace {

constexpr double kMinute = 60;

/// 6 km east, stops at 2, 4 and 6 km, a minute at each; the next trip starts when this one is to be at its second stop.
Trip the_trip() { return plan({{0, 0}, {6000, 0}}, {{2000, 0, 200}, {4000, 0, 460}, {6000, 0, 720}}); }
Trip the_next() {
  Trip trip = plan({{8000, 200}, {4000, 200}}, {{4000, 200, 900}});
  trip.start_time = moment(500);
  return trip;
}

/// Neither on the one nor where the other begins.
Position elsewhere(double second) { return seen(second, {3000, 900}, 10, 90); }

struct Drive {
  Progress progress = *Progress::create(the_trip());
  Hold hold;
  Knowledge knowledge;
  double second = 0;

  void see(double east_m, double north_m, double speed_mps) {
    second += 10;
    const auto events = progress.observe(seen(second, {east_m, north_m}, speed_mps, 90), knowledge);
    hold.observe(progress, events);
  }
  /// At 10 m/s.
  void drive_to(double from_m, double to_m) {
    for (double east_m = from_m; east_m <= to_m; east_m += 100) see(east_m, 0, 10);
  }
  void stand(double east_m, double north_m, double seconds) {
    for (const double until = second + seconds; second < until;) see(east_m, north_m, 0);
  }
  bool holds() const { return hold.holds(progress, moment(second)); }
};

struct Case {
  const char* name;
  void (*drive)(Drive&);
  bool holds;
};

const Case kCases[] = {
    {"UnderWay", [](Drive& d) { d.drive_to(0, 1500); }, true},
    {"NeverSeen", [](Drive& d) { d.second = 600; }, false},
    {"NotSetOff", [](Drive& d) { d.stand(20, 0, 600); }, false},
    {"StandsAtTheFirstStopWithoutHavingSetOff", [](Drive& d) { d.stand(2000, 0, 600); }, false},
    {"BesideTheRouteFromTheBeginning", [](Drive& d) { d.stand(3000, 900, 600); }, false},
    {"InAJam", [](Drive& d) { d.drive_to(0, 1500), d.stand(1500, 0, 59 * kMinute); }, true},
    {"LeftStanding", [](Drive& d) { d.drive_to(0, 1500), d.stand(1500, 0, 62 * kMinute); }, false},
    {"NoiseIsNoWayForward",
     [](Drive& d) {
       d.drive_to(0, 1500);
       for (int i = 0; i < 40; ++i) d.stand(1500 + i % 3 * 30, 0, 100);
     },
     false},
    {"Detour", [](Drive& d) { d.drive_to(0, 1500), d.stand(1500, 900, 14 * kMinute); }, true},
    {"OffItsRoute", [](Drive& d) { d.drive_to(0, 1500), d.stand(1500, 900, 16 * kMinute); }, false},
    {"BackFromADetour", [](Drive& d) { d.drive_to(0, 1500), d.stand(1500, 900, 16 * kMinute), d.drive_to(1700, 1900); },
     true},
    {"AtAStop", [](Drive& d) { d.drive_to(0, 2000), d.stand(2000, 0, 60 * kMinute); }, true},
    {"LeftAtAStop", [](Drive& d) { d.drive_to(0, 2000), d.stand(2000, 0, 63 * kMinute); }, false},
    {"InTheYardOfAStop",
     [](Drive& d) { d.drive_to(0, 2000), d.stand(2000, 0, kMinute), d.stand(2000, 90, 30 * kMinute); }, true},
    {"LeavesAStopByAnotherRoad",
     [](Drive& d) { d.drive_to(0, 2000), d.stand(2000, 0, kMinute), d.stand(2000, 900, 16 * kMinute); }, false},
    {"GoesOnAfterALongStay", [](Drive& d) { d.drive_to(0, 2000), d.stand(2000, 0, 60.5 * kMinute), d.see(2060, 0, 6); },
     true},
};

class HoldOf : public testing::TestWithParam<Case> {};

TEST_P(HoldOf, TellsWhetherTheTripIsDriven) {
  Drive drive;
  GetParam().drive(drive);
  EXPECT_EQ(drive.holds(), GetParam().holds);
  Hold other;
  other.restore(drive.hold.memory());
  EXPECT_EQ(other.holds(drive.progress, moment(drive.second)), GetParam().holds) << "all of it is in its memory";
  const double second = std::max(drive.second, 500.0);
  EXPECT_EQ(begins(the_next(), &drive.progress, drive.hold, elsewhere(second)), !GetParam().holds);
  EXPECT_FALSE(begins(the_next(), &drive.progress, drive.hold, elsewhere(499))) << "never before its start";
}

INSTANTIATE_TEST_SUITE_P(All, HoldOf, testing::ValuesIn(kCases), [](const auto& one) { return one.param.name; });

TEST(Turns, BeginEarlyOnlyIfTheVehicleIsFree) {
  const Trip next = the_next();
  const double early = 500 - 15 * kMinute;
  EXPECT_FALSE(begins(next, nullptr, {}, elsewhere(early - 0.001)));
  EXPECT_TRUE(begins(next, nullptr, {}, elsewhere(early)));
  Drive drive;
  EXPECT_FALSE(begins(next, &drive.progress, {}, elsewhere(early)));
  drive.drive_to(0, 2000), drive.stand(2000, 0, kMinute);
  drive.drive_to(2100, 4000), drive.stand(4000, 0, kMinute);
  drive.drive_to(4100, 6000), drive.stand(6000, 0, kMinute);
  ASSERT_TRUE(drive.progress.finished());
  EXPECT_TRUE(begins(next, &drive.progress, drive.hold, elsewhere(early)));
}

struct Turn {
  const char* name;
  std::pair<double, double> next_from;
  std::pair<double, double> seen_at;
  bool begins;
};

const Turn kPlaces[] = {
    {"WhereTheNextBegins", {8000, 200}, {7800, 200}, true},
    {"NotYetThere", {8000, 200}, {7600, 200}, false},
    {"OnItsRouteTheNextBeginsBesideIt", {3000, 200}, {3000, 10}, false},
    {"BesideItsRouteAtTheNext", {3000, 200}, {3000, 150}, true},
    {"BackFromItsEnd", {1500, 0}, {1300, 0}, true},
    {"AtItsPlace", {1500, 0}, {1480, 0}, false},
};

class TurnAt : public testing::TestWithParam<Turn> {};

TEST_P(TurnAt, TheNextsBeginningEndsWhatIsHeld) {
  Drive drive;
  drive.drive_to(0, 1500);
  Trip next = plan({GetParam().next_from, {9000, 900}}, {{9000, 900, 900}});
  next.start_time = moment(500);
  EXPECT_EQ(begins(next, &drive.progress, drive.hold, seen(500, GetParam().seen_at, 5, 270)), GetParam().begins);
  EXPECT_FALSE(begins(next, &drive.progress, drive.hold, seen(499, GetParam().seen_at, 5, 270)));
}

INSTANTIATE_TEST_SUITE_P(All, TurnAt, testing::ValuesIn(kPlaces), [](const auto& one) { return one.param.name; });

TEST(Turns, ATripThatBeginsLateBehindAnotherHasAnHourToSetOff) {
  Drive before;
  before.drive_to(0, 2000), before.stand(2000, 0, kMinute);
  before.drive_to(2100, 4000), before.stand(4000, 0, kMinute);
  const Progress next = *Progress::create(the_next());
  const base::UtcTime now = moment(510);
  EXPECT_FALSE(Hold::begin(the_next(), &before.progress, now).holds(next, now)) << "the one before was left";
  before.drive_to(4100, 6000), before.stand(6000, 0, kMinute);
  EXPECT_FALSE(Hold::begin(the_next(), nullptr, now).holds(next, now));
  EXPECT_FALSE(Hold::begin(the_next(), &before.progress, moment(500)).holds(next, moment(500))) << "it is not late";
  const Hold hold = Hold::begin(the_next(), &before.progress, now);
  EXPECT_TRUE(hold.holds(next, now + Hold::kSetOff));
  EXPECT_FALSE(hold.holds(next, now + Hold::kSetOff + base::Millis{1}));
}

TEST(Turns, GiveUpADayAfterThePlan) {
  const base::UtcTime end = moment(780);
  EXPECT_FALSE(is_given_up(the_trip(), end + kGiveUp));
  EXPECT_TRUE(is_given_up(the_trip(), end + kGiveUp + base::Millis{1}));
}

}  // namespace
}  // namespace odograph::eta
