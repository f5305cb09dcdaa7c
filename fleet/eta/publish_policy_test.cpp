#include "fleet/eta/publish_policy.h"

#include <gtest/gtest.h>

#include "fleet/eta/test_plans.h"

namespace odograph::eta {
namespace {

std::vector<Estimate> arriving_at(double second) { return {{0, moment(second), moment(second), moment(second), 0, 0}}; }

struct Case {
  const char* name;
  double made_s;  ///< After the first, which was told at 0 s and said 1,000 s.
  double arrival_s;
  std::size_t events;
  bool due;
};

const Case kCases[] = {
    {"NothingNew", 30, 1000, 0, false},
    {"AMinuteLater", 60, 1000, 0, true},
    {"AnEvent", 10, 1000, 1, true},
    {"MovedByMoreThanBoth", 20, 1060, 0, true},
    {"MovedByLessThanFivePerCent", 20, 1045, 0, false},
    {"MovedEarlier", 20, 940, 0, true},
    {"MovedByHalfAMinuteExactly", 20, 1030, 0, false},
};

class Publish : public testing::TestWithParam<Case> {};

TEST_P(Publish, OnlyWhatIsWorthIt) {
  PublishPolicy policy;
  EXPECT_TRUE(policy.due(moment(0), arriving_at(1000), 0)) << "the first one is told";
  EXPECT_EQ(policy.due(moment(GetParam().made_s), arriving_at(GetParam().arrival_s), GetParam().events),
            GetParam().due);
}

INSTANTIATE_TEST_SUITE_P(All, Publish, testing::ValuesIn(kCases), [](const auto& one) { return one.param.name; });

TEST(Publish, ComparesWithWhatWasToldLast) {
  PublishPolicy policy;
  EXPECT_TRUE(policy.due(moment(0), arriving_at(300), 0));
  // 20 s at a time: the second one makes 40 s, more than 30 s and than 5 % of 260 s.
  EXPECT_FALSE(policy.due(moment(30), arriving_at(320), 0));
  EXPECT_TRUE(policy.due(moment(40), arriving_at(340), 0));
}

}  // namespace
}  // namespace odograph::eta
