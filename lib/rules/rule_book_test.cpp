#include "lib/rules/rule_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odograph::rules {
namespace {

/// A battery rule that is told from the others by its limit.
RuleSpec battery(std::int64_t min_milli, std::vector<std::string> vehicles = {}, std::vector<std::string> groups = {}) {
  return {.kind = RuleKind::kPower,
          .config = RangeConfig{.signal = "battery", .min_milli = min_milli},
          .vehicles = std::move(vehicles),
          .groups = std::move(groups)};
}

RuleSpec switched_off(RuleSpec spec) {
  spec.enabled = false;
  return spec;
}

RuleSpec of_kind(RuleKind kind, decltype(RuleSpec::config) config) {
  return {.kind = kind, .config = std::move(config)};
}

std::vector<std::int64_t> limits(const RuleSet& set) {
  std::vector<std::int64_t> found;
  for (const auto& spec : set) found.push_back(*std::get<RangeConfig>(spec->config).min_milli);
  return found;
}

TEST(RuleBook, GivesEachVehicleTheMostParticularRule) {
  RuleBook book(
      {.rules = {battery(1), battery(2, {}, {"vans"}), battery(3, {"van-1"}), switched_off(battery(4, {"old"}))},
       .groups = {{"vans", {"van-1", "van-2", "old"}}}});
  EXPECT_THAT(limits(*book.of("truck")), testing::ElementsAre(1));
  EXPECT_THAT(limits(*book.of("van-2")), testing::ElementsAre(2));
  EXPECT_THAT(limits(*book.of("van-1")), testing::ElementsAre(3));
  EXPECT_THAT(limits(*book.of("old")), testing::IsEmpty());
  EXPECT_EQ(book.of("truck"), book.of("another truck")) << "what is equal is shared";
}

TEST(RuleBook, KeepsWhatWatchesSomethingElseApart) {
  RuleSpec other = battery(2);
  std::get<RangeConfig>(other.config).signal = "supply";
  RuleBook book({.rules = {battery(1), other, of_kind(RuleKind::kIdling, IdlingConfig{})}, .groups = {}});
  EXPECT_EQ(book.of("truck")->size(), 3U);
}

struct ClashCase {
  const char* name;
  std::vector<RuleSpec> rules;
  std::optional<std::string> vehicle;  ///< Over which they clash.
};

const ClashCase kClashes[] = {
    {"One", {battery(1)}, std::nullopt},
    {"OneMoreParticular", {battery(1), battery(2, {"a"}), battery(3, {}, {"g"})}, std::nullopt},
    {"ForDifferentVehicles", {battery(1, {"a"}), battery(2, {"b"})}, std::nullopt},
    {"OfDifferentKinds",
     {of_kind(RuleKind::kIdling, IdlingConfig{}), of_kind(RuleKind::kOffline, OfflineConfig{})},
     std::nullopt},
    {"TwoForAll", {battery(1), battery(2)}, ""},
    {"TwoForOne", {battery(1, {"a", "b"}), battery(2, {"b"})}, "b"},
    {"TwoGroupsWithOneInBoth", {battery(1, {}, {"g"}), battery(2, {}, {"h"})}, "both"},
    {"OneIsSwitchedOff", {battery(1), switched_off(battery(2))}, ""},
};

TEST(RuleBook, FindsWhatContradicts) {
  for (const ClashCase& row : kClashes) {
    const auto clash = find_clash({.rules = row.rules, .groups = {{"g", {"x", "both"}}, {"h", {"y", "both"}}}});
    ASSERT_EQ(clash.has_value(), row.vehicle.has_value()) << row.name;
    if (!clash) continue;
    EXPECT_EQ(clash->vehicle_id, *row.vehicle) << row.name;
    EXPECT_EQ(clash->first, 0U) << row.name;
    EXPECT_EQ(clash->second, 1U) << row.name;
  }
}

}  // namespace
}  // namespace odograph::rules
