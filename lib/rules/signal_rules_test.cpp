#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "lib/rules/test_words.h"

namespace odograph::rules {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct Case {
  const char* name;
  RuleSpec spec;
  std::vector<Step> drive;
  std::vector<std::string> words;
};

LifeConfig life(base::Millis min, base::Millis clear) {
  return {.min_duration = min, .clear_duration = clear, .reopen = seconds(0), .flap_cycles = 0};
}

/// 2.0 to 8.0, by more than 5 at once, 15 min with the door open, critical after half an hour.
RuleSpec cold_chain() {
  RuleSpec spec{.kind = RuleKind::kTemperature, .life = life(minutes(5), minutes(5))};
  spec.config = RangeConfig{.signal = "cargo",
                            .min_milli = 2'000,
                            .max_milli = 8'000,
                            .at_once_milli = 5'000,
                            .door_signal = "door",
                            .critical_after = minutes(30)};
  return spec;
}

/// The cargo's temperature in tenths, every minute.
std::vector<Step> cargo(const std::vector<std::int64_t>& tenths) {
  std::vector<Step> drive;
  double second = 0;
  for (const std::int64_t each : tenths) {
    drive.push_back({second, with(fix(0), "cargo", each)});
    second += 60;
  }
  return drive;
}

std::vector<Step> with_door(std::vector<Step> drive) {
  drive.front().record = with(drive.front().record, "door", 1, 0);
  return drive;
}

std::vector<std::int64_t> repeated(std::size_t count, std::int64_t value) {
  return std::vector<std::int64_t>(count, value);
}

const Case kTemperatures[] = {
    {"WithinTheRange", cold_chain(), cargo({20, 50, 80, 80, 80, 80, 80}), {}},
    {"BeyondForFourMinutes", cold_chain(), cargo({81, 81, 81, 81, 81, 80}), {}},
    {"AboveForFiveMinutes", cold_chain(), cargo(repeated(6, 81)), {"raised 1 @300 from 0 cargo major above"}},
    {"BelowForFiveMinutes", cold_chain(), cargo(repeated(6, 19)), {"raised 1 @300 from 0 cargo major below"}},
    {"ByExactlyFiveDegreesIsNotAtOnce", cold_chain(), cargo({130}), {}},
    {"ByMoreThanFiveDegreesIs", cold_chain(), cargo({131}), {"raised 1 @0 from 0 cargo major above"}},
    {"AtOnceThoughTheDoorIsOpen", cold_chain(), with_door(cargo({131})), {"raised 1 @0 from 0 cargo major above"}},
    {"TheDoorIsOpen", cold_chain(), with_door(cargo(repeated(15, 90))), {}},
    {"TheDoorIsOpenForTooLong",
     cold_chain(),
     with_door(cargo(repeated(16, 90))),
     {"raised 1 @900 from 0 cargo major above"}},
    {"InsideByTheHysteresisForFiveMinutes",
     cold_chain(),
     cargo({131, 75, 75, 75, 75, 75, 75}),
     {"raised 1 @0 from 0 cargo major above", "cleared 2 @360 from 0 cargo major above recovered at 60"}},
    {"InsideButNotByTheHysteresis",
     cold_chain(),
     cargo({131, 76, 76, 76, 76, 76, 76}),
     {"raised 1 @0 from 0 cargo major above"}},
    {"CriticalAfterHalfAnHour",
     cold_chain(),
     cargo(repeated(32, 90)),
     {"raised 1 @300 from 0 cargo major above", "updated 2 @1800 from 0 cargo critical above"}},
    {"AnotherSignal", cold_chain(), {{0, with(fix(0), "outside", 300)}, {600, with(fix(0), "outside", 300)}}, {}},
};

RuleSpec probe() {
  RuleSpec spec{.kind = RuleKind::kSensorFault, .life = life(seconds(0), seconds(0))};
  spec.config = SensorConfig{.signal = "cargo",
                             .missing = minutes(10),
                             .stuck = minutes(60),
                             .jump_milli = 20'000,
                             .min_milli = -50'000,
                             .max_milli = 100'000};
  return spec;
}

/// A reading, then records without one: every so many seconds, so often.
std::vector<Step> silent_after(double every_s, int count) {
  std::vector<Step> drive = {{0, with(fix(0), "cargo", 50)}};
  for (int i = 1; i <= count; ++i) drive.push_back({every_s * i, fix(0)});
  return drive;
}

std::vector<Step> back_again() {
  std::vector<Step> drive = silent_after(60, 10);
  drive.push_back({660, with(fix(0), "cargo", 51)});
  return drive;
}

std::vector<Step> moved_after_an_hour() {
  std::vector<std::int64_t> tenths = repeated(61, 50);
  tenths.push_back(51);
  return cargo(tenths);
}

const Case kFaults[] = {
    {"ReadingsThatMove", probe(), cargo({50, 51, 50, 51}), {}},
    {"NeverThere", probe(), {{0, fix(0)}, {900, fix(0)}}, {}},
    {"NineMinutesWithout", probe(), silent_after(60, 9), {}},
    {"TenMinutesWithout", probe(), silent_after(60, 10), {"raised 1 @600 from 0 cargo minor missing"}},
    {"NobodySpoke", probe(), silent_after(3'600, 3), {}},
    {"BackAgain",
     probe(),
     back_again(),
     {"raised 1 @600 from 0 cargo minor missing", "cleared 2 @660 from 0 cargo minor missing recovered at 660"}},
    {"TheSameForAnHour", probe(), cargo(repeated(61, 50)), {"raised 1 @3600 from 0 cargo minor stuck"}},
    {"TheSameForLess", probe(), cargo(repeated(60, 50)), {}},
    {"MovesAgain",
     probe(),
     moved_after_an_hour(),
     {"raised 1 @3600 from 0 cargo minor stuck", "cleared 2 @3660 from 0 cargo minor stuck recovered at 3660"}},
    {"ByTwentyDegrees", probe(), cargo({0, 200}), {}},
    {"ByMoreThanTwentyDegrees",
     probe(),
     cargo({0, 201, 202}),
     {"raised 1 @60 from 60 cargo minor jump", "cleared 2 @120 from 60 cargo minor jump recovered at 120"}},
    {"AtTheEndOfItsRange", probe(), cargo({1'000}), {}},
    {"OutOfItsRange", probe(), cargo({1'001}), {"raised 1 @0 from 0 cargo minor out_of_range"}},
    {"BackInItsRange",
     probe(),
     cargo({1'001, 1'000}),
     {"raised 1 @0 from 0 cargo minor out_of_range", "cleared 2 @60 from 0 cargo minor out_of_range recovered at 60"}},
};

RuleSpec tank() {
  RuleSpec spec{.kind = RuleKind::kFuel, .life = life(seconds(60), seconds(0))};
  spec.life.min_count = 2;
  spec.config = FuelConfig{.signal = "fuel_pct"};
  return spec;
}

std::vector<Step> fuel(const std::vector<std::int64_t>& percent, double speed_mps) {
  std::vector<Step> drive;
  for (std::size_t i = 0; i < percent.size(); ++i) {
    drive.push_back({60.0 * static_cast<double>(i), with(fix(0, speed_mps), "fuel_pct", percent[i], 0)});
  }
  return drive;
}

const Case kTanks[] = {
    {"SevenInFiveMinutes", tank(), fuel({80, 78, 76, 74, 73, 73}, 0), {}},
    {"EightInFiveMinutes", tank(), fuel({80, 76, 74, 72, 72}, 0), {"raised 1 @240 from 180 fuel_pct major drop"}},
    {"EightWhileDriving", tank(), fuel({80, 76, 74, 72, 72}, 10), {}},
    {"EightButTooSlowly", tank(), fuel({80, 79, 78, 77, 76, 75, 74, 73, 72, 71}, 0), {}},
    {"OneOddReading", tank(), fuel({80, 20, 80, 80}, 0), {}},
    {"Refuelled", tank(), fuel({20, 90, 90, 90}, 0), {}},
    {"OverOnceTheWindowHasPassed",
     tank(),
     fuel({80, 72, 72, 72, 72, 72, 72}, 0),
     {"raised 1 @120 from 60 fuel_pct major drop", "cleared 2 @360 from 60 fuel_pct major drop recovered at 360"}},
};

RuleSpec battery() {
  RuleSpec spec{.kind = RuleKind::kPower, .life = life(seconds(0), seconds(0))};
  spec.config = RangeConfig{.signal = "battery_pct", .min_milli = 20'000, .hysteresis_milli = 2'000};
  return spec;
}

std::vector<Step> charge(const std::vector<std::int64_t>& percent) {
  std::vector<Step> drive;
  for (const std::int64_t each : percent) {
    drive.push_back({60.0 * static_cast<double>(drive.size()), with(fix(0), "battery_pct", each, 0)});
  }
  return drive;
}

const Case kBatteries[] = {
    {"Enough", battery(), charge({20}), {}},
    {"TooLittle", battery(), charge({19}), {"raised 1 @0 from 0 battery_pct major below"}},
    {"CutOff", battery(), charge({100, 0}), {"raised 1 @60 from 60 battery_pct major below"}},
    {"ChargedButNotByTheHysteresis", battery(), charge({19, 21}), {"raised 1 @0 from 0 battery_pct major below"}},
    {"Charged",
     battery(),
     charge({19, 21, 22}),
     {"raised 1 @0 from 0 battery_pct major below", "cleared 2 @120 from 0 battery_pct major below recovered at 120"}},
};

void expect_all(std::span<const Case> cases) {
  for (const Case& row : cases) {
    EXPECT_THAT(run_rule(row.spec, row.drive), testing::ElementsAreArray(row.words)) << row.name;
  }
}

/// The limit of each word, in thousandths.
std::vector<std::int64_t> limits(const RuleSpec& spec, const std::vector<Step>& drive) {
  VehicleRules rules(std::make_shared<const RuleSet>(RuleSet{std::make_shared<const RuleSpec>(spec)}));
  std::vector<LifeEvent> told;
  for (const Step& step : drive) rules.on_record(at(step.second), step.record, told);
  std::vector<std::int64_t> found;
  for (const LifeEvent& event : told) found.push_back(event.limit);
  return found;
}

TEST(SignalRules, TellWithTheEndTheLimitThatWasExceeded) {
  using testing::ElementsAre;
  // By its end it is nearer to the other one.
  EXPECT_THAT(limits(cold_chain(), cargo({140, 30, 30, 30, 30, 30, 30})), ElementsAre(8'000, 8'000));
  EXPECT_THAT(limits(cold_chain(), cargo({-40, 70, 70, 70, 70, 70, 70})), ElementsAre(2'000, 2'000));
  EXPECT_THAT(limits(tank(), fuel({80, 72, 72, 72, 72, 72, 72}, 0)), ElementsAre(72'000, 72'000));
}

TEST(RangeRule, WatchesTheColdChain) { expect_all(kTemperatures); }
TEST(RangeRule, WatchesTheBattery) { expect_all(kBatteries); }
TEST(SensorRule, KnowsWhomNotToBelieve) { expect_all(kFaults); }
TEST(FuelRule, TellsWhatWasTakenAtRest) { expect_all(kTanks); }

}  // namespace
}  // namespace odograph::rules
