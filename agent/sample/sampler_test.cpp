#include "agent/sample/sampler.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace odograph::sample {
namespace {

namespace reason = model::reason;

constexpr double kE7PerM = 89.932;  ///< Of latitude.

/// By default a fix that moves at 10 m/s to the north, far from all thresholds.
struct Step {
  double at_s;
  double north_m = 0;
  std::int32_t speed_cmps = 1000;  ///< -1: not told.
  std::int32_t course_cdeg = 0;    ///< -1: not told.
  char what = 'f';                 ///< Fix, v(oid), b(ad: flagged), s(ignals only), e(vent with a fix), w(arned).
  std::int32_t hdop_centi = 100;
};

struct Case {
  const char* name;
  std::vector<Step> steps;
  /// Per step "-" or the reasons: First, Time, Distance, Angle, Speed, Event, "X" fix change, Rest, "*" all.
  const char* expected;
};

model::Record record_of(const Step& step) {
  model::Record record;
  record.boot_time = base::BootTime{base::Millis{static_cast<std::int64_t>(step.at_s * 1000)}};
  if (step.what == 's') return record;
  record.mode = step.what == 'v' ? model::FixMode::kNone : model::FixMode::k3d;
  if (step.what == 'v') return record;
  record.position = model::Position{470'000'000 + static_cast<std::int32_t>(step.north_m * kE7PerM), 80'000'000};
  if (step.speed_cmps >= 0) record.speed_cmps = step.speed_cmps;
  if (step.course_cdeg >= 0) record.course_cdeg = step.course_cdeg;
  record.hdop_centi = step.hdop_centi;
  if (step.what == 'b') record.flags = model::flag::kJump;
  if (step.what == 'w') record.flags = model::flag::kHdopWarn;
  if (step.what == 'e') record.event.emplace();
  return record;
}

std::string run(const Config& config, const std::vector<Step>& steps) {
  constexpr std::pair<std::uint32_t, char> kLetters[] = {
      {reason::kFirst, 'F'},     {reason::kTime, 'T'},  {reason::kDistance, 'D'},
      {reason::kAngle, 'A'},     {reason::kSpeed, 'S'}, {reason::kEvent, 'E'},
      {reason::kFixChange, 'X'}, {reason::kRest, 'R'},  {reason::kAll, '*'}};
  State state;
  std::string told;
  for (const Step& step : steps) {
    Decision decision = decide(config, state, record_of(step));
    state = decision.next;
    for (const auto& [bit, letter] : kLetters) {
      if ((decision.reason & bit) != 0) told += letter;
    }
    told += decision.reason == 0 ? "- " : " ";
  }
  told.pop_back();
  return told;
}

const Case kMoving[] = {
    {"TheFirst", {{0}, {1}}, "F -"},
    {"TheFirstVoidOne", {{0, 0, 0, 0, 'v'}, {1, 0, 0, 0, 'v'}}, "F -"},
    {"TimeNotYet", {{0}, {9.999}}, "F -"},
    {"Time", {{0}, {10}, {19.999}, {20}}, "F T - T"},
    {"DistanceNotYet", {{0}, {1, 99.9}}, "F -"},
    {"Distance", {{0}, {1, 100.1}, {2, 200}, {3, 200.3}}, "F D - D"},
    {"DistanceFromTheLastOneKept", {{0}, {1, 60}, {2, 120}, {3, 60}, {4, 19.8}}, "F - D - D"},
    {"AngleNotYet", {{0}, {1, 11, 1000, 1499}}, "F -"},
    {"Angle", {{0}, {1, 11, 1000, 1500}}, "F A"},
    {"AngleTheOtherWay", {{0}, {1, 11, 1000, 34'500}}, "F A"},
    {"AngleTooSlow", {{0, 0, 200}, {1, 11, 139, 9000}}, "F -"},
    {"AngleJustFastEnough", {{0, 0, 200}, {1, 11, 140, 9000}}, "F A"},
    {"AngleTooNear", {{0}, {1, 9.9, 1000, 9000}}, "F -"},
    {"AngleWithoutACourse", {{0}, {1, 11, 1000, -1}}, "F -"},
    {"AngleFromACourseThatMeantNothing", {{0, 0, 100, 9000}, {1, 11, 300, 0}}, "F -"},
    {"SpeedNotYet", {{0}, {1, 0, 1277}, {2, 0, 723}}, "F - -"},
    {"SpeedUp", {{0}, {1, 0, 1278}}, "F S"},
    {"SpeedDown", {{0}, {1, 0, 722}}, "F S"},
    {"SpeedCreeping", {{0}, {1, 0, 1200}, {2, 0, 1278}, {3, 0, 1400}}, "F - S -"},
    {"SpeedNotTold", {{0}, {1, 0, -1}, {2, 0, 1278}}, "F - S"},
    {"SeveralAtOnce", {{0}, {10, 150, 1500, 9000}}, "F TDAS"},
    {"Event", {{0}, {1, 0, 1000, 0, 'e'}, {2}}, "F E -"},
    {"FixLostAndBack", {{0}, {1, 0, 0, 0, 'v'}, {2, 0, 0, 0, 'v'}, {3}, {4}}, "F X - X -"},
    {"FirstFixAfterAVoidStart", {{0, 0, 0, 0, 'v'}, {1}}, "F X"},
    {"SignalsAloneSayNothingOfTheFix", {{0}, {1, 0, 0, 0, 's'}, {2}, {12, 0, 0, 0, 's'}}, "F - - T"},
    {"VoidByTime", {{0}, {1, 0, 0, 0, 'v'}, {10.9, 0, 0, 0, 'v'}, {11, 0, 0, 0, 'v'}}, "F X - T"},
    {"FlaggedTriggerNothing", {{0}, {1, 500, 3000, 9000, 'b'}, {2, 1}}, "F - -"},
    {"FlaggedByTimeButNoReference", {{0}, {10, 500, 3000, 9000, 'b'}, {11, 1}, {12, 100.1}}, "F T - D"},
    {"FlaggedFirst", {{0, 500, 1000, 0, 'b'}, {1}, {10}, {11, 101}}, "F - T D"},
    {"AWarningIsUsable", {{0}, {1, 101, 1000, 0, 'w'}}, "F D"},
};

const Case kResting[] = {
    {"SlowsDownOnceRestWasTold",
     {{0, 0, 0}, {10, 0, 0}, {299.999, 0, 0}, {300, 0, 0}, {599, 0, 0}, {600, 0, 0}},
     "F - - R - R"},
    {"TellsRestBeforeItSlowsDown",
     {{0, 0, 200}, {3, 1, 27}, {9, 1, 0}, {10, 1, 0}, {20, 1, 0}, {310, 1, 0}},
     "F - - T - R"},
    {"TheSpeedOfRest", {{0, 0, 28}, {10, 0, 28}, {20, 0, 28}}, "F T T"},
    {"SettingOff", {{0, 0, 0}, {100, 0, 0}, {101, 0, 28}}, "F - T"},
    {"SettingOffBriskly", {{0, 0, 0}, {1, 0, 0}, {2, 3, 278}}, "F - S"},
    {"WithinTheRadius", {{0, 0, 0}, {10, 14.9, 0}, {20, 0, 0}, {30, -14.9, 0}}, "F - - -"},
    {"OutOfTheRadius", {{0, 0, 0}, {10, 15.1, 0}, {20, 15.1, 0}, {30, 15.1, 0}}, "F T - -"},
    {"OutOfTheRadiusBeforeItsTime", {{0, 0, 0}, {5, 15.1, 0}, {9, 15.1, 0}, {10, 15.1, 0}, {20, 15.1, 0}}, "F - - T -"},
    {"AWiderRadiusByHdop", {{0, 0, 0}, {10, 26.9, 0, 0, 'f', 900}, {20, 0, 0}, {30, 27.1, 0, 0, 'f', 900}}, "F - - T"},
    {"RestLastsThroughVoidFixes",
     {{0, 0, 0}, {10, 0, 0, 0, 'v'}, {20, 0, 0, 0, 'v'}, {309, 0, 0, 0, 'v'}, {310, 0, 0, 0, 'v'}},
     "F X - - R"},
    {"RestLastsThroughFlaggedFixes",
     {{0, 0, 0}, {10, 500, 3000, 0, 'b'}, {20, 0, 0}, {300, 500, 3000, 0, 'b'}},
     "F - - R"},
    {"WithoutSpeedThereIsNoRest", {{0, 0, -1}, {10, 0, -1}, {20, 0, -1}}, "F T T"},
    {"AFlaggedRecordDoesNotTellRest",
     {{0, 0, 200}, {3, 0, 0}, {10, 0, 0, 0, 'b'}, {20, 0, 0}, {30, 0, 0}},
     "F - T T -"},
    {"EventsAtRest", {{0, 0, 0}, {10, 0, 0, 0, 'e'}}, "F E"},
};

TEST(Sampler, KeepsOnAnyOfItsReasons) {
  for (const Case& row : kMoving) EXPECT_EQ(run(Config{}, row.steps), row.expected) << row.name;
}

TEST(Sampler, IsSlowerAtRest) {
  for (const Case& row : kResting) EXPECT_EQ(run(Config{}, row.steps), row.expected) << row.name;
}

TEST(Sampler, WanderingAtRestIsNoNewsHoweverSmallTheDistance) {
  Config config;
  config.distance_m = 5;
  EXPECT_EQ(run(config, {{0, 0, 0}, {1, 14, 0}, {2, -14, 0}, {3, 6, 100}}), "F - - D");
}

TEST(Sampler, KeepsEverythingIfSetTo) {
  Config config;
  config.mode = Mode::kAll;
  EXPECT_EQ(run(config, {{0}, {1}, {2, 0, 0, 0, 'v'}, {3, 500, 1000, 0, 'b'}, {3, 0, 0, 0, 's'}}), "F* * X* X* *");
}

TEST(Sampler, KeepsReportsOfBootAndLoss) {
  State state = decide(Config{}, State{}, record_of({0})).next;
  model::Record boot = record_of({1, 0, 0, 0, 's'});
  boot.boot.emplace();
  EXPECT_EQ(decide(Config{}, state, boot).reason, reason::kEvent);
  model::Record loss = record_of({1, 0, 0, 0, 's'});
  loss.loss.emplace();
  EXPECT_EQ(decide(Config{}, state, loss).reason, reason::kEvent);
}

TEST(SamplerConfig, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(validate(Config{}).has_value());
  const std::function<void(Config&)> wrongs[] = {
      [](auto& c) { c.time = base::Millis{0}; },
      [](auto& c) { c.rest_time = base::Millis{9'999}; },
      [](auto& c) { c.distance_m = 0; },
      [](auto& c) { c.angle_cdeg = 0; },
      [](auto& c) { c.angle_cdeg = 18'001; },
      [](auto& c) { c.angle_above_cmps = -1; },
      [](auto& c) { c.angle_beyond_m = -1; },
      [](auto& c) { c.speed_change_cmps = 0; },
      [](auto& c) { c.rest_below_cmps = -1; },
      [](auto& c) { c.rest_radius_m = -1; },
      [](auto& c) { c.rest_radius_m_per_hdop = -1; },
  };
  for (std::size_t i = 0; i < std::size(wrongs); ++i) {
    Config config;
    wrongs[i](config);
    ASSERT_FALSE(validate(config).has_value()) << i;
    EXPECT_EQ(validate(config).error().action, base::Action::kStop);
  }
}

}  // namespace
}  // namespace odograph::sample
