#include <gtest/gtest.h>

#include <algorithm>

#include "lib/rules/speed_limit.h"

namespace odograph::rules {
namespace {

using model::Position;

// Latitude first. A square, and a U that opens to the north.
const Zone kSquare{"square", 800, {{0, 0}, {0, 100}, {100, 100}, {100, 0}}};
const Zone kU{"u", 800, {{0, 0}, {0, 30}, {30, 30}, {30, 20}, {10, 20}, {10, 10}, {30, 10}, {30, 0}}};
const Zone kHalfTheWorld{
    "half", 800, {{-900'000'000, 0}, {-900'000'000, 1'800'000'000}, {900'000'000, 1'800'000'000}, {900'000'000, 0}}};
const Zone kLongSide{
    "long", 800, {{-900'000'000, -900'000'000}, {900'000'000, 899'999'999}, {900'000'000, -900'000'000}}};

struct PlaceCase {
  const char* name;
  const Zone* zone;
  Position position;
  bool inside;
};

const PlaceCase kPlaces[] = {
    {"Middle", &kSquare, {50, 50}, true},
    {"Corner", &kSquare, {0, 0}, true},
    {"FarCorner", &kSquare, {100, 100}, true},
    {"SouthSide", &kSquare, {0, 50}, true},
    {"NorthSide", &kSquare, {100, 50}, true},
    {"WestSide", &kSquare, {50, 0}, true},
    {"EastSide", &kSquare, {50, 100}, true},
    {"JustSouth", &kSquare, {-1, 50}, false},
    {"JustNorth", &kSquare, {101, 50}, false},
    {"JustWest", &kSquare, {50, -1}, false},
    {"JustEast", &kSquare, {50, 101}, false},
    {"WestOnTheLineOfASide", &kSquare, {0, -1}, false},
    {"EastOnTheLineOfASide", &kSquare, {100, 101}, false},
    {"LeftArm", &kU, {20, 5}, true},
    {"RightArm", &kU, {20, 25}, true},
    {"BetweenTheArms", &kU, {20, 15}, false},
    {"OnTheBottomOfTheGap", &kU, {10, 15}, true},
    {"JustAboveTheBottomOfTheGap", &kU, {11, 15}, false},
    {"AtTheLevelOfTheBottomWest", &kU, {10, -5}, false},
    {"AtTheLevelOfTheTopsBetweenTheArms", &kU, {30, 15}, false},
    {"Pole", &kHalfTheWorld, {900'000'000, 5}, true},
    {"East", &kHalfTheWorld, {1, 1'800'000'000}, true},
    {"West", &kHalfTheWorld, {1, -1}, false},
    {"OnALongSide", &kLongSide, {900'000'000, 899'999'999}, true},
    {"NextToALongSideWithin", &kLongSide, {0, -1}, true},
    {"NextToALongSideWithout", &kLongSide, {0, 0}, false},
    {"OffThePlanet", &kSquare, {2'147'483'647, -2'147'483'647 - 1}, false},
    {"NorthOfThePole", &kLongSide, {2'147'483'647, -2'147'483'647 - 1}, false},
    {"SouthOfThePole", &kLongSide, {-2'147'483'647 - 1, 2'147'483'647}, false},
    {"BeyondTheDateLine", &kHalfTheWorld, {1, 2'147'483'647}, false},
};

TEST(Contains, IsExactAndOwnsItsBorder) {
  for (const PlaceCase& row : kPlaces) {
    Zone zone = *row.zone;
    for (std::size_t turn = 0; turn < zone.outline.size(); ++turn) {
      std::rotate(zone.outline.begin(), zone.outline.begin() + 1, zone.outline.end());
      EXPECT_EQ(contains(zone, row.position), row.inside) << row.name << ", turned by " << turn;
      std::reverse(zone.outline.begin(), zone.outline.end());
      EXPECT_EQ(contains(zone, row.position), row.inside) << row.name << ", the other way round, turned by " << turn;
      std::reverse(zone.outline.begin(), zone.outline.end());
    }
  }
}

struct Step {
  std::int64_t at_s;
  std::int32_t speed_cmps;
  Position position;
};

struct Case {
  const char* name;
  std::vector<Step> steps;
  /// "<at_s> <phase> <scope> limit <cm/s> [<reason> <end_ago s>] peak <cm/s>;" each.
  const char* told;
};

std::string run(const SpeedLimitConfig& config, const std::vector<Step>& steps) {
  SpeedLimit rule(config);
  std::string told;
  for (const Step& step : steps) {
    model::Record record;
    record.position = step.position;
    record.speed_cmps = step.speed_cmps;
    for (const model::RuleEvent& event : rule.on_record(EventTime{std::chrono::seconds{step.at_s}}, record)) {
      told += std::to_string(step.at_s) + ' ' + to_string(event.phase) + " '" + event.scope + "' limit " +
              std::to_string(event.limit_cmps);
      if (event.phase == model::EventPhase::kEnd) {
        told += std::string{' '} + to_string(event.end_reason) + ' ' + std::to_string(event.end_ago.count() / 1000);
      }
      told += " peak " + std::to_string(event.peak_cmps) + "; ";
    }
  }
  if (!told.empty()) told.pop_back();
  return told;
}

// Outside of all: vehicle 2000. West 0..100: "west" 800. East 90..200: "east" 600. "twin" lies where "east" does.
constexpr Position kOut{50, 900};
constexpr Position kWest{50, 50};
constexpr Position kBoth{50, 95};
constexpr Position kEast{50, 150};

SpeedLimitConfig town() {
  SpeedLimitConfig config;
  config.accuracy_gate = false;  // What a vehicle can do is not what this is about.
  config.limit_cmps = 2000;
  config.zones = {{"west", 800, {{0, 0}, {0, 100}, {100, 100}, {100, 0}}},
                  {"twin", 600, {{0, 90}, {0, 200}, {100, 200}, {100, 90}}},
                  {"east", 600, {{0, 90}, {0, 200}, {100, 200}, {100, 90}}}};
  return config;
}

const Case kTown[] = {
    {"OutsideTheVehiclesLimit", {{0, 2001, kOut}}, "0 start '' limit 2000 peak 2001;"},
    {"FastInsideIsNotFastOutside", {{0, 1500, kOut}}, ""},
    {"InsideTheZonesLimit", {{0, 801, kWest}}, "0 start 'west' limit 800 peak 801;"},
    {"AtTheZonesLimit", {{0, 800, kWest}}, ""},
    {"OnTheNorthWestCorner", {{0, 801, {100, 0}}}, "0 start 'west' limit 800 peak 801;"},
    {"OnTheSouthSide", {{0, 801, {0, 50}}}, "0 start 'west' limit 800 peak 801;"},
    {"OnTheEastSide", {{0, 601, {50, 200}}}, "0 start 'east' limit 600 peak 601;"},
    {"JustBeyondTheBorder", {{0, 801, {101, 0}}}, ""},
    {"WhereTwoOverlapTheLowest", {{0, 700, kBoth}}, "0 start 'east' limit 600 peak 700;"},
    {"EqualLimitsTheFirstById", {{0, 700, kEast}}, "0 start 'east' limit 600 peak 700;"},
    {"LeavingEndsTheEpisode",
     {{0, 900, kWest}, {1, 1500, kOut}},
     "0 start 'west' limit 800 peak 900; 1 end 'west' limit 800 left_scope 0 peak 900;"},
    {"LeavingWhileClearing",
     {{0, 900, kWest}, {1, 100, kWest}, {5, 100, kOut}, {20, 100, kOut}},
     "0 start 'west' limit 800 peak 900; 5 end 'west' limit 800 left_scope 0 peak 900;"},
    {"LeavingIntoAnEpisode",
     {{0, 900, kWest}, {1, 2100, kOut}},
     "0 start 'west' limit 800 peak 900; 1 end 'west' limit 800 left_scope 0 peak 900; "
     "1 start '' limit 2000 peak 2100;"},
    {"EnteringEndsTheVehiclesEpisode",
     {{0, 2100, kOut}, {1, 700, kWest}},
     "0 start '' limit 2000 peak 2100; 1 end '' limit 2000 left_scope 0 peak 2100;"},
    {"DrivingThroughAll",
     {{0, 900, kWest}, {1, 900, kBoth}, {2, 900, kEast}, {3, 900, kOut}},
     "0 start 'west' limit 800 peak 900; 1 end 'west' limit 800 left_scope 0 peak 900; "
     "1 start 'east' limit 600 peak 900; 3 end 'east' limit 600 left_scope 0 peak 900;"},
    {"ALateRecordElsewhereDoesNotLeave",
     {{5, 900, kWest}, {4, 900, kOut}, {5, 900, kOut}},
     "5 start 'west' limit 800 peak 900;"},
    {"ComingBackIsANewEpisode",
     {{0, 900, kWest}, {1, 900, kOut}, {2, 900, kWest}},
     "0 start 'west' limit 800 peak 900; 1 end 'west' limit 800 left_scope 0 peak 900; "
     "2 start 'west' limit 800 peak 900;"},
};

TEST(SpeedLimitZones, ReplaceTheVehiclesLimit) {
  for (const Case& row : kTown) EXPECT_EQ(run(town(), row.steps), row.told) << row.name;
}

TEST(SpeedLimitZones, StartAfreshWhereTheyAreEntered) {
  SpeedLimitConfig patient = town();
  patient.min_duration = std::chrono::seconds{10};
  EXPECT_EQ(run(patient, {{0, 2500, kOut}, {9, 2500, kWest}, {18, 2500, kWest}}), "");
  EXPECT_EQ(run(patient, {{0, 2500, kOut}, {9, 2500, kWest}, {19, 2500, kWest}}),
            "19 start 'west' limit 800 peak 2500;");
}

TEST(SpeedLimitZones, AloneLimitNothingElse) {
  SpeedLimitConfig only_zones = town();
  only_zones.limit_cmps.reset();
  EXPECT_EQ(run(only_zones, {{0, 9000, kOut}, {1, 900, kWest}, {2, 900, kOut}, {3, 9000, kOut}}),
            "1 start 'west' limit 800 peak 900; 2 end 'west' limit 800 left_scope 0 peak 900;");
}

TEST(SpeedLimitZones, CopiesGoTheirOwnWays) {
  SpeedLimit one(town());
  SpeedLimit other = one;
  model::Record record;
  record.position = kWest;
  record.speed_cmps = 900;
  EXPECT_EQ(one.on_record(EventTime{}, record).size(), 1U);
  EXPECT_EQ(other.on_record(EventTime{}, record).size(), 1U);
}

}  // namespace
}  // namespace odograph::rules
