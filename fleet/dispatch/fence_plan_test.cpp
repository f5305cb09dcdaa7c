#include "fleet/dispatch/fence_plan.h"

#include <gmock/gmock.h>

#include "fleet/fences/fence_row.h"

namespace odograph::dispatch {
namespace {

using fences::FencePut;
using fences::FenceRow;
using fences::FenceVersion;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const base::UtcTime kNow = *base::from_rfc3339("2026-03-02T08:00:00.500Z");
const base::UtcTime kSoonest = *base::from_rfc3339("2026-03-02T08:01:01Z");

base::UtcTime at(int second) { return kNow + std::chrono::seconds(second); }

std::optional<rules::Fence> circle(const std::string& id, int radius_m) {
  return rules::Fence{.id = id, .outline = {}, .centre = {470'000'000, 80'000'000}, .radius_m = radius_m};
}
FencePut put(const std::string& id, int radius_m, std::optional<base::UtcTime> from = std::nullopt) {
  return {.id = id, .valid_from = from, .area = circle(id, radius_m), .alert = std::nullopt};
}
FencePut end(const std::string& id, std::optional<base::UtcTime> from = std::nullopt) {
  return {.id = id, .valid_from = from, .area = std::nullopt, .alert = std::nullopt};
}
FenceVersion version(base::UtcTime from, int radius_m) { return {from, circle("a", radius_m), std::nullopt}; }
FenceVersion ended(base::UtcTime from) { return {from, std::nullopt, std::nullopt}; }

FencesInForce holding(std::vector<FenceVersion> versions) {
  return {.rows = {{"a", FenceRow{"a", std::move(versions)}}}, .unreadable = {}};
}

/// What is in force of "a" once this is written: "20@61 30@100 end@200", by seconds from now, rounded.
std::string written(const FencePlan& plan) {
  std::string text;
  for (const Write& write : plan.writes) {
    if (write.vehicle_id != "a") continue;
    if (!write.value) return "gone";
    const auto row = fences::from_message("a", *write.value);
    EXPECT_TRUE(row.has_value());
    for (const FenceVersion& each : row->versions) {
      const auto second = std::chrono::floor<std::chrono::seconds>(each.valid_from - kNow + base::Millis(500)).count();
      text += (text.empty() ? "" : " ") + (each.area ? std::to_string(each.area->radius_m) : "end");
      text += "@" + std::to_string(second);
    }
  }
  return text;
}

std::string planned(const FencesInForce& in_force, const std::vector<FencePut>& fences, FenceTimes times = {kNow}) {
  const auto plan = plan_fences(in_force, fences, times);
  return plan ? written(*plan) : plan.error().what;
}
std::string removed(const FencesInForce& in_force, const std::string& id, FenceTimes times = {kNow}) {
  const auto plan = plan_removal(in_force, {id}, times);
  return plan ? written(*plan) : plan.error().what;
}

TEST(FencePlan, BeginsAMinuteAheadUnlessItIsTold) {
  EXPECT_EQ(soonest(kNow), kSoonest);
  EXPECT_EQ(planned({}, {put("a", 20)}), "20@61");
  EXPECT_EQ(planned({}, {put("a", 20)}, {kNow, at(100)}), "20@100");
  EXPECT_EQ(planned({}, {put("a", 20, at(200))}, {kNow, at(100)}), "20@200") << "the feature's own word comes first";
}

TEST(FencePlan, PutsAVersionBesideTheOthers) {
  const FencesInForce before = holding({version(at(-900), 10), version(at(500), 50)});
  EXPECT_EQ(planned(before, {put("a", 20)}), "10@-900 20@61 50@500");
  EXPECT_EQ(planned(before, {put("a", 20, at(500))}), "10@-900 20@500") << "in its place";
  EXPECT_EQ(planned(before, {end("a")}), "10@-900 end@61 50@500");
  EXPECT_EQ(planned(before, {put("a", 20), end("a", at(100))}), "10@-900 20@61 end@100 50@500");
  EXPECT_EQ(planned(holding({version(at(-900), 10), ended(at(-90))}), {put("a", 10)}), "10@-900 end@-90 10@61");
}

TEST(FencePlan, LeavesWhatSaysTheSame) {
  const FencesInForce before = holding({version(at(-900), 10), ended(at(500))});
  for (const FencePut& same : {put("a", 10), put("a", 10, at(-900)), put("a", 10, at(400)), end("a", at(500))}) {
    const auto plan = plan_fences(before, {same}, {kNow});
    ASSERT_TRUE(plan.has_value()) << plan.error().what;
    EXPECT_EQ(plan->unchanged, 1U);
    EXPECT_THAT(plan->writes, IsEmpty());
  }
}

TEST(FencePlan, CountsWhatItDoes) {
  const FencesInForce before = holding({version(at(-900), 10)});
  const auto plan = plan_fences(before, {put("a", 20), end("a", at(300)), put("b", 20), put("c", 5, at(90))}, {kNow});
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->fresh, 2U);
  EXPECT_EQ(plan->changed, 1U);
  EXPECT_EQ(plan->ended, 1U);
  EXPECT_EQ(plan->past, 0U);
  EXPECT_EQ(plan->writes.size(), 3U);
}

TEST(FencePlan, ThePastTakesAWordOfItsOwn) {
  const std::string refused = planned({}, {put("a", 20, at(59))});
  EXPECT_THAT(refused,
              HasSubstr("fence a: valid_from 2026-03-02T08:00:59.500Z, expected 2026-03-02T08:01:01.000Z or "));
  EXPECT_EQ(planned({}, {put("a", 20, at(60))}), "20@60");
  const FenceTimes past{kNow, std::nullopt, FenceTimes::Past::kAccepted};
  const auto plan = plan_fences({}, {put("a", 20, at(-100)), put("b", 20)}, past);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->past, 1U);
  EXPECT_THAT(removed(holding({version(at(-900), 10)}), "a", {kNow, at(-5)}),
              HasSubstr("--past writes it all the same"));
}

