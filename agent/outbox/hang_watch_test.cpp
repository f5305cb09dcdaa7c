// When a call to the medium counts as hanging, of given times.
#include "agent/outbox/hang_watch.h"

#include <gtest/gtest.h>

#include <vector>

namespace odograph::outbox {
namespace {

using base::Millis;

HangWatch::TimePoint after(int s) { return HangWatch::TimePoint{std::chrono::seconds{s}}; }

enum class Did { kBegin, kCameBack, kEnd };
struct Step {
  int at_s = 0;
  Did did = Did::kBegin;
};
struct Case {
  const char* name = nullptr;
  std::vector<Step> steps;
  int asked_at_s = 0;
  std::optional<int> hanging_for_s;
};

class Watched : public testing::TestWithParam<Case> {};

TEST_P(Watched, HangsOrNot) {
  HangWatch watch(kHangsAfter);
  for (const Step& step : GetParam().steps) {
    if (step.did == Did::kBegin) watch.begin(after(step.at_s));
    if (step.did == Did::kCameBack) watch.came_back(after(step.at_s));
    if (step.did == Did::kEnd) watch.end();
  }
  const auto hanging = watch.hanging_for(after(GetParam().asked_at_s));
  EXPECT_EQ(hanging.has_value(), GetParam().hanging_for_s.has_value());
  if (hanging && GetParam().hanging_for_s) EXPECT_EQ(*hanging, std::chrono::seconds{*GetParam().hanging_for_s});
}

const Case kCases[] = {
    {"BeforeAnyWork", {}, 1000, {}},
    {"AtWork", {{0, Did::kBegin}}, 9, {}},
    {"ForTooLong", {{0, Did::kBegin}}, 10, 10},
    {"ForMuchTooLong", {{5, Did::kBegin}}, 305, 300},
    {"DoneLongAgo", {{0, Did::kBegin}, {1, Did::kEnd}}, 1000, {}},
    {"AtWorkAgain", {{0, Did::kBegin}, {1, Did::kEnd}, {95, Did::kBegin}}, 100, {}},
    {"ManyCallsThatComeBack", {{0, Did::kBegin}, {9, Did::kCameBack}, {18, Did::kCameBack}}, 27, {}},
    {"TheThirdCallDoesNot", {{0, Did::kBegin}, {9, Did::kCameBack}, {18, Did::kCameBack}}, 40, 22},
    {"ACallOutsideOfWork", {{0, Did::kBegin}, {1, Did::kEnd}, {2, Did::kCameBack}}, 1000, {}},
};
INSTANTIATE_TEST_SUITE_P(HangWatch, Watched, testing::ValuesIn(kCases), [](const auto& c) { return c.param.name; });

TEST(HangWatch, TellsWhenACallWillHang) {
  HangWatch watch(Millis{2000});
  EXPECT_FALSE(watch.hangs_at());
  watch.begin(after(1));
  EXPECT_EQ(watch.hangs_at(), after(3));
  watch.came_back(after(2));
  EXPECT_EQ(watch.hangs_at(), after(4));
  watch.end();
  EXPECT_FALSE(watch.hangs_at());
}

}  // namespace
}  // namespace odograph::outbox
