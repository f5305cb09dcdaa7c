#include "fleet/eta/learned.h"

#include <gmock/gmock.h>

#include <cmath>

#include "fleet/eta/test_plans.h"

namespace odograph::eta {
namespace {

using testing::HasSubstr;

Piece piece() {
  const auto route = Route::create(plan({{0, 0}, {1000, 0}}, {{1000, 0, 100}}));
  return route->pieces()[3];
}

TEST(Profile, WithNothingLearntHasThePlansPace) { EXPECT_NEAR(Profile{}.pace_spm(piece(), moment(0)), 0.1, 1e-4); }

TEST(Profile, LearnsThePaceOfItsTimeAndKindOfDay) {
  Profile profile;
  // Five weeks: 0.4 s a metre on Mondays at eight, 0.1 at noon, 0.1 on Saturdays at eight.
  for (int week = 0; week < 5; ++week) {
    for (int vehicle = 0; vehicle < 10; ++vehicle) {
      const double second = week * 7 * 86400.0;
      profile.learn(piece(), moment(second), 150, 60);
      profile.learn(piece(), moment(second + 4 * 3600), 150, 15);
      profile.learn(piece(), moment(second + 5 * 86400), 150, 15);
    }
  }
  EXPECT_NEAR(profile.pace_spm(piece(), moment(60)), 0.4, 0.06);
  EXPECT_NEAR(profile.pace_spm(piece(), moment(4 * 3600)), 0.1, 0.02);
  EXPECT_NEAR(profile.pace_spm(piece(), moment(5 * 86400)), 0.1, 0.04);
  EXPECT_NEAR(profile.pace_spm(piece(), moment(86400 + 60)), 0.4, 0.06) << "a Tuesday is of the same kind";
}

TEST(Profile, ReachesOverTheEndOfTheDay) {
  // Slow just before (just after) midnight and quick at noon, and another road the other way round, so that the fleet
  // is the same at both.
  constexpr double kMidnight = 16 * 3600;
  Piece other = piece();
  other.cell += 1ULL << 24;
  other.coarse += 1ULL << 24;
  for (const double side : {-1, 1}) {
    Profile profile;
    for (int i = 0; i < 200; ++i) {
      profile.learn(piece(), moment(kMidnight + side * 300), 150, 45);
      profile.learn(piece(), moment(4 * 3600), 150, 15);
      profile.learn(other, moment(kMidnight + side * 300), 150, 15);
      profile.learn(other, moment(4 * 3600), 150, 45);
    }
    const double near = profile.pace_spm(piece(), moment(kMidnight - side * 2'100));
    const double far = profile.pace_spm(piece(), moment(kMidnight - side * 7'200));
    EXPECT_GT(near, 1.2 * far) << side;
    EXPECT_GT(profile.pace_spm(piece(), moment(kMidnight + side * 300)), near) << side;
  }
}

TEST(Profile, AnUnknownRoadIsAsSlowAsTheFleetFindsThePlan) {
  Profile profile;
  for (int i = 0; i < 200; ++i) profile.learn(piece(), moment(i * 60.0), 150, 30);
  Piece unknown = piece();
  unknown.cell += 1ULL << 24;
  unknown.coarse += 1ULL << 24;
  EXPECT_NEAR(profile.pace_spm(unknown, moment(6000)), 0.2, 0.03);
}

TEST(Correction, FollowsTheLastMinutesAndForgets) {
  Correction correction;
  EXPECT_EQ(correction.factor(piece(), moment(0), 0), 1);
  for (int i = 0; i < 30; ++i) correction.learn(piece(), moment(i * 30.0), 30, 15);
  EXPECT_GT(correction.factor(piece(), moment(900), 0), 1.5);
  EXPECT_LT(correction.factor(piece(), moment(900), 0), 2.5);
  EXPECT_NEAR(correction.factor(piece(), moment(900 + 6 * 3600), 0), 1, 0.05);
  EXPECT_LT(correction.factor(piece(), moment(900), 3600), correction.factor(piece(), moment(900), 0));
}

TEST(Dwell, LearnsTheMedianOfAllAndOfAStopAndWhatIsLeft) {
  Dwell dwell;
  const Trip trip = plan({{0, 0}, {1000, 0}}, {{500, 0, 50}, {1000, 0, 200}});
  EXPECT_NEAR(dwell.expected_s(trip.stops[0]), 60, 1e-6);
  for (int i = 0; i < 50; ++i) dwell.learn(trip.stops[0], 180);
  EXPECT_NEAR(dwell.expected_s(trip.stops[0]), 180, 12);
  EXPECT_NEAR(dwell.expected_s(trip.stops[1]), 180, 20) << "a stop that was never served is as all are";
  EXPECT_NEAR(dwell.remaining_s(trip.stops[0], 0), 180, 15);
  EXPECT_LT(dwell.remaining_s(trip.stops[0], 150), 60);
  EXPECT_GT(dwell.remaining_s(trip.stops[0], 3600), 0);
}

TEST(Bands, LearnTheQuantilesOfTheirHorizon) {
  Bands bands;
  // At four minutes: 0.8, 0.81, ... 1.2 times what was predicted, evenly.
  for (int round = 0; round < 40; ++round) {
    for (int percent = 80; percent <= 120; ++percent) bands.learn(240, 2.4 * percent, 1);
  }
  const Band band = bands.at(240, 1);
  EXPECT_NEAR(band.p10, 0.84, 0.03);
  EXPECT_NEAR(band.p50, 1.0, 0.03);
  EXPECT_NEAR(band.p90, 1.16, 0.03);
  EXPECT_LT(bands.at(240, 0).p10, 0.75) << "nothing was learnt of predictions without a stay";
}

TEST(Bands, NarrowAtEveryHorizonWhileArrivalsStayInside) {
  Bands bands;
  const Band before = bands.at(3840, 1);
  // In the middle of a bin, so that it lies within the band that grows around it.
  for (int i = 0; i < 3000; ++i) bands.learn(240, 240 * 1.015, 1);
  const Band after = bands.at(3840, 1);
  // Each of 3,000 arrivals inside takes a ten-thousandth: exp(-0.3) of the logarithms is left.
  EXPECT_NEAR(std::log(after.p90) / std::log(before.p90), std::exp(-0.3), 0.05);
  EXPECT_NEAR(std::log(after.p10) / std::log(before.p10), std::exp(-0.3), 0.05);
}

Learned something() {
  Learned learned;
  const Trip trip = plan({{0, 0}, {1000, 0}}, {{1000, 0, 100}});
  for (int i = 0; i < 20; ++i) learned.profile.learn(piece(), moment(i * 3000.0), 150, 20 + i);
  learned.dwell.learn(trip.stops[0], 100);
  learned.bands.learn(300, 330, 0);
  return learned;
}

TEST(Learned, ComesBackFromTextAsItWas) {
  const std::string text = to_text(something());
  const auto again = from_text(text);
  ASSERT_TRUE(again.has_value()) << again.error().what;
  EXPECT_EQ(to_text(*again), text);
  EXPECT_NEAR(again->profile.pace_spm(piece(), moment(0)), something().profile.pace_spm(piece(), moment(0)), 1e-5);
}

struct Refused {
  const char* name;
  const char* text;
  const char* why;
};

const Refused kRefused[] = {
    {"Nothing", "", "line 1: nothing"},
    {"SomethingElse", "{}\n", "line 1: this is no profile"},
    {"NewerVersion", "odograph-eta 2\nplan 0 0\n", "version '2'"},
    {"CutOff", "odograph-eta 1\nplan 1 1", "line 2: it is cut off"},
    {"UnknownWord", "odograph-eta 1\nplane 0 0\n", "line 2: its first word"},
    {"NegativeSeconds", "odograph-eta 1\nplan -1 0\n", "line 2: field seconds"},
    {"NotFinite", "odograph-eta 1\nplan nan 0\n", "line 2: field seconds"},
    {"TooManyWords", "odograph-eta 1\nplan 1 1 1\n", "line 2: field seconds"},
    {"SlotBeyondTheWeek", "odograph-eta 1\nfleet 288 1 1\n", "line 2: field slot"},
    {"SlotsOutOfOrder", "odograph-eta 1\ncell 1f 1 1 5 1 1 5 1 1\n", "line 2: field slot"},
    {"CellNoNumber", "odograph-eta 1\ncell xyz 1 1\n", "line 2: field cell"},
    {"DwellWithoutName", "odograph-eta 1\ndwell 1 0 0 0\n", "line 2: field stop_id"},
    {"BandOfNoHorizon", "odograph-eta 1\nband 0 9 1\n", "line 2: field horizon"},
    {"WidthOfNothing", "odograph-eta 1\nwidths 0 1\n", "line 2: field width"},
    {"BandTooShort", "odograph-eta 1\nband 0 1 1 2 3\n", "line 2: field count"},
};

class LearnedRefuses : public testing::TestWithParam<Refused> {};

TEST_P(LearnedRefuses, NamingTheLine) {
  const auto learned = from_text(GetParam().text);
  ASSERT_FALSE(learned.has_value());
  EXPECT_THAT(learned.error().what, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, LearnedRefuses, testing::ValuesIn(kRefused),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace odograph::eta
