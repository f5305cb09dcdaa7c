#include "fleet/eta/route.h"

#include <gmock/gmock.h>

#include "fleet/eta/test_plans.h"

namespace odograph::eta {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;

/// Half a metre: the plane of a route is as wide as its first place's latitude says, the test's as 47 degrees say.
constexpr double kNearM = 0.5;

// A round of 1,000 m by 500 m from (0, 0) over (1000, 0), (1000, 500) and (0, 500): 3,000 m.
const Corners kRoundTwice = {{0, 0},    {1000, 0},   {1000, 500}, {0, 500}, {0, 0},
                             {1000, 0}, {1000, 500}, {0, 500},    {0, 0}};
// East along y = 0, a loop to the north, and back south through (500, 0): the crossing is passed at 500 and 2,500 m,
// and the end is at 3,000 m.
const Corners kEight = {{0, 0}, {1000, 0}, {1000, 500}, {500, 500}, {500, -500}};

struct Case {
  const char* name;
  Corners path;
  std::vector<StopAt> stops;
  std::vector<double> metres;
};

const Case kPlaces[] = {
    {"Straight", {{0, 0}, {10'000, 0}}, {{4000, 10, 400}, {10'000, 0, 1000}}, {4000, 10'000}},
    {"OnTheSecondLapBecauseOfItsTime", kRoundTwice, {{500, 0, 350}}, {3500}},
    {"OncePerLap", kRoundTwice, {{500, 0, 50}, {500, 0, 350}}, {500, 3500}},
    {"OrderBeatsTime", kRoundTwice, {{1000, 250, 400}, {500, 0, 410}}, {1250, 3500}},
    {"CrossingFirstTime", kEight, {{500, 0, 50}, {500, -500, 300}}, {500, 3000}},
    {"CrossingSecondTime", kEight, {{1000, 250, 125}, {500, 0, 250}, {500, -500, 310}}, {1250, 2500, 3000}},
    {"DoubledPlacesInThePath", {{0, 0}, {0, 0}, {500, 0}, {500, 0}, {1000, 0}}, {{750, 0, 75}}, {750}},
};

class RoutePlaces : public testing::TestWithParam<Case> {};

TEST_P(RoutePlaces, PutsStopsWhereThePlanHasThem) {
  const auto route = Route::create(plan(GetParam().path, GetParam().stops));
  ASSERT_TRUE(route.has_value()) << route.error().what;
  ASSERT_EQ(route->stops_m().size(), GetParam().metres.size());
  for (std::size_t i = 0; i < route->stops_m().size(); ++i)
    EXPECT_THAT(route->stops_m()[i], DoubleNear(GetParam().metres[i], kNearM));
}

INSTANTIATE_TEST_SUITE_P(All, RoutePlaces, testing::ValuesIn(kPlaces), [](const auto& one) { return one.param.name; });

struct Refused {
  const char* name;
  Corners path;
  std::vector<StopAt> stops;
  const char* why;
};

const Refused kRefused[] = {
    {"OnePlace", {{0, 0}}, {{0, 0, 10}}, "path: 1 places"},
    {"NoLength", {{0, 0}, {0, 0}}, {{0, 0, 10}}, "path: it is 0 m long"},
    {"NoStops", {{0, 0}, {1000, 0}}, {}, "stops: 0 of them"},
    {"StopTooFarOff", {{0, 0}, {1000, 0}}, {{500, 320, 50}}, "stop stop-1 lies off the path"},
    {"StopsAgainstTheDirection",
     {{0, 0}, {5000, 0}},
     {{4000, 0, 50}, {1000, 0, 90}},
     "before the stop that it follows"},
};

class RouteRefuses : public testing::TestWithParam<Refused> {};

TEST_P(RouteRefuses, SayingWhy) {
  const auto route = Route::create(plan(GetParam().path, GetParam().stops));
  ASSERT_FALSE(route.has_value());
  EXPECT_THAT(route.error().what, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, RouteRefuses, testing::ValuesIn(kRefused),
                         [](const auto& one) { return one.param.name; });

TEST(Route, CutsPiecesWithoutGapsAtStopsAndGivesThePlansPace) {
  // 100 s for the first 1,000 m, then 60 s of standing and 50 s for the next 1,000 m.
  const auto route = Route::create(plan({{0, 0}, {2000, 0}}, {{1000, 0, 100}, {2000, 0, 210}}));
  ASSERT_TRUE(route.has_value());
  double at_m = 0;
  for (const Piece& piece : route->pieces()) {
    EXPECT_EQ(piece.begin_m, at_m);
    EXPECT_THAT(piece.plan_pace_spm, DoubleNear(piece.end_m <= 1000.1 ? 0.1 : 0.05, 1e-3));
    at_m = piece.end_m;
  }
  EXPECT_THAT(at_m, DoubleNear(2000, kNearM));
}

TEST(Cell, IsTheSameForTheSameRoadHoweverItIsCutAndAnotherTheOtherWay) {
  const auto one = Route::create(plan({{0, 0}, {2000, 0}}, {{2000, 0, 200}}));
  const auto cut = Route::create(plan({{-70, 0}, {333, 0}, {2000, 0}}, {{2000, 0, 200}}));
  const auto back = Route::create(plan({{2000, 0}, {0, 0}}, {{0, 0, 200}}));
  ASSERT_TRUE(one && cut && back);
  EXPECT_EQ(one->pieces()[one->piece_at(1005)].cell, cut->pieces()[cut->piece_at(1075)].cell);
  EXPECT_NE(one->pieces()[one->piece_at(1005)].cell, back->pieces()[back->piece_at(995)].cell);
}

}  // namespace
}  // namespace odograph::eta
