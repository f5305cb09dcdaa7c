#include <gtest/gtest.h>

#include "lib/rules/speed_limit.h"

namespace odograph::rules {
namespace {

/// One fix of a drive to the north; where it says nothing else it is where its speed has led it.
struct Step {
  std::int64_t at_ms = 0;
  std::int32_t speed_cmps = 0;
  std::int32_t aside_e7 = 0;  ///< 100,000 are 1.1 km.
  model::FixMode mode = model::FixMode::k3d;
};

/// Limit 80 km/h; what is told as "<at_ms> start|update|end from <first above> peak <cm/s>; ".
std::string run(const std::vector<Step>& steps, bool gate = true) {
  SpeedLimitConfig config;
  config.limit_cmps = 2'222;
  config.accuracy_gate = gate;
  SpeedLimit rule(config);
  std::string told;
  model::Record record;
  for (const Step& step : steps) {
    record.position = model::Position{470'000'000 + static_cast<std::int32_t>(step.at_ms * 2), 80'000'000};
    record.position->lat_e7 += step.aside_e7;
    record.speed_cmps = step.speed_cmps;
    record.mode = step.mode;
    for (const model::RuleEvent& event : rule.on_record(EventTime{base::Millis{step.at_ms}}, record)) {
      told += std::to_string(step.at_ms) + ' ' + to_string(event.phase) + " from " +
              std::to_string(step.at_ms - event.start_ago.count()) + " peak " + std::to_string(event.peak_cmps) + "; ";
    }
    // With another one of the same rules after each record: what is kept between two is all that counts.
    SpeedLimit next(config);
    EXPECT_TRUE(next.recall(rule.memory()));
    rule = std::move(next);
  }
  return told;
}

TEST(SpeedLimitGate, TakesWhatAVehicleCanDo) {
  struct Row {
    const char* name = "";
    std::vector<Step> steps{};
    const char* told = "";
  };
  const std::vector<Row> rows = {
      {"ASpikeOfOneSecond", {{0, 2'000}, {1'000, 4'500}, {2'000, 2'000}}, ""},
      {"OfTwo", {{0, 2'000}, {1'000, 4'500}, {2'000, 4'500}, {3'000, 2'000}}, ""},
      {"WhatStaysIsTrueWithTheThird",
       {{0, 2'000}, {1'000, 4'500}, {2'000, 4'500}, {3'000, 4'500}},
       "3000 start from 3000 peak 4500; "},
      {"TwoSpikesWithASoundFixBetween",
       {{0, 2'000}, {1'000, 4'500}, {2'000, 4'500}, {3'000, 2'000}, {4'000, 4'500}, {5'000, 4'500}, {6'000, 2'000}},
       ""},
      {"AfterASilenceAnySpeedIsPossible", {{0, 2'000}, {11'000, 4'500}}, "11000 start from 11000 peak 4500; "},
      {"AFixFarAway", {{0, 2'000}, {1'000, 2'300, 5'000'000}, {2'000, 2'000}}, ""},
      {"SoFarThatThreeSecondsLaterItStays",
       {{0, 2'000}, {1'000, 2'300, 50'000}, {2'000, 2'300, 50'000}, {3'000, 2'300, 50'000}},
       "3000 start from 3000 peak 2300; "},
      {"NoFix", {{0, 2'000}, {1'000, 2'300, 0, model::FixMode::kNone}, {2'000, 2'000}}, ""},
      {"NoFixIsNoRefusal",
       {{0, 2'000}, {1'000, 4'500, 0, model::FixMode::kNone}, {2'000, 4'500, 0, model::FixMode::kNone}, {3'000, 5'100}},
       ""},
      {"SoonEnough", {{0, 2'000}, {1'000, 3'000}}, "1000 start from 1000 peak 3000; "},
      {"ASpikeDownDoesNotBeginTheEnd",
       {{0, 2'300}, {9'000, 2'300}, {10'000, 0}, {11'000, 2'300}, {20'500, 2'000}},
       "0 start from 0 peak 2300; "},
      {"ASpikeIsNoPeak",
       {{0, 2'300}, {1'000, 6'000}, {2'000, 2'000}, {12'000, 2'000}},
       "0 start from 0 peak 2300; 12000 end from 0 peak 2300; "},
      {"TheFirstOfAllHasNothingBeforeIt", {{0, 4'500}, {1'000, 2'000}}, "0 start from 0 peak 4500; "},
  };
  for (const Row& row : rows) EXPECT_EQ(run(row.steps), row.told) << row.name;
}

TEST(SpeedLimitGate, IsOffWithTheAccuracyGate) {
  EXPECT_EQ(run({{0, 2'000}, {1'000, 4'500}}, false), "1000 start from 1000 peak 4500; ");
  EXPECT_EQ(run({{0, 2'000}, {1'000, 2'300, 5'000'000}}, false), "1000 start from 1000 peak 2300; ");
  EXPECT_EQ(run({{0, 2'000}, {1'000, 2'300, 0, model::FixMode::kNone}}, false), "1000 start from 1000 peak 2300; ");
}

}  // namespace
}  // namespace odograph::rules
