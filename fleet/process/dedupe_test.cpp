#include "fleet/process/dedupe.h"

#include <gtest/gtest.h>

namespace odograph::process {
namespace {

using model::Lane;
using model::sequence;

struct Step {
  Lane lane;
  std::uint32_t boot;
  std::uint32_t n;
  bool is_new;
};
struct Case {
  const char* name;
  std::vector<Step> steps;
};

const Case kCases[] = {
    {"EachOnce", {{Lane::kBulk, 1, 1, true}, {Lane::kBulk, 1, 2, true}}},
    {"SameAgain", {{Lane::kBulk, 1, 1, true}, {Lane::kBulk, 1, 1, false}, {Lane::kBulk, 1, 2, true}}},
    {"AResentMessage",
     {{Lane::kBulk, 1, 1, true},
      {Lane::kBulk, 1, 2, true},
      {Lane::kBulk, 1, 1, false},
      {Lane::kBulk, 1, 2, false},
      {Lane::kBulk, 1, 3, true}}},
    {"AHoleIsNoRepeat", {{Lane::kBulk, 1, 1, true}, {Lane::kBulk, 1, 9, true}, {Lane::kBulk, 1, 5, false}}},
    {"ALaterBootStartsAtOne", {{Lane::kBulk, 1, 900, true}, {Lane::kBulk, 2, 1, true}}},
    {"AnEarlierBootIsOld", {{Lane::kBulk, 2, 1, true}, {Lane::kBulk, 1, 901, false}}},
    {"TheLargestNumbers", {{Lane::kBulk, 0xFFFFFFFF, 0xFFFFFFFF, true}, {Lane::kBulk, 0xFFFFFFFF, 0xFFFFFFFF, false}}},
    {"LanesAreApart",
     {{Lane::kBulk, 1, 7, true}, {Lane::kEvent, 1, 1, true}, {Lane::kAlert, 1, 1, true}, {Lane::kEvent, 1, 1, false}}},
    {"LiveIsAlwaysNewAndMovesNothing",
     {{Lane::kLive, 1, 0, true}, {Lane::kLive, 1, 0, true}, {Lane::kLive, 9, 9, true}, {Lane::kBulk, 1, 1, true}}},
};

TEST(Dedupe, AdmitsEachRecordOnce) {
  for (const Case& row : kCases) {
    Dedupe dedupe;
    int number = 0;
    for (const Step& step : row.steps) {
      ++number;
      EXPECT_EQ(dedupe.admit(step.lane, sequence(step.boot, step.n)), step.is_new) << row.name << " step " << number;
    }
  }
}

TEST(Dedupe, KnowsItsMarks) {
  Dedupe dedupe;
  EXPECT_EQ(dedupe.mark(Lane::kBulk), 0U);
  ASSERT_TRUE(dedupe.admit(Lane::kBulk, sequence(2, 5)));
  ASSERT_TRUE(dedupe.admit(Lane::kLive, 0));
  EXPECT_EQ(dedupe.mark(Lane::kBulk), sequence(2, 5));
  EXPECT_EQ(dedupe.mark(Lane::kLive), 0U);
}

}  // namespace
}  // namespace odograph::process
