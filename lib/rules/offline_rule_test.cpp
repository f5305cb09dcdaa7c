#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "lib/rules/random_calls.h"
#include "lib/rules/test_words.h"
#include "lib/rules/vehicle_rules.h"

namespace odograph::rules {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

RuleSpec offline(base::Millis after, base::Millis expiry) {
  return spec_of(RuleKind::kOffline, {.clear_duration = seconds(0), .expiry = expiry}, OfflineConfig{.after = after});
}

/// The same vehicle in another process, perhaps by other rules.
VehicleRules restarted(const VehicleRules& rules, const RuleSpec& spec) {
  VehicleRules next(set_of({spec}));
  EXPECT_TRUE(next.load(saved(rules)).has_value());
  return next;
}

class OfflineOverRestarts : public testing::TestWithParam<bool> {};

TEST_P(OfflineOverRestarts, ASilenceThatExpiredIsNotToldAgain) {
  const bool restarts = GetParam();
  const RuleSpec spec = offline(seconds(600), hours(24));
  VehicleRules rules(set_of({spec}));
  std::vector<LifeEvent> told;
  rules.on_record(at(0), fix(0), told);
  const double hour = 3'600;
  for (double now = 30 * hour; now < 31 * hour; now += 60) {
    rules.on_wall_clock(at(now), told);
    if (restarts) rules = restarted(rules, spec);
    rules.on_stream_time(at(now), told);
    if (restarts) rules = restarted(rules, spec);
  }
  EXPECT_THAT(words(told), testing::ElementsAre("raised 1 @600 from 0 minor no_records",
                                                "cleared 2 @87000 from 0 minor no_records expired at 87000"));
  EXPECT_EQ(rules.wall_deadline(), std::nullopt) << "nobody is woken for nothing";
  EXPECT_EQ(rules.stream_deadline(), std::nullopt);
  told.clear();
  rules.on_heard(at(32 * hour));
  if (restarts) rules = restarted(rules, spec);
  EXPECT_EQ(rules.wall_deadline(), at(32 * hour + 600)) << "heard again, it can be missed again";
  rules.on_wall_clock(at(33 * hour), told);
  EXPECT_THAT(words(told), testing::ElementsAre("raised 1 @115800 from 115200 minor no_records"));
}

INSTANTIATE_TEST_SUITE_P(, OfflineOverRestarts, testing::Bool());

TEST(OfflineRule, StaysOpenWithoutAnExpiry) {
  VehicleRules rules(set_of({offline(seconds(600), seconds(0))}));
  std::vector<LifeEvent> told;
  rules.on_record(at(0), fix(0), told);
  rules.on_wall_clock(at(700), told);
  EXPECT_EQ(rules.stream_deadline(), std::nullopt);
  rules.on_stream_time(at(9'000'000), told);
  rules.on_wall_clock(at(9'000'000), told);
  EXPECT_EQ(told.size(), 1U);
  rules.on_record(at(9'000'000), fix(0), told);
  EXPECT_EQ(word(told.back()), "cleared 2 @9000000 from 0 minor no_records recovered at 9000000");
}

TEST(OfflineRule, WhoOnlySendsWhatItHadKeptIsMissedAgain) {
  VehicleRules rules(set_of({offline(seconds(600), hours(24))}));
  std::vector<LifeEvent> told;
  rules.on_record(at(0), fix(0), told);
  rules.on_heard(at(200));
  rules.on_wall_clock(at(800), told);
  rules.on_record(at(100), fix(0), told);
  EXPECT_EQ(rules.wall_deadline(), at(1'400)) << "it came when it had been missed, whatever time it tells";
  rules.on_wall_clock(at(1'400), told);
  EXPECT_THAT(words(told), testing::ElementsAre("raised 1 @800 from 200 minor no_records",
                                                "cleared 2 @800 from 200 minor no_records recovered at 800",
                                                "updated 3 @1400 from 200 minor no_records"));
}

TEST(OfflineRule, IsNotMissedBeforeItsLastWord) {
  VehicleRules rules(set_of({offline(seconds(600), hours(24))}));
  std::vector<LifeEvent> told;
  rules.on_record(at(0), fix(0), told);
  rules.on_wall_clock(at(600), told);
  rules.on_record(at(1), fix(0), told);
  told.clear();
  rules = restarted(rules, offline(seconds(60), hours(24)));
  EXPECT_EQ(rules.wall_deadline(), at(600)) << "less patience does not lead back";
  rules.on_wall_clock(at(700), told);
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(rules.wall_deadline(), std::nullopt);
}

TEST(OfflineRule, SaysNothingWhereItDoesNotHold) {
  RuleSpec spec = offline(seconds(600), hours(24));
  spec.except_in = {yard()};
  VehicleRules rules(set_of({spec}));
  std::vector<LifeEvent> told;
  rules.on_record(at(0), fix(2'000), told);
  EXPECT_EQ(rules.wall_deadline(), at(600));
  for (int second = 60; second < 1'200; second += 60) {
    rules.on_record(at(second), fix(0), told);
    rules = restarted(rules, spec);
    EXPECT_EQ(rules.wall_deadline(), std::nullopt);
    rules.on_wall_clock(at(second + 30), told);
  }
  rules.on_wall_clock(at(9'000), told);
  EXPECT_THAT(words(told), testing::IsEmpty()) << "neither who sends from there nor who is switched off there";
  rules.on_record(at(9'100), fix(2'000), told);
  rules.on_wall_clock(at(9'700), told);
  EXPECT_THAT(words(told), testing::ElementsAre("raised 1 @9700 from 9100 minor no_records"));
}

}  // namespace
}  // namespace odograph::rules
