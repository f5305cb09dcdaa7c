#include "lib/rules/vehicle_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lib/rules/random_calls.h"
#include "lib/rules/test_words.h"

namespace odograph::rules {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// One alert is raised once, has revisions without holes, and says nothing after its end but that it goes on.
void expect_lives(const std::vector<LifeEvent>& told) {
  std::map<std::pair<RuleKind, std::string>, LifeEvent> newest;
  for (const LifeEvent& event : told) {
    const auto [place, is_new] = newest.try_emplace({event.rule, event.scope}, event);
    const LifeEvent& before = place->second;
    const bool same = !is_new && before.start == event.start && before.revision + 1 == event.revision;
    if (event.phase == Phase::kRaised) {
      EXPECT_EQ(event.revision, 1U) << word(event);
      EXPECT_TRUE(is_new || before.phase == Phase::kCleared) << word(event);
    } else {
      EXPECT_TRUE(same) << word(event);
    }
    EXPECT_LE(event.start, event.time) << word(event);
    EXPECT_FALSE(event.phase == Phase::kCleared && event.ending == Ending::kNone) << word(event);
    place->second = event;
  }
}

TEST(VehicleRulesProperty, CutAnywhereTheySayTheSame) {
  std::set<RuleKind> raised;
  for (std::uint32_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::vector<Call> calls = random_calls(random, 250);
    const auto set = set_of(all_specs());
    VehicleRules whole(set);
    VehicleRules in_pieces(set);
    std::vector<LifeEvent> told;
    std::vector<LifeEvent> told_in_pieces;
    for (const Call& call : calls) {
      make(whole, call, told);
      VehicleRules next(set);
      ASSERT_TRUE(next.load(saved(in_pieces)).has_value());
      in_pieces = std::move(next);
      make(in_pieces, call, told_in_pieces);
      ASSERT_EQ(words(told_in_pieces), words(told));
      ASSERT_EQ(saved(in_pieces), saved(whole));
    }
    EXPECT_EQ(told_in_pieces, told);
    expect_lives(told);
    for (const LifeEvent& event : told) raised.insert(event.rule);
  }
  EXPECT_EQ(raised.size(), std::size_t{kRuleKindMax}) << "a generator that leaves a rule out proves nothing of it";
}

TEST(VehicleRules, CountLateRecordsAndForgetThem) {
  const auto set = set_of(all_specs());
  VehicleRules rules(set);
  std::vector<LifeEvent> told;
  rules.on_record(at(10), fix(0), told);
  const std::string before = saved(rules);
  VehicleRules same(set);
  ASSERT_TRUE(same.load(before).has_value());
  rules.on_record(at(9), with(fix(0), "cargo", 900), told);
  EXPECT_EQ(rules.late(), 1U);
  EXPECT_TRUE(told.empty());
  rules.on_record(at(10), with(fix(0), "cargo", 900), told);
  EXPECT_FALSE(told.empty()) << "of equal time is not late";
}

TEST(VehicleRules, RefuseWhatIsNoStateOfTheirs) {
  const auto set = set_of(all_specs());
  std::mt19937 random(7);
  VehicleRules rules(set);
  std::vector<LifeEvent> told;
  for (const Call& call : random_calls(random, 60)) make(rules, call, told);
  const std::string sound = saved(rules);
  for (std::size_t size = 0; size < sound.size(); ++size) {
    VehicleRules cut(set);
    const auto status = cut.load(std::string_view(sound).substr(0, size));
    ASSERT_FALSE(status.has_value()) << size;
    EXPECT_EQ(status.error().action, base::Action::kDrop);
    EXPECT_EQ(saved(cut), saved(VehicleRules(set))) << "as new";
  }
  VehicleRules newer(set);
  const auto status = newer.load("\x7e" + sound.substr(1));
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().action, base::Action::kStop);
  // Damage inside may pass for a state, but never leads astray.
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes = sound;
    bytes[static_cast<std::size_t>(up_to(random, static_cast<std::int32_t>(bytes.size()) - 1))] =
        static_cast<char>(up_to(random, 127));
    VehicleRules damaged(set);
    if (!damaged.load(bytes)) continue;
    for (const Call& call : random_calls(random, 3)) make(damaged, call, told);
  }
}

