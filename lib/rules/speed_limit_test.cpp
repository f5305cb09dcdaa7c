#include "lib/rules/speed_limit.h"

#include <gtest/gtest.h>

#include <sstream>

namespace odograph::rules {
namespace {

// Limit 3333 cm/s (120 km/h), hysteresis 83: cleared below 3250.
constexpr std::int32_t kVoid = -1;     ///< A record without position and speed.
constexpr std::int32_t kNoPlace = -2;  ///< Speed far above the limit, but no position.
constexpr std::int32_t kBad = -3;      ///< Speed far above the limit, flagged as a jump.

struct Step {
  std::int64_t at_ms;
  std::int32_t speed_cmps;  ///< Or one of the above.
};

struct Case {
  const char* name;
  std::vector<Step> steps;
  /// "<at_ms> start|update|end <severity> from <first above> [to <first below>] peak <cm/s> at <ms>;" each.
  const char* told;
};

/// Without the gate: what a vehicle can do is not what these rows are about (speed_limit_gate_test.cpp).
SpeedLimitConfig motorway() {
  SpeedLimitConfig config;
  config.limit_cmps = 3333;
  config.accuracy_gate = false;
  return config;
}

model::Record record_of(std::int32_t speed_cmps) {
  model::Record record;
  if (speed_cmps == kVoid) return record;
  record.speed_cmps = speed_cmps < 0 ? 9999 : speed_cmps;
  if (speed_cmps != kNoPlace) record.position = model::Position{1, speed_cmps};
  if (speed_cmps == kBad) record.flags = model::flag::kJump;
  return record;
}

std::string in_words(std::int64_t at_ms, const model::RuleEvent& event) {
  std::ostringstream out;
  out << at_ms << ' ' << to_string(event.phase) << ' ' << to_string(event.severity) << " from "
      << at_ms - event.start_ago.count();
  if (event.phase == model::EventPhase::kEnd) out << " to " << at_ms - event.end_ago.count();
  out << " peak " << event.peak_cmps << " at " << at_ms - event.peak_ago.count() << "; ";
  return out.str();
}

std::string run(const SpeedLimitConfig& config, const std::vector<Step>& steps) {
  SpeedLimit rule(config);
  std::string told;
  for (const Step& step : steps) {
    const model::Record record = record_of(step.speed_cmps);
    for (const model::RuleEvent& event : rule.on_record(EventTime{base::Millis{step.at_ms}}, record)) {
      told += in_words(step.at_ms, event);
      EXPECT_EQ(event.kind, model::EventKind::kOverspeed);
      EXPECT_EQ(event.scope, "");
      EXPECT_EQ(event.limit_cmps, *config.limit_cmps);
      EXPECT_EQ(event.value_cmps, record.speed_cmps);
      EXPECT_EQ(event.peak_position.lon_e7, event.peak_cmps == 9999 ? kBad : event.peak_cmps);
      EXPECT_EQ(event.end_reason,
                event.phase == model::EventPhase::kEnd ? model::EndReason::kRecovered : model::EndReason::kNone);
    }
  }
  if (!told.empty()) told.pop_back();
  return told;
}

void expect_rows(const SpeedLimitConfig& config, const std::vector<Case>& rows) {
  for (const Case& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(run(config, row.steps), row.told);
  }
}

TEST(SpeedLimit, RaisesAboveAndEndsOnceItStayedBelow) {
  expect_rows(
      motorway(),
      {
          {"AtTheLimit", {{0, 3333}, {1000, 3333}, {99'000, 3333}}, ""},
          {"OneFixAbove", {{0, 3333}, {1000, 3334}, {2000, 3333}}, "1000 start warning from 1000 peak 3334 at 1000;"},
          {"FirstFixAbove", {{0, 3334}}, "0 start warning from 0 peak 3334 at 0;"},
          {"BelowFor9900", {{0, 3334}, {1000, 3249}, {10'900, 3249}}, "0 start warning from 0 peak 3334 at 0;"},
          {"BelowFor10000",
           {{0, 3334}, {1000, 3249}, {11'000, 3249}},
           "0 start warning from 0 peak 3334 at 0; 11000 end warning from 0 to 1000 peak 3334 at 0;"},
          {"BelowFor10100",
           {{0, 3334}, {1000, 3249}, {10'900, 3249}, {11'100, 0}},
           "0 start warning from 0 peak 3334 at 0; 11100 end warning from 0 to 1000 peak 3334 at 0;"},
          {"AtTheLowerEdgeIsNotBelow",
           {{0, 3334}, {1000, 3250}, {30'000, 3250}},
           "0 start warning from 0 peak 3334 at 0;"},
          {"TheLowerEdgeStartsTheClearingOver",
           {{0, 3334}, {1000, 3249}, {9000, 3250}, {10'000, 3249}, {19'999, 0}, {20'000, 0}},
           "0 start warning from 0 peak 3334 at 0; 20000 end warning from 0 to 10000 peak 3334 at 0;"},
          {"AboveAgainWhileClearingIsTheSameEpisode",
           {{0, 3334}, {1000, 3000}, {9000, 3400}, {10'000, 3000}, {20'000, 3000}},
           "0 start warning from 0 peak 3334 at 0; 20000 end warning from 0 to 10000 peak 3400 at 9000;"},
          {"ANewEpisodeAfterTheEnd",
           {{0, 3334}, {1000, 0}, {11'000, 0}, {12'000, 3335}},
           "0 start warning from 0 peak 3334 at 0; 11000 end warning from 0 to 1000 peak 3334 at 0; "
           "12000 start warning from 12000 peak 3335 at 12000;"},
          {"InTheBandNothingIsRaised", {{0, 3300}, {1000, 3333}, {2000, 3251}}, ""},
      });
}

TEST(SpeedLimit, GapsCountForNothing) {
  expect_rows(motorway(),
              {
                  {"AGapDoesNotClear",
                   {{0, 3334}, {1000, 3000}, {61'001, 3000}, {71'000, 3000}},
                   "0 start warning from 0 peak 3334 at 0;"},
                  {"AfterTheGapTheClearingGoesOn",
                   {{0, 3334}, {1000, 3000}, {6000, 3000}, {96'000, 3000}, {101'000, 3000}},
                   "0 start warning from 0 peak 3334 at 0; 101000 end warning from 0 to 1000 peak 3334 at 0;"},
                  {"ASilenceOfExactlyTheGapCounts",
                   {{0, 3334}, {1000, 3000}, {61'000, 3000}},
                   "0 start warning from 0 peak 3334 at 0; 61000 end warning from 0 to 1000 peak 3334 at 0;"},
                  {"AGapDoesNotEnd", {{0, 3334}, {999'000, 3334}}, "0 start warning from 0 peak 3334 at 0;"},
              });
  SpeedLimitConfig patient = motorway();
  patient.min_duration = base::Millis{10'000};
  expect_rows(patient, {
                           {"AGapDoesNotRaise", {{0, 3334}, {60'001, 3334}, {70'000, 3334}}, ""},
                           {"AfterTheGapTheHoldingGoesOn",
                            {{0, 3334}, {5000, 3334}, {95'000, 3334}, {100'000, 3334}},
                            "100000 start warning from 0 peak 3334 at 0;"},
                       });
}

TEST(SpeedLimit, VoidAndLateRecordsChangeNothing) {
  expect_rows(
      motorway(),
      {
          {"VoidFixesDoNotRaise", {{0, kVoid}, {1000, kNoPlace}}, ""},
          {"VoidFixesDoNotClear",
           {{0, 3334}, {1000, kVoid}, {12'000, kVoid}, {13'000, 3334}},
           "0 start warning from 0 peak 3334 at 0;"},
          {"VoidFixesDoNotStartTheClearingOver",
           {{0, 3334}, {1000, 3000}, {2000, kVoid}, {3000, kNoPlace}, {11'000, 3000}},
           "0 start warning from 0 peak 3334 at 0; 11000 end warning from 0 to 1000 peak 3334 at 0;"},
          {"AVoidFixDoesNotShortenAGap",
           {{0, 3334}, {1000, 3000}, {30'000, kVoid}, {62'000, 3000}},
           "0 start warning from 0 peak 3334 at 0;"},
          {"AVoidFixIsNotTheNewest",
           {{0, 3333}, {9000, kVoid}, {1000, 3334}},
           "1000 start warning from 1000 peak 3334 at 1000;"},
          {"ALateRecordDoesNotRaise", {{1000, 3333}, {999, 3334}, {1000, 3334}}, ""},
          {"ALateRecordDoesNotStartTheClearingOver",
           {{1000, 3334}, {2000, 3000}, {1500, 3334}, {2000, 3334}, {12'000, 3000}},
           "1000 start warning from 1000 peak 3334 at 1000; 12000 end warning from 1000 to 2000 peak 3334 at 1000;"},
          {"ALateRecordDoesNotClear",
           {{1000, 3334}, {500, 3000}, {11'000, 3000}, {10'500, 0}},
           "1000 start warning from 1000 peak 3334 at 1000;"},
      });
}

TEST(SpeedLimit, HoldsTheMinimumDuration) {
  SpeedLimitConfig patient = motorway();
  patient.min_duration = base::Millis{10'000};
  expect_rows(patient,
              {
                  {"HeldFor9900", {{0, 3334}, {9900, 3334}}, ""},
                  {"HeldFor10000", {{0, 3334}, {10'000, 3400}}, "10000 start warning from 0 peak 3400 at 10000;"},
                  {"ThePeakOfTheWaitCounts",
                   {{0, 3334}, {5000, 3500}, {10'000, 3334}},
                   "10000 start warning from 0 peak 3500 at 5000;"},
                  {"AtTheLimitItStartsOver",
                   {{0, 3334}, {9000, 3333}, {10'000, 3334}, {19'900, 3334}, {20'000, 3334}},
                   "20000 start warning from 10000 peak 3334 at 10000;"},
                  {"AVoidFixDoesNotStartItOver",
                   {{0, 3334}, {5000, kVoid}, {10'000, 3334}},
                   "10000 start warning from 0 peak 3334 at 0;"},
              });
  SpeedLimitConfig hasty = motorway();
  hasty.clear_duration = base::Millis{0};
  expect_rows(hasty, {
                         {"WithNoClearingTimeTheFirstBelowEnds",
                          {{0, 3334}, {1000, 3250}, {2000, 3249}},
                          "0 start warning from 0 peak 3334 at 0; 2000 end warning from 0 to 2000 peak 3334 at 0;"},
                     });
}

TEST(SpeedLimit, UpdatesWhileThePeakGrows) {
  expect_rows(motorway(),
              {
                  {"NotBeforeTheInterval", {{0, 3400}, {59'999, 3500}}, "0 start warning from 0 peak 3400 at 0;"},
                  {"AtTheInterval",
                   {{0, 3400}, {60'000, 3500}},
                   "0 start warning from 0 peak 3400 at 0; 60000 update warning from 0 peak 3500 at 60000;"},
                  {"APeakOfBeforeIsToldWhenDue",
                   {{0, 3400}, {1000, 3600}, {60'000, 3400}, {60'500, 3400}},
                   "0 start warning from 0 peak 3400 at 0; 60000 update warning from 0 peak 3600 at 1000;"},
                  {"OneInAnInterval",
                   {{0, 3400}, {60'000, 3500}, {61'000, 3600}, {119'999, 3700}, {120'000, 3300}},
                   "0 start warning from 0 peak 3400 at 0; 60000 update warning from 0 peak 3500 at 60000; "
                   "120000 update warning from 0 peak 3700 at 119999;"},
                  {"TheSamePeakIsNoNews",
                   {{0, 3400}, {60'000, 3400}, {120'000, 3400}},
                   "0 start warning from 0 peak 3400 at 0;"},
                  {"TheEndTellsThePeakThatWasNotTold",
                   {{0, 3400}, {1000, 5000}, {2000, 0}, {12'000, 0}},
                   "0 start warning from 0 peak 3400 at 0; 12000 end critical from 0 to 2000 peak 5000 at 1000;"},
              });
}

TEST(SpeedLimit, SeverityFollowsThePeak) {
  SpeedLimitConfig town = motorway();
  town.limit_cmps = 1000;
  town.update_interval = base::Millis{0};
  expect_rows(
      town, {
                {"Below20Percent", {{0, 1199}}, "0 start warning from 0 peak 1199 at 0;"},
                {"20Percent", {{0, 1200}}, "0 start major from 0 peak 1200 at 0;"},
                {"Below40Percent", {{0, 1399}}, "0 start major from 0 peak 1399 at 0;"},
                {"40Percent", {{0, 1400}}, "0 start critical from 0 peak 1400 at 0;"},
                {"RisesAndStays",
                 {{0, 1001}, {1000, 1200}, {2000, 1100}, {3000, 1400}, {4000, 0}, {14'000, 0}},
                 "0 start warning from 0 peak 1001 at 0; 1000 update major from 0 peak 1200 at 1000; "
                 "3000 update critical from 0 peak 1400 at 3000; 14000 end critical from 0 to 4000 peak 1400 at 3000;"},
            });
}

TEST(SpeedLimit, LeavesFlaggedRecordsToTheGate) {
  const std::vector<Step> steps = {{0, kBad}, {1000, 3000}, {6000, kBad}, {11'000, 3000}, {16'000, 3000}};
  EXPECT_EQ(run(motorway(), steps), "0 start critical from 0 peak 9999 at 0;");
  SpeedLimitConfig gated = motorway();
  gated.accuracy_gate = true;
  EXPECT_EQ(run(gated, steps), "");
}

TEST(SpeedLimit, GatesByTheFlagsOfUnusablePositionsOnly) {
  SpeedLimitConfig config = motorway();
  config.accuracy_gate = true;
  for (std::uint32_t flag = 1; flag <= model::flag::kWeekRepaired; flag <<= 1) {
    model::Record record = record_of(3334);
    record.flags = flag;
    const bool gated = (flag & model::flag::kUnusable) != 0;
    EXPECT_EQ(SpeedLimit(config).on_record(EventTime{}, record).size(), gated ? 0U : 1U) << flag;
  }
}

}  // namespace
}  // namespace odograph::rules
