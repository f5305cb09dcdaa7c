// Rules that change while a vehicle is watched.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/rules/test_words.h"

namespace odograph::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Set = std::shared_ptr<const RuleSet>;

std::shared_ptr<const RuleSpec> fence(const std::string& id, double north_m, std::int32_t radius_m = 100) {
  Fence area{.id = id, .outline = {}, .centre = *fix(north_m).position, .radius_m = radius_m};
  return std::make_shared<const RuleSpec>(
      RuleSpec{.kind = RuleKind::kGeofence,
               .life = {.min_duration = base::Millis(10'000), .clear_duration = base::Millis(0)},
               .config = GeofenceConfig{.area = std::make_shared<const FenceArea>(std::move(area))}});
}

Set set_of(std::vector<std::shared_ptr<const RuleSpec>> specs) {
  return std::make_shared<const RuleSet>(std::move(specs));
}

class RuleChangeTest : public testing::Test {
 protected:
  std::vector<std::string> drive(double second, double north_m) {
    std::vector<LifeEvent> told;
    rules_.on_record(at(second), fix(north_m), told);
    return words(told);
  }
  /// As after a restart: with what was saved, and with whatever rules are known then.
  void restart(const Set& set) {
    std::string bytes;
    rules_.save(bytes);
    rules_ = VehicleRules(set);
    ASSERT_TRUE(rules_.load(bytes));
  }

  const Set home_ = set_of({fence("home", 0)});
  VehicleRules rules_{home_};
};

TEST_F(RuleChangeTest, AnAlertGoesOnInAnotherAreaOfTheSameName) {
  drive(0, 0);
  EXPECT_THAT(drive(10, 0), ElementsAre("raised 1 @10 from 0 home info inside"));
  rules_.change(set_of({fence("home", 100)}));
  EXPECT_THAT(drive(20, 100), IsEmpty());
  EXPECT_THAT(drive(30, 300), ElementsAre("cleared 2 @30 from 0 home info inside recovered at 30"));
}

TEST_F(RuleChangeTest, WhatIsLeftOutsideByItRecovers) {
  drive(0, 0);
  drive(10, 0);
  rules_.change(set_of({fence("home", 1000)}));
  EXPECT_THAT(drive(20, 0), ElementsAre("cleared 2 @20 from 0 home info inside recovered at 20"));
}

TEST_F(RuleChangeTest, APendingAlertKeepsWhatItHasWaited) {
  drive(0, 0);
  rules_.change(set_of({fence("home", 0, 200)}));
  EXPECT_THAT(drive(10, 0), ElementsAre("raised 1 @10 from 0 home info inside"));
}

TEST_F(RuleChangeTest, AnAlertOfARuleThatGoesIsSuperseded) {
  drive(0, 0);
  drive(10, 0);
  rules_.change(set_of({fence("other", 5000)}));
  EXPECT_THAT(drive(20, 0), ElementsAre("cleared 2 @10 from 0 home info inside superseded at 10"));
  rules_.change(home_);
  EXPECT_THAT(drive(30, 0), IsEmpty()) << "and begins anew when the rule is back";
  EXPECT_THAT(drive(40, 0), ElementsAre("raised 1 @40 from 30 home info inside"));
}

TEST_F(RuleChangeTest, OfTheSameRulesChangesNothing) {
  drive(0, 0);
  drive(10, 0);
  std::string before;
  rules_.save(before);
  rules_.change(set_of(*home_));
  rules_.change(set_of({home_->front(), fence("other", 5000)}));
  rules_.change(home_);
  EXPECT_THAT(drive(10, 0), IsEmpty());
  EXPECT_THAT(drive(20, 300), ElementsAre("cleared 2 @20 from 0 home info inside recovered at 20"));
}

TEST_F(RuleChangeTest, ARuleThatIsKnownOnlyAfterTheStateGoesOn) {
  drive(0, 0);
  drive(10, 0);
  ASSERT_NO_FATAL_FAILURE(restart(set_of({})));
  EXPECT_EQ(rules_.stream_deadline(), at(10)) << "its alert is not forgotten meanwhile";
  std::string bytes;
  rules_.save(bytes);
  rules_.change(home_);
  EXPECT_EQ(rules_.stream_deadline(), at(10) + base::Millis(86'400'000));
  std::string after;
  rules_.save(after);
  EXPECT_EQ(after, bytes);
  EXPECT_THAT(drive(20, 300), ElementsAre("cleared 2 @20 from 0 home info inside recovered at 20"));
}

TEST_F(RuleChangeTest, WithoutAnAlertNobodyIsWokenForARuleThatIsNotThere) {
  drive(0, 5000);
  ASSERT_NO_FATAL_FAILURE(restart(set_of({})));
  EXPECT_EQ(rules_.stream_deadline(), std::nullopt);
}

TEST_F(RuleChangeTest, TheAgeOfTheStateChoosesTheRules) {
  drive(0, 0);
  drive(10, 0);
  std::string bytes;
  rules_.save(bytes);
  VehicleRules other(set_of({}));
  std::optional<EventTime> asked;
  ASSERT_TRUE(other.load(bytes, [&](std::optional<EventTime> newest) {
    asked = newest;
    return home_;
  }));
  EXPECT_EQ(asked, at(10));
  EXPECT_EQ(other.newest(), at(10));
  std::vector<LifeEvent> told;
  other.on_record(at(20), fix(300), told);
  EXPECT_THAT(words(told), ElementsAre("cleared 2 @20 from 0 home info inside recovered at 20"));
}

}  // namespace
}  // namespace odograph::rules
