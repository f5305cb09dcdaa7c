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

void expect_all(std::span<const Case> cases) {
  for (const Case& row : cases) {
    EXPECT_THAT(run_rule(row.spec, row.drive), testing::ElementsAreArray(row.words)) << row.name;
  }
}

LifeConfig life(base::Millis min, base::Millis clear) {
  return {.min_duration = min, .clear_duration = clear, .reopen = seconds(0), .flap_cycles = 0};
}

/// A circle of 500 m around the place that `fix` counts metres from.
std::shared_ptr<const FenceArea> yard() {
  static const auto kYard = std::make_shared<const FenceArea>(Fence{"yard", {}, {470'000'000, 80'000'000}, 500});
  return kYard;
}

RuleSpec geofence(GeofenceConfig::When when) {
  RuleSpec spec{.kind = RuleKind::kGeofence, .life = life(seconds(15), seconds(15))};
  spec.life.min_count = 2;
  spec.life.clear_count = 2;
  spec.config = GeofenceConfig{.area = yard(), .when = when};
  return spec;
}

constexpr auto kInside = GeofenceConfig::When::kInside;
constexpr auto kOutside = GeofenceConfig::When::kOutside;

model::Record flagged(model::Record record) {
  record.flags = model::flag::kHdopBad;
  return record;
}

const Case kFences[] = {
    {"NeverThere", geofence(kInside), {{0, fix(2'000)}, {60, fix(1'500)}}, {}},
    {"OneFixInside", geofence(kInside), {{0, fix(600)}, {60, fix(400)}, {120, fix(600)}}, {}},
    {"TwoFixesInside",
     geofence(kInside),
     {{0, fix(600)}, {60, fix(400)}, {70, fix(300)}},
     {"raised 1 @70 from 60 yard info inside"}},
    {"AFlaggedFixDoesNotCount", geofence(kInside), {{0, fix(600)}, {60, fix(400)}, {70, flagged(fix(300))}}, {}},
    {"AVoidFixDoesNotCount", geofence(kInside), {{0, fix(600)}, {60, fix(400)}, {70, no_fix()}}, {}},
    {"AJumpDoesNotCount", geofence(kInside), {{0, fix(9'000)}, {1, fix(400)}, {2, fix(400)}, {3, fix(8'990)}}, {}},
    {"LeftByLessThanTheHysteresis",
     geofence(kInside),
     {{0, fix(400)}, {10, fix(300)}, {60, fix(520)}, {70, fix(524)}, {90, fix(520)}},
     {"raised 1 @10 from 0 yard info inside"}},
    {"LeftByMore",
     geofence(kInside),
     {{0, fix(400)}, {10, fix(300)}, {60, fix(526)}, {70, fix(600)}},
     {"raised 1 @10 from 0 yard info inside", "cleared 2 @70 from 0 yard info inside recovered at 60"}},
    {"Crossed",
     geofence(kInside),
     {{0, fix(-600)}, {60, fix(700)}},
     {"raised 1 @60 from 60 yard info crossed", "cleared 2 @60 from 60 yard info crossed recovered at 60"}},
    {"CrossedPerhaps", geofence(kInside), {{0, fix(-600)}, {121, fix(700)}}, {}},
    {"OutWhereItShouldBeIn",
     geofence(kOutside),
     {{0, fix(0)}, {60, fix(600)}, {70, fix(700)}},
     {"raised 1 @70 from 60 yard info outside"}},
    {"BackIn",
     geofence(kOutside),
     {{0, fix(0)}, {60, fix(600)}, {70, fix(700)}, {80, fix(400)}, {90, fix(300)}},
     {"raised 1 @70 from 60 yard info outside", "cleared 2 @90 from 60 yard info outside recovered at 80"}},
    {"OutByLessThanTheHysteresis", geofence(kOutside), {{0, fix(0)}, {60, fix(510)}, {70, fix(520)}}, {}},
};

TEST(GeofenceRule, TellsWhoIsInAndWhoIsOut) { expect_all(kFences); }

RuleSpec harsh() {
  RuleSpec spec{.kind = RuleKind::kHarshMotion, .life = life(seconds(0), seconds(0))};
  spec.config = HarshConfig{.forward_signal = "", .sideways_signal = ""};
  return spec;
}

