#include "fleet/process/gaps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace odograph::process {
namespace {

using model::Lane;

/// One record on its way in. `ends` makes it a boot record on the boot before, `loss` a loss record.
struct Step {
  Lane lane;
  std::uint32_t boot;
  std::uint32_t n;
  std::optional<model::LaneEnds> ends = std::nullopt;
  std::optional<Gap> loss = std::nullopt;
};

Step bulk(std::uint32_t boot, std::uint32_t n) { return {Lane::kBulk, boot, n}; }
Step event(std::uint32_t boot, std::uint32_t n) { return {Lane::kEvent, boot, n}; }
Step boot_record(std::uint32_t boot, model::LaneEnds ends) { return {Lane::kEvent, boot, 1, ends}; }
Step loss(std::uint32_t boot, std::uint32_t n, Gap lost) { return {Lane::kEvent, boot, n, std::nullopt, lost}; }

struct Case {
  const char* name;
  Beginning beginning;
  std::vector<Step> steps;
  GapCounts counts;
};

constexpr Beginning kSeen = Beginning::kSeen;
constexpr Beginning kNotSeen = Beginning::kNotSeen;

const Case kCases[] = {
    // Sound runs.
    {"Dense", kSeen, {bulk(1, 1), bulk(1, 2), bulk(1, 3)}, {0, 0}},
    {"FirstBootHasNoneBefore", kSeen, {boot_record(1, {}), bulk(1, 1)}, {0, 0}},
    {"NextBootAllThere",
     kSeen,
     {boot_record(1, {}), bulk(1, 1), bulk(1, 2), boot_record(2, {0, 1, 2}), bulk(2, 1)},
     {0, 0}},
    {"BootRecordOvertakesBulk",
     kSeen,
     {boot_record(1, {}), bulk(1, 1), boot_record(2, {0, 1, 3}), bulk(1, 2), bulk(1, 3), bulk(2, 1)},
     {0, 0}},
    {"AlertOvertakesBootRecord",
     kSeen,
     {{Lane::kAlert, 1, 1}, {Lane::kAlert, 2, 1}, boot_record(1, {}), boot_record(2, {1, 1, 0})},
     {0, 0}},
    {"MissingTailNeverWasDurable",
     kSeen,
     {boot_record(1, {}), bulk(1, 1), bulk(1, 2), boot_record(2, {0, 1, 2}), bulk(2, 1)},
     {0, 0}},
    {"LiveIsNotNumbered", kSeen, {bulk(1, 1), {Lane::kLive, 1, 0}, {Lane::kLive, 1, 500}, bulk(1, 2)}, {0, 0}},
    {"LanesHaveTheirOwnNumbers",
     kSeen,
     {bulk(1, 1), event(1, 1), {Lane::kAlert, 1, 1}, bulk(1, 2), event(1, 2)},
     {0, 0}},
    {"ABootWithoutAnyRecord", kSeen, {boot_record(1, {}), bulk(1, 1), boot_record(3, {}), bulk(3, 1)}, {0, 0}},
    {"ReadingStartsAnywhere", kNotSeen, {bulk(7, 500), bulk(7, 501), event(7, 20)}, {0, 0}},
    {"WhatLiesBeforeIsNotJudged",
     kNotSeen,
     {bulk(7, 500), {Lane::kEvent, 7, 3, model::LaneEnds{9, 9, 900}}, bulk(7, 501)},
     {0, 0}},
    // Holes.
    {"HoleInABoot", kSeen, {bulk(1, 1), bulk(1, 5)}, {0, 3}},
    {"HeadOfTheStream", kSeen, {bulk(1, 4)}, {0, 3}},
    {"HeadOfABoot", kSeen, {bulk(1, 1), bulk(2, 3)}, {0, 2}},
    {"HoleAfterAStartAnywhere", kNotSeen, {bulk(7, 500), bulk(7, 502)}, {0, 1}},
    {"HeadOfABootAfterAStartAnywhere", kNotSeen, {bulk(7, 500), bulk(8, 3)}, {0, 2}},
    {"TailOfABoot", kSeen, {boot_record(1, {}), bulk(1, 1), boot_record(2, {0, 1, 4}), bulk(2, 1)}, {0, 3}},
    {"TailIsNotMissingBeforeTheLaneHasGoneOn",
     kSeen,
     {boot_record(1, {}), bulk(1, 1), boot_record(2, {0, 1, 4})},
     {0, 0}},
    {"TailToldAfterTheLaneHasGoneOn", kSeen, {bulk(1, 1), bulk(2, 1), event(1, 1), boot_record(2, {0, 1, 4})}, {0, 3}},
    {"TailAfterAStartAnywhere", kNotSeen, {bulk(7, 500), boot_record(8, {0, 20, 503}), bulk(8, 1)}, {0, 3}},
    {"AWholeBootOfALane",
     kSeen,
     {boot_record(1, {}), bulk(1, 1), boot_record(2, {0, 1, 1}), boot_record(3, {0, 1, 6}), bulk(3, 1)},
     {0, 6}},
    {"AWholeBootOfALaneToldLate",
     kSeen,
     {bulk(1, 1), bulk(3, 1), boot_record(1, {}), boot_record(2, {0, 1, 1}), boot_record(3, {0, 1, 6})},
     {0, 6}},
    {"TheEventLanesOwnTail", kSeen, {boot_record(1, {}), boot_record(2, {0, 3, 0})}, {0, 2}},
    // Explanations.
    {"ExplainedBefore", kSeen, {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 2, 4}), bulk(1, 5)}, {3, 0}},
    {"ExplainedAfter", kSeen, {bulk(1, 1), bulk(1, 5), loss(1, 1, {Lane::kBulk, 1, 2, 4})}, {3, 0}},
    {"ExplainedInPart", kSeen, {bulk(1, 1), bulk(1, 9), loss(1, 1, {Lane::kBulk, 1, 3, 5})}, {3, 4}},
    {"ExplainedByTwo",
     kSeen,
     {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 2, 4}), bulk(1, 8), loss(1, 2, {Lane::kBulk, 1, 5, 7})},
     {6, 0}},
    {"ExplainedTwiceCountsOnce",
     kSeen,
     {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 2, 4}), loss(1, 2, {Lane::kBulk, 1, 2, 4}), bulk(1, 5)},
     {3, 0}},
    {"ThinnedRunCountsOnlyItsHoles",
     kSeen,
     {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 2, 9}), bulk(1, 4), bulk(1, 8), bulk(1, 10)},
     {6, 0}},
    {"ExplanationsThatTouchAreOne",
     kSeen,
     {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 2, 4}), loss(1, 2, {Lane::kBulk, 1, 5, 7}),
      loss(1, 3, {Lane::kBulk, 1, 3, 6}), bulk(1, 3), bulk(1, 8)},
     {5, 0}},
    {"ExplanationsThatDoNotTouchLeaveTheHoleBetweenThem",
     kSeen,
     {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 2, 4}), loss(1, 2, {Lane::kBulk, 1, 6, 7}), bulk(1, 8)},
     {5, 1}},
    {"ExplanationsOfOtherBootsDoNotTouch",
     kSeen,
     {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 2, 4}), loss(1, 2, {Lane::kBulk, 2, 5, 7}), bulk(1, 8)},
     {3, 3}},
    {"HeadExplained", kSeen, {loss(1, 1, {Lane::kBulk, 1, 1, 3}), bulk(1, 4)}, {3, 0}},
    {"TailExplainedBefore",
     kSeen,
     {boot_record(1, {}), bulk(1, 1), loss(1, 2, {Lane::kBulk, 1, 2, 4}), boot_record(2, {0, 2, 4}), bulk(2, 1)},
     {3, 0}},
    {"TailExplainedByTheNextBoot",
     kSeen,
     {boot_record(1, {}), bulk(1, 1), boot_record(2, {0, 1, 4}), bulk(2, 1), loss(2, 2, {Lane::kBulk, 1, 2, 4})},
     {3, 0}},
    {"TailExplainedBeforeItsEndIsTold",
     kSeen,
     {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 2, 4}), bulk(2, 1), boot_record(2, {0, 1, 4})},
     {3, 0}},
    {"AWholeBootOfALaneExplainedBeforeItsEndIsTold",
     kSeen,
     {bulk(1, 1), bulk(3, 1), boot_record(1, {}), boot_record(2, {0, 1, 1}), loss(2, 2, {Lane::kBulk, 2, 1, 6}),
      boot_record(3, {0, 2, 6})},
     {6, 0}},
    // Explanations that explain nothing.
    {"AnotherLane", kSeen, {bulk(1, 1), loss(1, 1, {Lane::kAlert, 1, 2, 4}), bulk(1, 5)}, {0, 3}},
    {"AnotherBoot", kSeen, {bulk(1, 1), loss(1, 1, {Lane::kBulk, 2, 2, 4}), bulk(1, 5)}, {0, 3}},
    {"RingFullHasNoNumbers", kSeen, {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 0, 0}), bulk(1, 5)}, {0, 3}},
    {"BackToFront", kSeen, {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 4, 2}), bulk(1, 5)}, {0, 3}},
    {"OfTheLiveLane", kSeen, {bulk(1, 1), loss(1, 1, {Lane::kLive, 1, 2, 4}), bulk(1, 5)}, {0, 3}},
};

