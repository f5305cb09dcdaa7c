#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "lib/rules/speed_limit.h"
#include "lib/rules/units.h"

namespace odograph::rules {
namespace {

Zone school() { return {"school", 833, {{0, 0}, {0, 100}, {100, 100}, {100, 0}}}; }

SpeedLimitConfig sound() {
  SpeedLimitConfig config;
  config.limit_cmps = 3333;
  config.zones = {school(), {"yard", 300, {{500, 500}, {500, 600}, {600, 500}}}};
  return config;
}

struct Change {
  const char* name;
  std::function<void(SpeedLimitConfig&)> change;
  const char* complaint;  ///< Empty: still valid.
};

const Change kChanges[] = {
    {"Untouched", [](auto&) {}, ""},
    {"NoVehicleLimit", [](auto& c) { c.limit_cmps.reset(); }, ""},
    {"NoZones", [](auto& c) { c.zones.clear(); }, ""},
    {"NoHysteresis", [](auto& c) { c.hysteresis_cmps = 0; }, ""},
    {"LimitOfOne", [](auto& c) { c.limit_cmps = 1, c.hysteresis_cmps = 0; }, ""},
    {"EndsAtOnce", [](auto& c) { c.clear_duration = base::Millis{0}; }, ""},
    {"MostCorners", [](auto& c) { c.zones[0].outline.resize(kCornersMax); }, ""},
    {"LongestId", [](auto& c) { c.zones[0].id.assign(64, 'x'); }, ""},
    {"CornersOfThePlanet",
     [](auto& c) {
       c.zones[0].outline = {{900'000'000, 0}, {-900'000'000, 1'800'000'000}, {0, 9}};
     },
     ""},
    {"ZeroLimit", [](auto& c) { c.limit_cmps = 0; }, "limit of 0 cm/s"},
    {"NegativeZoneLimit", [](auto& c) { c.zones[0].limit_cmps = -1; }, "zone 'school': limit of -1 cm/s"},
    {"HysteresisOfTheLimit", [](auto& c) { c.hysteresis_cmps = 3333; }, "hysteresis of 3333 cm/s"},
    {"HysteresisOfAZonesLimit", [](auto& c) { c.hysteresis_cmps = 300; }, "zone 'yard': hysteresis of 300 cm/s"},
    {"NegativeHysteresis", [](auto& c) { c.hysteresis_cmps = -1; }, "hysteresis"},
    {"NegativeHysteresisAlone", [](auto& c) { c = {}, c.hysteresis_cmps = -1; }, "hysteresis below 0"},
    {"NegativeMinDuration", [](auto& c) { c.min_duration = base::Millis{-1}; }, "minimum duration"},
    {"NegativeClearDuration", [](auto& c) { c.clear_duration = base::Millis{-1}; }, "clearing duration"},
    {"NoGap", [](auto& c) { c.gap = base::Millis{0}; }, "gap"},
    {"NegativeUpdateInterval", [](auto& c) { c.update_interval = base::Millis{-1}; }, "update interval"},
    {"TwoCorners", [](auto& c) { c.zones[0].outline.resize(2); }, "zone 'school': 2 corners"},
    {"TooManyCorners", [](auto& c) { c.zones[0].outline.resize(kCornersMax + 1); }, "1001 corners"},
    {"LatitudeBeyondThePole", [](auto& c) { c.zones[0].outline[1].lat_e7 = 900'000'001; }, "corner 2: latitude"},
    {"LongitudeBeyondTheDateLine", [](auto& c) { c.zones[0].outline[2].lon_e7 = -1'800'000'001; },
     "corner 3: longitude"},
    {"OverTheDateLine",
     [](auto& c) {
       c.zones[0].outline = {{0, 1'799'000'000}, {0, -1'799'000'000}, {9, 1'799'000'000}};
     },
     "corner 2: the side to it crosses the date line"},
    {"EmptyId", [](auto& c) { c.zones[1].id.clear(); }, "zone 2: id of 0 characters"},
    {"LongId", [](auto& c) { c.zones[1].id.assign(65, 'x'); }, "zone 2: id of 65 characters"},
    {"IdUsedTwice", [](auto& c) { c.zones[1].id = "school"; }, "zone 'school': id used twice"},
    {"TooManyZones", [](auto& c) { c.zones.resize(kZonesMax + 1); }, "1001 zones"},
};

TEST(SpeedLimitConfig, NamesWhatIsWrong) {
  for (const Change& row : kChanges) {
    SCOPED_TRACE(row.name);
    SpeedLimitConfig config = sound();
    row.change(config);
    const base::Status status = validate(config);
    EXPECT_EQ(status.has_value(), *row.complaint == '\0');
    if (status) continue;
    EXPECT_EQ(status.error().action, base::Action::kStop);
    EXPECT_THAT(status.error().what, testing::HasSubstr(row.complaint));
  }
}

TEST(RuleSetHash, DoesNotDependOnTheMachineOrTheRelease) {
  // What is deployed on vehicles is compared with what the fleet computes: these may only change with the rule itself.
  EXPECT_EQ(rule_set_hash({}), 0xFAFE15A15D0A85ECULL);
  EXPECT_EQ(rule_set_hash(sound()), 0x97647A62A30F7153ULL);
}

TEST(RuleSetHash, DiffersWithEverythingThatChangesTheOutcome) {
  const std::function<void(SpeedLimitConfig&)> changes[] = {
      [](auto&) {},
      [](auto& c) { c.limit_cmps.reset(); },
      [](auto& c) { c.limit_cmps = 3334; },
      [](auto& c) { c.hysteresis_cmps = 84; },
      [](auto& c) { c.min_duration = base::Millis{1}; },
      [](auto& c) { c.clear_duration = base::Millis{1}; },
      [](auto& c) { c.gap = base::Millis{1}; },
      [](auto& c) { c.update_interval = base::Millis{1}; },
      [](auto& c) { c.accuracy_gate = false; },
      [](auto& c) { c.zones.pop_back(); },
      [](auto& c) { c.zones[0].id = "schoolyard"; },
      [](auto& c) { c.zones[0].limit_cmps = 834; },
      [](auto& c) { c.zones[0].outline[3].lon_e7 = 1; },
      [](auto& c) { std::swap(c.zones[0].outline[1], c.zones[0].outline[2]); },
      [](auto& c) { c.zones[0].outline.pop_back(); },
  };
  std::set<std::uint64_t> hashes;
  for (const auto& change : changes) {
    SpeedLimitConfig config = sound();
    change(config);
    hashes.insert(rule_set_hash(config));
  }
  EXPECT_EQ(hashes.size(), std::size(changes));
  EXPECT_EQ(hashes.count(0), 0U);
}

TEST(RuleSetHash, DoesNotSeeTheOrderOfTheZones) {
  SpeedLimitConfig swapped = sound();
  std::swap(swapped.zones[0], swapped.zones[1]);
  EXPECT_EQ(rule_set_hash(swapped), rule_set_hash(sound()));
}

TEST(CmpsFromKmh, RoundsDownSoThatAboveItIsAboveTheLimit) {
  EXPECT_EQ(cmps_from_kmh(120), 3333);
  EXPECT_EQ(cmps_from_kmh(117), 3250);
  EXPECT_EQ(cmps_from_kmh(80), 2222);
  EXPECT_EQ(cmps_from_kmh(50), 1388);
  EXPECT_EQ(cmps_from_kmh(0), 0);
}

}  // namespace
}  // namespace odograph::rules