RuleSpec harsh_by_sensor() {
  RuleSpec spec = harsh();
  spec.config = HarshConfig{.forward_signal = "accel_x", .sideways_signal = "accel_y"};
  return spec;
}

/// Speeds in m/s, a second apart, on the way that they make.
std::vector<Step> speeds(const std::vector<double>& mps) {
  std::vector<Step> drive;
  double north_m = 0;
  for (std::size_t i = 0; i < mps.size(); ++i) {
    north_m += mps[i];
    drive.push_back({static_cast<double>(i), fix(north_m, mps[i])});
  }
  return drive;
}

std::vector<Step> turning(double mps, std::int32_t cdeg) {
  std::vector<Step> drive = speeds({mps, mps, mps});
  drive[0].record.course_cdeg = 100;
  drive[1].record.course_cdeg = (36'100 - cdeg) % 36'000;
  drive[2].record.course_cdeg = drive[1].record.course_cdeg;
  return drive;
}

const Case kHarsh[] = {
    {"Gently", harsh(), speeds({10, 12.9, 9, 9}), {}},
    {"HardOnTheGas",
     harsh(),
     speeds({10, 13, 13}),
     {"raised 1 @1 from 1 acceleration minor above", "cleared 2 @2 from 1 acceleration minor above recovered at 2"}},
    {"HardOnTheBrake",
     harsh(),
     speeds({10, 6, 6}),
     {"raised 1 @1 from 1 braking minor above", "cleared 2 @2 from 1 braking minor above recovered at 2"}},
    {"BelowTenKmh", harsh(), speeds({2.7, 0, 0}), {}},
    {"NoVehicleBrakesSo", harsh(), speeds({20, 9, 20, 9}), {}},
    {"TooFarApart", harsh(), {{0, fix(0, 20)}, {2.5, fix(40, 8)}}, {}},
    {"InATightTurn",
     harsh(),
     turning(10, 2'530),
     {"raised 1 @1 from 1 cornering minor above", "cleared 2 @2 from 1 cornering minor above recovered at 2"}},
    {"InAWiderTurn", harsh(), turning(10, 2'520), {}},
    {"InATightTurnButSlowly", harsh(), turning(8, 3'500), {}},
    {"ACourseThatJumped", harsh(), turning(10, 9'000), {}},
    {"TheThirdInTenMinutes",
     harsh(),
     speeds({10, 6, 6, 10, 6, 6}),
     {"raised 1 @1 from 1 braking minor above", "cleared 2 @2 from 1 braking minor above recovered at 2",
      "raised 1 @3 from 3 acceleration minor above", "cleared 2 @4 from 3 acceleration minor above recovered at 4",
      "raised 1 @4 from 4 braking major above", "cleared 2 @5 from 4 braking major above recovered at 5"}},
    {"ByItsOwnSensor",
     harsh_by_sensor(),
     {{0, with(fix(0, 0), "accel_x", -41)}, {1, fix(0, 0)}},
     {"raised 1 @0 from 0 braking minor above", "cleared 2 @1 from 0 braking minor above recovered at 1"}},
    {"ByItsOwnSensorToTheLeft",
     harsh_by_sensor(),
     {{0, with(fix(0, 0), "accel_y", -44)}},
     {"raised 1 @0 from 0 cornering minor above"}},
    {"ItsSensorSaysNo",
     harsh_by_sensor(),
     {{0, with(fix(0, 10), "accel_x", 1)}, {1, with(fix(6, 6), "accel_x", -10)}},
     {}},
};

TEST(HarshRule, TellsHardManoeuvres) { expect_all(kHarsh); }

RuleSpec idling() {
  RuleSpec spec{.kind = RuleKind::kIdling, .life = life(minutes(10), seconds(0))};
  spec.config = IdlingConfig{};
  return spec;
}

/// A record a minute, `minutes` of them, with the ignition.
std::vector<Step> standing(int count, std::int64_t ignition, double last_mps) {
  std::vector<Step> drive;
  for (int i = 0; i < count; ++i) drive.push_back({60.0 * i, with(fix(0, 0.3), "ignition", ignition, 0)});
  drive.push_back({60.0 * count, with(fix(0, last_mps), "ignition", ignition, 0)});
  return drive;
}

std::vector<Step> switched_off() {
  std::vector<Step> drive = standing(11, 1, 0);
  drive.push_back({720, with(fix(0), "ignition", 0, 0)});
  return drive;
}

const Case kIdling[] = {
    {"NineMinutes", idling(), standing(9, 1, 0), {}},
    {"TenMinutes", idling(), standing(10, 1, 0), {"raised 1 @600 from 0 minor at_rest"}},
    {"TheEngineIsOff", idling(), standing(20, 0, 0), {}},
    {"Moves",
     idling(),
     standing(11, 1, 2),
     {"raised 1 @600 from 0 minor at_rest", "cleared 2 @660 from 0 minor at_rest recovered at 660"}},
    {"SwitchedOff",
     idling(),
     switched_off(),
     {"raised 1 @600 from 0 minor at_rest", "cleared 2 @720 from 0 minor at_rest recovered at 720"}},
    {"CreepsIsNotMoving", idling(), standing(11, 1, 1), {"raised 1 @600 from 0 minor at_rest"}},
    {"NobodyTellsOfTheEngine", idling(), {{0, fix(0)}, {590, fix(0)}, {1'180, fix(0)}}, {}},
    {"ItsWordIsOld",
     idling(),
     {{0, with(fix(0), "ignition", 1, 0)}, {590, fix(0)}, {601, fix(0)}, {1'190, fix(0)}},
     {}},
    {"TheEngineTurnsWithoutTheKey",
     idling(),
     {{0, with(with(fix(0), "ignition", 0, 0), "engine_rpm", 800, 0)},
      {600, with(with(fix(0), "ignition", 0, 0), "engine_rpm", 800, 0)}},
     {"raised 1 @600 from 0 minor at_rest"}},
};

TEST(IdlingRule, TellsEnginesThatRunForNothing) { expect_all(kIdling); }

RuleSpec position_lost() {
  RuleSpec spec{.kind = RuleKind::kPositionLost, .life = life(seconds(60), seconds(30))};
  spec.config = PositionConfig{.supply_signal = "supply", .supply_min_milli = 9'000};
  return spec;
}

model::Record satellites(model::Record record, std::int32_t count) {
  record.satellites = count;
  return record;
}

const Case kLost[] = {
    {"NeverHadOne", position_lost(), {{0, no_fix()}, {60, no_fix()}}, {}},
    {"ForLessThanAMinute", position_lost(), {{0, fix(0)}, {1, no_fix()}, {60, no_fix()}, {62, fix(0)}}, {}},
    {"ForAMinute", position_lost(), {{0, fix(0)}, {1, no_fix()}, {61, no_fix()}}, {"raised 1 @61 from 1 major no_fix"}},
    {"TheSkyWasBad", position_lost(), {{0, satellites(fix(0), 4)}, {1, no_fix()}, {61, no_fix()}}, {}},
    {"TheSkyWasGood",
     position_lost(),
     {{0, satellites(fix(0), 5)}, {1, no_fix()}, {61, no_fix()}},
     {"raised 1 @61 from 1 major no_fix"}},
    {"TheSupplyIsGone", position_lost(), {{0, fix(0)}, {1, with(no_fix(), "supply", 89)}, {61, no_fix()}}, {}},
    {"TheSupplyIsThere",
     position_lost(),
     {{0, fix(0)}, {1, with(no_fix(), "supply", 90)}, {61, no_fix()}},
     {"raised 1 @61 from 1 major no_fix"}},
    {"RecordsOfSignalsSayNothing", position_lost(), {{0, fix(0)}, {1, {}}, {61, {}}}, {}},
    {"BackForHalfAMinute",
     position_lost(),
     {{0, fix(0)}, {1, no_fix()}, {61, no_fix()}, {70, fix(0)}, {100, fix(0)}},
     {"raised 1 @61 from 1 major no_fix", "cleared 2 @100 from 1 major no_fix recovered at 70"}},
};

TEST(PositionRule, TellsAReceiverThatWentBlind) { expect_all(kLost); }

}  // namespace
}  // namespace odograph::rules