GapTracker run(const Case& row, std::vector<Gap>& found) {
  GapTracker tracker(row.beginning);
  for (const Step& step : row.steps) {
    model::Record record;
    record.n = step.n;
    if (step.ends) record.boot = model::BootReport{"0.1.0", step.boot - 1, false, *step.ends};
    if (step.loss) {
      record.loss = model::LossReport{step.loss->lane, step.loss->boot, step.loss->first_n, step.loss->last_n};
    }
    tracker.on_record(step.lane, step.boot, record, found);
  }
  return tracker;
}

TEST(GapTracker, CountsWhatIsMissingAndWhetherItIsExplained) {
  for (const Case& row : kCases) {
    std::vector<Gap> found;
    const GapTracker tracker = run(row, found);
    EXPECT_EQ(tracker.counts().explained, row.counts.explained) << row.name;
    EXPECT_EQ(tracker.counts().unexplained, row.counts.unexplained) << row.name;
    EXPECT_EQ(tracker.forgotten(), 0U) << row.name;
  }
}

TEST(GapTracker, NamesTheGapsThatNothingExplains) {
  const Case drive{"", kSeen, {bulk(1, 1), loss(1, 1, {Lane::kBulk, 1, 3, 4}), bulk(1, 6), bulk(2, 1)}, {}};
  std::vector<Gap> found;
  run(drive, found);
  EXPECT_THAT(found, testing::ElementsAre(Gap{Lane::kBulk, 1, 2, 2}, Gap{Lane::kBulk, 1, 5, 5}));
  EXPECT_EQ(to_string(found.front()), "bulk lane, boot 1, records 2 to 2");
}

