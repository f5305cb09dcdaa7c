#include "fleet/fences/fence_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/fences/fence_row.h"

namespace odograph::fences {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

base::UtcTime utc(int second) { return base::UtcTime{std::chrono::seconds(1'270'000'000 + second)}; }
rules::EventTime at(int second) { return rules::EventTime(utc(second).time_since_epoch()); }

rules::Fence circle(const std::string& id, int radius_m) {
  return {.id = id, .outline = {}, .centre = {470'000'000, 80'000'000}, .radius_m = radius_m};
}

FenceVersion area(int from, const std::string& id, int radius_m) {
  return {.valid_from = utc(from), .area = circle(id, radius_m), .alert = std::nullopt};
}
FenceVersion alert(int from, const std::string& id, int radius_m, FenceAlert alert = {}) {
  return {.valid_from = utc(from), .area = circle(id, radius_m), .alert = std::move(alert)};
}
FenceVersion end(int from) { return {.valid_from = utc(from), .area = std::nullopt, .alert = std::nullopt}; }

/// Written down: "depot" of 10 m, with a geofence rule, and idling but there.
rules::RuleBookConfig written() {
  const auto depot = std::make_shared<const rules::FenceArea>(circle("depot", 10));
  return {.rules = {{.kind = rules::RuleKind::kGeofence, .config = rules::GeofenceConfig{.area = depot}},
                    {.kind = rules::RuleKind::kIdling, .config = rules::IdlingConfig{}, .except_in = {depot}}},
          .groups = {{"vans", {"van-1"}}}};
}

class FenceBookTest : public testing::Test {
 protected:
  base::Status put(const std::string& id, std::vector<FenceVersion> versions) {
    return book_.put(id, to_message({.id = id, .versions = std::move(versions)}));
  }
  /// "geofence depot 10 inside", "idling but 10": each rule by its radius.
  std::vector<std::string> rules_at(int second, const char* vehicle = "truck") {
    std::vector<std::string> found;
    for (const auto& spec : *book_.of(vehicle, at(second))) {
      std::string line = rules::to_string(spec->kind);
      if (const auto* fence = std::get_if<rules::GeofenceConfig>(&spec->config)) {
        const bool inside = fence->when == rules::GeofenceConfig::When::kInside;
        line += " " + fence->area->fence().id + " " + std::to_string(fence->area->fence().radius_m);
        line += inside ? " inside" : " outside";
      }
      for (const auto& but : spec->except_in) line += " but " + std::to_string(but->fence().radius_m);
      found.push_back(line);
    }
    return found;
  }

  FenceBook book_{written()};
};

TEST_F(FenceBookTest, WithoutRowsIsWhatWasWrittenDown) {
  EXPECT_THAT(rules_at(0), ElementsAre("geofence depot 10 inside", "idling but 10"));
  EXPECT_EQ(book_.token(at(0)), book_.token(at(1'000'000)));
  EXPECT_EQ(book_.of("truck", at(0)), book_.of("van-1", at(9)));
  EXPECT_NE(book_.token(at(0)), 0U);
}

TEST_F(FenceBookTest, EachTimeHasItsOwnVersion) {
  const auto before = book_.of("truck", at(0));
  ASSERT_TRUE(put("yard", {alert(10, "yard", 20), alert(20, "yard", 30), end(30), alert(40, "yard", 50)}));
  const std::pair<int, const char*> expected[] = {{10, "geofence yard 20 inside"},
                                                  {19, "geofence yard 20 inside"},
                                                  {20, "geofence yard 30 inside"},
                                                  {45, "geofence yard 50 inside"}};
  for (const auto& [second, rule] : expected) EXPECT_THAT(rules_at(second), testing::Contains(rule)) << second;
  for (const int second : {9, 30, 39}) EXPECT_THAT(*book_.of("truck", at(second)), *before) << second;
}

TEST_F(FenceBookTest, AnAreaOfTheTopicTakesThePlaceOfTheOneWrittenDown) {
  ASSERT_TRUE(put("depot", {area(10, "depot", 20), end(20)}));
  EXPECT_THAT(rules_at(9), ElementsAre("geofence depot 10 inside", "idling but 10"));
  EXPECT_THAT(rules_at(10), ElementsAre("geofence depot 20 inside", "idling but 20"));
  EXPECT_THAT(rules_at(20), ElementsAre("geofence depot 10 inside", "idling but 10")) << "which holds again";
}

TEST_F(FenceBookTest, AlertsOfTheTopicTakeThePlaceOfTheRuleWrittenDown) {
  ASSERT_TRUE(
      put("depot", {alert(10, "depot", 20, {.when = rules::GeofenceConfig::When::kOutside, .vehicles = {"truck"}})}));
  EXPECT_THAT(rules_at(10), ElementsAre("geofence depot 20 outside", "idling but 20"));
  EXPECT_THAT(rules_at(10, "van-1"), ElementsAre("idling but 20"));
}

TEST_F(FenceBookTest, AnAlertIsForWhomItNames) {
  ASSERT_TRUE(put("yard", {alert(0, "yard", 20, {.groups = {"vans", "nobody knows them"}})}));
  EXPECT_THAT(rules_at(0, "van-1"), testing::Contains("geofence yard 20 inside"));
  EXPECT_THAT(rules_at(0, "truck"), testing::Not(testing::Contains("geofence yard 20 inside")));
}

TEST_F(FenceBookTest, TheOrderOfRowsMakesNoDifference) {
  ASSERT_TRUE(put("yard", {alert(10, "yard", 20)}));
  ASSERT_TRUE(put("yard", {alert(10, "yard", 20), end(20)}));
  ASSERT_TRUE(put("gate", {alert(15, "gate", 30)}));
  FenceBook other(written());
  ASSERT_TRUE(other.put("gate", to_message({.id = "gate", .versions = {alert(15, "gate", 30)}})));
  ASSERT_TRUE(other.put("yard", to_message({.id = "yard", .versions = {alert(10, "yard", 20), end(20)}})));
  for (const int second : {0, 10, 15, 20}) {
    const auto a = book_.of("truck", at(second));
    const auto b = other.of("truck", at(second));
    ASSERT_EQ(a->size(), b->size()) << second;
    for (std::size_t i = 0; i < a->size(); ++i) EXPECT_EQ(subject(*a->at(i)), subject(*b->at(i))) << second;
  }
}

TEST_F(FenceBookTest, WhatARowLeavesAsItWasStaysTheSameRule) {
  ASSERT_TRUE(put("yard", {alert(10, "yard", 20)}));
  const auto token = book_.token(at(10));
  const auto before = book_.of("truck", at(10));
  ASSERT_TRUE(put("yard", {alert(10, "yard", 20), alert(100, "yard", 30)}));
  EXPECT_NE(book_.token(at(10)), token);
  EXPECT_EQ(*book_.of("truck", at(10)), *before);
}

TEST_F(FenceBookTest, ATombstoneTakesItAwayForAllTimes) {
  ASSERT_TRUE(put("yard", {alert(10, "yard", 20)}));
  ASSERT_TRUE(book_.put("yard", std::nullopt));
  ASSERT_TRUE(book_.put("nobody", std::nullopt));
  EXPECT_THAT(rules_at(10), ElementsAre("geofence depot 10 inside", "idling but 10"));
}

TEST_F(FenceBookTest, ABadRowCountsAsNoneAndLeavesTheOthers) {
  ASSERT_TRUE(put("yard", {alert(10, "yard", 20)}));
  ASSERT_TRUE(put("gate", {alert(10, "gate", 20)}));
  const auto status = book_.put("yard", "\xff");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().action, base::Action::kDrop);
  EXPECT_THAT(status.error().what, HasSubstr("fence yard of geofences-topic is left out: "));
  EXPECT_THAT(rules_at(10), testing::Contains("geofence gate 20 inside"));
  EXPECT_THAT(rules_at(10), testing::Not(testing::Contains(HasSubstr("yard"))));
}

TEST_F(FenceBookTest, HoldsNoMoreThanItsBound) {
  for (std::size_t i = 0; i < kFencesMax; ++i) {
    const std::string id = "f" + std::to_string(i);
    ASSERT_TRUE(put(id, {area(0, id, 20)}));
  }
  EXPECT_THAT(put("one more", {area(0, "one more", 20)}).error().what, HasSubstr("there are 500 already"));
  EXPECT_TRUE(put("f7", {area(0, "f7", 30)})) << "those that are there may change";
  ASSERT_TRUE(book_.put("f8", std::nullopt));
  EXPECT_TRUE(put("one more", {area(0, "one more", 20)}));
  EXPECT_EQ(book_.fences(), kFencesMax);
}

TEST_F(FenceBookTest, GoesThroughMoreTimesThanItKeeps) {
  std::vector<FenceVersion> versions;
  for (int i = 0; i < static_cast<int>(kVersionsMax); ++i) versions.push_back(alert(10 * i, "yard", 100 + i));
  ASSERT_TRUE(put("yard", versions));
  for (const int step : {1, -1}) {
    for (int i = 0; i < static_cast<int>(kVersionsMax); ++i) {
      const int n = step > 0 ? i : static_cast<int>(kVersionsMax) - 1 - i;
      EXPECT_THAT(rules_at(10 * n + 5), testing::Contains("geofence yard " + std::to_string(100 + n) + " inside"));
    }
  }
}

}  // namespace
}  // namespace odograph::fences