TEST(VehicleRules, ClearTheAlertsOfARuleThatIsGone) {
  const RuleSpec spec = spec_of(RuleKind::kPower, {}, RangeConfig{.signal = "supply", .min_milli = 9'000});
  VehicleRules before(std::make_shared<const RuleSet>(RuleSet{std::make_shared<const RuleSpec>(spec)}));
  std::vector<LifeEvent> told;
  before.on_record(at(5), with(fix(0), "supply", 80), told);
  VehicleRules after(std::make_shared<const RuleSet>());
  ASSERT_TRUE(after.load(saved(before)).has_value());
  VehicleRules later(std::make_shared<const RuleSet>());
  ASSERT_TRUE(later.load(saved(after)).has_value()) << "also if nothing was said in between";
  later.on_record(at(9), fix(0), told);
  later.on_record(at(10), fix(0), told);
  EXPECT_THAT(words(told), testing::ElementsAre("raised 1 @5 from 5 supply major below",
                                                "cleared 2 @5 from 5 supply major below superseded at 5"));
}

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(VehicleRules, GoOnWithStatesOfEarlierPrograms) {
  const RuleSpec spec = spec_of(RuleKind::kPower, {}, RangeConfig{.signal = "supply", .min_milli = 9'000});
  const auto set = set_of({spec});
  VehicleRules rules(set);
  ASSERT_TRUE(
      rules
          .load(bytes_of(
              "0202c0b8020280869dc00380d0a54c0002c0b80280869dc00380d0a54c02000002100c737570706c797c027506020c737570706c"
              "7902c0b8020000000002904e06040004c0bb01d08c01807dd00f904e0280869dc00380d0a54cc0b802d00f06c0b80202c0b8020"
              "0"))
          .has_value());
  std::vector<LifeEvent> told;
  rules.on_record(at(30), with(fix(0), "supply", 70), told);
  EXPECT_THAT(words(told), testing::ElementsAre("updated 3 @30 from 5 supply major below")) << "raised, cleared at 20";
}

TEST(VehicleRules, HoldOnlyWhereTheyAreMeantTo) {
  RuleSpec spec =
      spec_of(RuleKind::kPower, {.reopen = seconds(0)}, RangeConfig{.signal = "supply", .min_milli = 9'000});
  const std::vector<Step> drive = {{0, with(fix(0), "supply", 80)}, {600, with(fix(2'000), "supply", 80)}};
  EXPECT_THAT(run_rule(spec, drive), testing::ElementsAre("raised 1 @0 from 0 supply major below"));
  spec.only_in = {yard()};
  EXPECT_THAT(run_rule(spec, drive),
              testing::ElementsAre("raised 1 @0 from 0 supply major below",
                                   "cleared 2 @600 from 0 supply major below left_scope at 600"));
  spec.only_in.clear();
  spec.except_in = {yard()};
  EXPECT_THAT(run_rule(spec, drive), testing::ElementsAre("raised 1 @600 from 600 supply major below"));
}

TEST(VehicleRules, ForgetWhatNobodySpeaksOf) {
  const RuleSpec spec =
      spec_of(RuleKind::kPower, {.expiry = minutes(60)}, RangeConfig{.signal = "supply", .min_milli = 9'000});
  VehicleRules rules(std::make_shared<const RuleSet>(RuleSet{std::make_shared<const RuleSpec>(spec)}));
  std::vector<LifeEvent> told;
  rules.on_record(at(0), with(fix(0), "supply", 80), told);
  EXPECT_EQ(rules.stream_deadline(), at(3'600));
  rules.on_stream_time(at(3'599), told);
  EXPECT_EQ(told.size(), 1U);
  rules.on_stream_time(at(9'999), told);
  EXPECT_EQ(word(told.back()), "cleared 2 @3600 from 0 supply major below expired at 3600");
  EXPECT_EQ(rules.stream_deadline(), std::nullopt);
}

}  // namespace
}  // namespace odograph::rules