TEST(FencePlan, LeavesOutTheOldestVersionsThatAreOver) {
  std::vector<FenceVersion> versions;
  for (int i = 0; i < static_cast<int>(fences::kVersionsMax); ++i) versions.push_back(version(at(-1000 + i), 10 + i));
  const auto plan = plan_fences(holding(versions), {put("a", 99)}, {kNow});
  ASSERT_TRUE(plan.has_value()) << plan.error().what;
  EXPECT_THAT(plan->notes, ElementsAre(HasSubstr("fence a: its 1 oldest versions are left out; to records from before "
                                                 "2026-03-02T07:43:21.500Z it is as if it had not been there")));
  EXPECT_THAT(written(*plan), testing::StartsWith("11@-999 "));
  for (FenceVersion& each : versions) each.valid_from += std::chrono::seconds(2'000);
  EXPECT_THAT(planned(holding(versions), {put("a", 99)}),
              HasSubstr("21 versions that are not over, expected at most 20"));
}

TEST(FencePlan, TakesAwayWhatEndedLongAgo) {
  const base::UtcTime long_ago = kNow - fences::kKeptAfterEnd;
  for (const auto& [time, gone] : {std::pair(long_ago, true), {long_ago + base::Millis(1), false}}) {
    const auto plan = plan_fences(holding({version(at(-9'000'000), 10), ended(time)}), {put("b", 20)}, {kNow});
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(written(*plan), gone ? "gone" : "");
    EXPECT_EQ(plan->notes.size(), gone ? 1U : 0U);
  }
}

TEST(FencePlan, HoldsTheBoundOfFences) {
  FencesInForce full;
  for (std::size_t i = 0; i < fences::kFencesMax; ++i) {
    const std::string id = "f" + std::to_string(i);
    full.rows[id] = {id, {{at(-10), circle(id, 20), std::nullopt}}};
  }
  EXPECT_EQ(plan_fences(full, {put("a", 20)}, {kNow}).error().what,
            "501 fences, expected at most 500; odograph-fleet fences remove takes away what is over");
  EXPECT_TRUE(plan_fences(full, {put("f7", 99)}, {kNow}).has_value());
  full.rows["f8"].versions.push_back(ended(kNow - fences::kKeptAfterEnd));
  EXPECT_TRUE(plan_fences(full, {put("a", 20)}, {kNow}).has_value());
}

TEST(FencePlan, RemovalEndsAFenceAndWhatWasPlannedOfIt) {
  EXPECT_EQ(removed(holding({version(at(-900), 10)}), "a"), "10@-900 end@61");
  EXPECT_EQ(removed(holding({version(at(-900), 10), version(at(500), 50)}), "a"), "10@-900 end@61");
  EXPECT_EQ(removed(holding({version(at(-900), 10), version(at(500), 50)}), "a", {kNow, at(600)}),
            "10@-900 50@500 end@600");
  EXPECT_EQ(removed(holding({version(at(500), 50)}), "a"), "gone") << "it never began";
  EXPECT_EQ(removed({.rows = {}, .unreadable = {{"a", "broken"}}}, "a"), "gone");
}

TEST(FencePlan, RefusesWhatIsNotThere) {
  EXPECT_EQ(removed({}, "a"), "fence a: not in force");
  EXPECT_EQ(removed(holding({version(at(-900), 10), ended(at(-5))}), "a"), "fence a: has ended already");
  EXPECT_EQ(planned({}, {end("a")}), "fence a: ends before it begins");
  EXPECT_EQ(planned({.rows = {}, .unreadable = {{"a", "broken"}}}, {put("a", 20)}),
            "fence a: what is in force cannot be read: broken; odograph-fleet fences remove a takes it away");
}

}  // namespace
}  // namespace odograph::dispatch
