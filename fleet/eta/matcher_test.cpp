#include "fleet/eta/matcher.h"

#include <gmock/gmock.h>

#include "fleet/eta/test_plans.h"

namespace odograph::eta {
namespace {

/// Where a position should be found; nothing where it should not be.
struct Step {
  Position position;
  std::optional<double> at_m;
  RouteState state = RouteState::kOnRoute;
};

struct Case {
  const char* name;
  Corners path;
  StopAt last;
  std::vector<Step> steps;
};

const Corners kStraight = {{0, 0}, {10'000, 0}};
// 1,000 m east, 500 north, back west and south: laps of 3,000 m.
const Corners kRoundTwice = {{0, 0},    {1000, 0},   {1000, 500}, {0, 500}, {0, 0},
                             {1000, 0}, {1000, 500}, {0, 500},    {0, 0}};
const Corners kEight = {{0, 0}, {1000, 0}, {1000, 500}, {500, 500}, {500, -500}};
// A kilometre out and the same road back.
const Corners kOutAndBack = {{0, 0}, {1000, 0}, {0, 0}};

const Case kCases[] = {
    {"Straight",
     kStraight,
     {10'000, 0, 1000},
     {{seen(0, {0, 5}, 10, 90), 0}, {seen(30, {300, -8}, 10, 90), 300}, {seen(60, {610, 12}, 11, 90), 610}}},
    // At 10 m/s a lap takes 300 s: 0, 100, ... 400 s are the metres.
    {"SecondLapOfALoop",
     kRoundTwice,
     {0, 0, 600},
     {{seen(0, {0, 0}, 10, 90), 0},
      {seen(100, {1000, 0}, 10, 90), 1000},
      {seen(200, {500, 500}, 10, 270), 2000},
      {seen(290, {0, 100}, 10, 180), 2900},
      {seen(310, {100, 0}, 10, 90), 3100},
      {seen(400, {1000, 0}, 10, 90), 4000}}},
    // The branches cross at (500, 0), 500 m and 2,500 m along.
    {"CrossingOfAFigureOfEight",
     kEight,
     {500, -500, 250},
     {{seen(0, {400, 0}, 10, 90), std::nullopt, RouteState::kUnknown},
      {seen(10, {500, 0}, 10, 90), 500},
      {seen(20, {600, 0}, 10, 90), 600},
      {seen(120, {600, 500}, 10, 270), 1900},
      {seen(180, {500, 0}, 10, 180), 2500},
      {seen(190, {500, -100}, 10, 180), 2600}}},
    {"SameRoadBackIsTheOtherDirection",
     kOutAndBack,
     {0, 0, 200},
     {{seen(0, {0, 0}, 10, 90), 0},
      {seen(90, {900, 0}, 10, 90), 900},
      {seen(110, {900, 0}, 10, 270), 1100},
      {seen(150, {500, 0}, 10, 270), 1500}}},
    {"FoundOnTheWayBackByItsCourse",
     kOutAndBack,
     {0, 0, 200},
     {{seen(0, {700, 0}, 10, 270), std::nullopt, RouteState::kUnknown}, {seen(10, {600, 0}, 10, 270), 1400}}},
    // Three positions beside the road, then back on it 2 km on: the first one there might be a crossing.
    {"OffRouteAndBack",
     kStraight,
     {10'000, 0, 1000},
     {{seen(0, {0, 0}, 10, 90), 0},
      {seen(30, {300, 0}, 10, 90), 300},
      {seen(60, {500, 200}, 10, 45), std::nullopt},
      {seen(70, {600, 300}, 10, 45), std::nullopt},
      {seen(80, {700, 400}, 10, 45), std::nullopt, RouteState::kOffRoute},
      {seen(200, {2000, 400}, 10, 90), std::nullopt, RouteState::kOffRoute},
      {seen(240, {2300, 0}, 10, 135), std::nullopt, RouteState::kOffRoute},
      {seen(250, {2400, 0}, 10, 90), 2400}}},
    {"CrossingTheRouteWhileOffIsNotDrivingOnIt",
     kStraight,
     {10'000, 0, 1000},
     {{seen(0, {0, 0}, 10, 90), 0},
      {seen(60, {500, 200}, 10, 0), std::nullopt},
      {seen(70, {500, 300}, 10, 0), std::nullopt},
      {seen(80, {500, 400}, 10, 0), std::nullopt, RouteState::kOffRoute},
      {seen(180, {1000, 0}, 10, 180), std::nullopt, RouteState::kOffRoute},
      {seen(190, {1000, -100}, 10, 180), std::nullopt, RouteState::kOffRoute}}},
    {"OneWildPositionIsPassedOver",
     kStraight,
     {10'000, 0, 1000},
     {{seen(0, {0, 0}, 10, 90), 0}, {seen(10, {100, 900}, 10, 90), std::nullopt}, {seen(20, {200, 0}, 10, 90), 200}}},
    {"MidRouteStartTakesTwoPositions",
     kStraight,
     {10'000, 0, 1000},
     {{seen(0, {6000, 0}, 10, 90), std::nullopt, RouteState::kUnknown}, {seen(10, {6100, 0}, 10, 90), 6100}}},
    {"RoundTripBeginsAtItsBeginning",
     {{0, 0}, {1000, 0}, {1000, 1000}, {0, 1000}, {0, 0}},
     {0, 0, 400},
     {{seen(0, {0, 2}, 0, 0), 0}}},
    {"NoiseMovesBackALittle",
     kStraight,
     {10'000, 0, 1000},
     {{seen(0, {100, 0}, 0, 0), 100}, {seen(10, {92, 5}, 0.2, 200), 92}}},
};

class MatcherFollows : public testing::TestWithParam<Case> {};

TEST_P(MatcherFollows, EveryPosition) {
  const auto route = Route::create(plan(GetParam().path, {GetParam().last}));
  ASSERT_TRUE(route.has_value()) << route.error().what;
  Matcher matcher;
  for (std::size_t i = 0; i < GetParam().steps.size(); ++i) {
    const Step& step = GetParam().steps[i];
    matcher.step(*route, step.position);
    EXPECT_EQ(matcher.state(), step.state) << "position " << i;
    ASSERT_EQ(matcher.fresh(), step.at_m.has_value()) << "position " << i;
    if (step.at_m) EXPECT_NEAR(matcher.at_m(), *step.at_m, 1.0) << "position " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, MatcherFollows, testing::ValuesIn(kCases),
                         [](const auto& one) { return one.param.name; });

TEST(Matcher, IsOffAfterAMinuteEvenIfOnlyTwoPositionsSayIt) {
  const auto route = Route::create(plan(kStraight, {{10'000, 0, 1000}}));
  ASSERT_TRUE(route.has_value());
  Matcher matcher;
  matcher.step(*route, seen(0, {0, 0}, 10, 90));
  matcher.step(*route, seen(30, {300, 200}, 10, 90));
  EXPECT_EQ(matcher.state(), RouteState::kOnRoute);
  matcher.step(*route, seen(90, {900, 200}, 10, 90));
  EXPECT_EQ(matcher.state(), RouteState::kOffRoute);
}

}  // namespace
}  // namespace odograph::eta