TEST(GapTracker, ForgetsTheOldestBeyondItsBoundAndKeepsTheCount) {
  GapTracker tracker(kSeen);
  std::vector<Gap> found;
  const auto gaps = static_cast<std::uint32_t>(GapTracker::kEntriesMax) + 5;
  for (std::uint32_t i = 1; i <= gaps; ++i) {
    model::Record record;
    record.n = 2 * i;
    tracker.on_record(Lane::kBulk, 1, record, found);
  }
  EXPECT_EQ(tracker.counts().unexplained, gaps);
  EXPECT_EQ(tracker.forgotten(), 5U);
}

TEST(GapTracker, ALongBacklogThatWasThinnedIsExplainedToItsEnd) {
  GapTracker tracker(kSeen);
  std::vector<Gap> found;
  const auto runs = static_cast<std::uint32_t>(GapTracker::kEntriesMax) * 3;
  constexpr std::uint32_t kRun = 512;
  for (std::uint32_t i = 0; i < runs; ++i) {
    model::Record record;
    record.n = i + 1;
    record.loss = model::LossReport{Lane::kBulk, 1, i * kRun + 1, (i + 1) * kRun};
    tracker.on_record(Lane::kEvent, 1, record, found);
  }
  for (std::uint32_t n = 1; n <= runs * kRun; n += kRun / 2) {
    model::Record record;
    record.n = n;
    tracker.on_record(Lane::kBulk, 1, record, found);
  }
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(tracker.counts().unexplained, 0U);
  EXPECT_EQ(tracker.forgotten(), 0U);
}

TEST(GapTracker, ABootToldTwiceCountsOnce) {
  Case drive{"", kSeen, {boot_record(1, {}), bulk(1, 1), boot_record(2, {0, 1, 4}), bulk(2, 1)}, {}};
  drive.steps.push_back({Lane::kEvent, 2, 2, model::LaneEnds{0, 1, 4}});
  std::vector<Gap> found;
  EXPECT_EQ(run(drive, found).counts().unexplained, 3U);
}

}  // namespace
}  // namespace odograph::process
