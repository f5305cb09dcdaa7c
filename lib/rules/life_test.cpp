#include "lib/rules/life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/rules/test_words.h"

namespace odograph::rules {
namespace {

using std::chrono::seconds;

struct Told {
  double second;
  int value;  ///< Beyond from 10 on, within below 8.
  int severity = 2;
};

struct Case {
  const char* name;
  LifeConfig config;
  std::vector<Told> looks;
  std::vector<std::string> words;
};

LifeConfig plain() { return {.clear_duration = seconds(10), .reopen = seconds(0), .flap_cycles = 0}; }

LifeConfig held(int s) {
  LifeConfig config = plain();
  config.min_duration = seconds(s);
  return config;
}

LifeConfig counted(std::uint32_t count) {
  LifeConfig config = held(15);
  config.min_count = count;
  config.clear_count = count;
  return config;
}

LifeConfig reopening() {
  LifeConfig config = plain();
  config.reopen = seconds(60);
  return config;
}

LifeConfig guarded() {
  LifeConfig config = plain();
  config.clear_duration = seconds(0);
  config.flap_cycles = 2;
  config.flap_window = seconds(100);
  config.flap_stable = seconds(50);
  return config;
}

const Case kCases[] = {
    {"NeverBeyond", plain(), {{0, 7}, {10, 9}, {20, 7}}, {}},
    {"AtOnce", plain(), {{0, 7}, {10, 10}}, {"raised 1 @10 from 10 warning above"}},
    {"NotYetForItsDuration", held(30), {{0, 10}, {29, 10}}, {}},
    {"ForItsDuration", held(30), {{0, 10}, {30, 10}}, {"raised 1 @30 from 0 warning above"}},
    {"ALookBetweenEndsAPendingStretch", held(30), {{0, 10}, {20, 9}, {30, 10}, {50, 10}}, {}},
    {"ASilenceDoesNotCount", held(30), {{0, 10}, {601, 10}, {611, 10}}, {}},
    {"OneLookIsNotTwo", counted(2), {{0, 10}, {1, 7}, {2, 10}}, {}},
    {"TwoLooksAreEnough", counted(2), {{0, 10}, {1, 10}}, {"raised 1 @1 from 0 warning above"}},
    {"TwoLooksClear",
     counted(2),
     {{0, 10}, {1, 10}, {2, 7}, {3, 7}},
     {"raised 1 @1 from 0 warning above", "cleared 2 @3 from 0 warning above recovered at 2"}},
    {"ClearedOnceWithinForItsDuration",
     plain(),
     {{0, 10}, {5, 7}, {14, 7}, {15, 7}},
     {"raised 1 @0 from 0 warning above", "cleared 2 @15 from 0 warning above recovered at 5"}},
    {"BetweenStartsTheClearingOver",
     plain(),
     {{0, 10}, {5, 7}, {14, 9}, {15, 7}, {24, 7}},
     {"raised 1 @0 from 0 warning above"}},
    {"APeakIsToldAfterAWhile",
     plain(),
     {{0, 10}, {30, 12}, {60, 11}, {61, 11}},
     {"raised 1 @0 from 0 warning above", "updated 2 @60 from 0 warning above"}},
    {"AWorseSeverityIsToldToo",
     plain(),
     {{0, 10}, {60, 10, 3}, {120, 10}},
     {"raised 1 @0 from 0 warning above", "updated 2 @60 from 0 major above"}},
    {"NothingWorseIsNotTold", plain(), {{0, 10}, {60, 10}, {200, 9}}, {"raised 1 @0 from 0 warning above"}},
    {"AnOlderLookLeavesNoTrace",
     held(30),
     {{0, 10}, {20, 10}, {10, 7}, {30, 10}},
     {"raised 1 @30 from 0 warning above"}},
    {"SoonAgainIsTheSameAlert",
     reopening(),
     {{0, 10}, {1, 7}, {11, 7}, {71, 12}},
     {"raised 1 @0 from 0 warning above", "cleared 2 @11 from 0 warning above recovered at 1",
      "updated 3 @71 from 0 warning above"}},
    {"LaterIsAnother",
     reopening(),
     {{0, 10}, {1, 7}, {11, 7}, {72, 12}},
     {"raised 1 @0 from 0 warning above", "cleared 2 @11 from 0 warning above recovered at 1",
      "raised 1 @72 from 72 warning above"}},
    {"TheThirdOfTwoCyclesIsHeld",
     guarded(),
     {{0, 10}, {1, 7}, {10, 10}, {11, 7}, {20, 10}, {21, 7}, {70, 7}, {71, 7}},
     {"raised 1 @0 from 0 warning above", "cleared 2 @1 from 0 warning above recovered at 1",
      "raised 1 @10 from 10 warning above", "cleared 2 @11 from 10 warning above recovered at 11",
      "raised 1 @20 from 20 warning above flapping", "cleared 2 @71 from 20 warning above flapping recovered at 21"}},
    {"SlowCyclesDoNotFlap",
     guarded(),
     {{0, 10}, {1, 7}, {10, 10}, {11, 7}, {112, 10}},
     {"raised 1 @0 from 0 warning above", "cleared 2 @1 from 0 warning above recovered at 1",
      "raised 1 @10 from 10 warning above", "cleared 2 @11 from 10 warning above recovered at 11",
      "raised 1 @112 from 112 warning above"}},
};

Look look_of(const Told& told) {
  return {.time = at(told.second),
          .standing = told.value >= 10  ? Standing::kBeyond
                      : told.value >= 8 ? Standing::kBetween
                                        : Standing::kWithin,
          .severity = static_cast<model::Severity>(told.severity),
          .cause = Cause::kAbove,
          .value = told.value,
          .limit = 9,
          .excess = told.value - 9};
}

TEST(Life, GoesThroughItsStages) {
  for (const Case& row : kCases) {
    Life life;
    std::vector<LifeEvent> told;
    for (const Told& each : row.looks) life.on(row.config, look_of(each), told);
    EXPECT_THAT(words(told), testing::ElementsAreArray(row.words)) << row.name;
  }
}

TEST(Life, TellsThePeakAndWhatItIsNow) {
  Life life;
  std::vector<LifeEvent> told;
  for (const Told& each : {Told{0, 10}, {10, 15}, {20, 12}, {60, 12}}) life.on(plain(), look_of(each), told);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told.back().peak, 15);
  EXPECT_EQ(told.back().peak_time, at(10));
  EXPECT_EQ(told.back().value, 12);
  EXPECT_EQ(told.back().limit, 9);
}

TEST(Life, EndsWhenItIsTold) {
  Life life;
  std::vector<LifeEvent> told;
  life.end(at(0), Ending::kExpired, told);
  EXPECT_TRUE(told.empty()) << "nothing was open";
  life.on(reopening(), look_of({0, 10}), told);
  life.end(at(5), Ending::kTripEnded, told);
  life.on(reopening(), look_of({6, 10}), told);
  EXPECT_THAT(words(told), testing::ElementsAre("raised 1 @0 from 0 warning above",
                                                "cleared 2 @5 from 0 warning above trip_ended at 5",
                                                "raised 1 @6 from 6 warning above"))
      << "what was ended so is not opened again";
}

}  // namespace
}  // namespace odograph::rules
