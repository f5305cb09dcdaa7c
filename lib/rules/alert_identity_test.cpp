#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

#include "lib/rules/life.h"
#include "lib/rules/random_calls.h"
#include "lib/rules/state_bytes.h"
#include "lib/rules/test_words.h"
#include "lib/rules/vehicle_rules.h"

// An alert's id comes of its vehicle, rule, scope and start; with the revision it is what a reader knows a word by.

namespace odograph::rules {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Fails at the first word that has the name of an earlier one, and where revisions have holes.
class Names {
 public:
  void take(const std::vector<LifeEvent>& told) {
    for (const LifeEvent& event : told) {
      auto& last = last_[{event.rule, event.scope, event.start}];
      ASSERT_EQ(event.revision, last + 1) << to_string(event.rule) << ": " << word(event);
      ASSERT_EQ(event.revision == 1, event.phase == Phase::kRaised) << to_string(event.rule) << ": " << word(event);
      last = event.revision;
      ++counts_[event.rule];
      endings_.insert(event.ending);
    }
  }

  const std::map<RuleKind, int>& counts() const { return counts_; }
  const std::set<Ending>& endings() const { return endings_; }

 private:
  std::map<std::tuple<RuleKind, std::string, EventTime>, std::uint32_t> last_;
  std::map<RuleKind, int> counts_;
  std::set<Ending> endings_;
};

Look random_look(std::mt19937& random, EventTime time) {
  Look look{.time = time, .standing = static_cast<Standing>(up_to(random, 2)), .excess = up_to(random, 9)};
  if (up_to(random, 2) == 0) look.since = time - milliseconds(up_to(random, 3'000));
  if (up_to(random, 2) == 0) look.required = milliseconds(0);
  return look;
}

LifeConfig random_config(std::mt19937& random) {
  return {.min_duration = milliseconds(up_to(random, 1) * up_to(random, 500)),
          .clear_duration = milliseconds(up_to(random, 1) * up_to(random, 500)),
          .update_interval = milliseconds(up_to(random, 500)),
          .reopen = milliseconds(up_to(random, 1) * up_to(random, 1'000)),
          .flap_cycles = static_cast<std::uint32_t>(up_to(random, 3))};
}

TEST(AlertIdentity, OfRandomLooksNoWordHasTheNameOfAnother) {
  std::size_t words_told = 0;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const LifeConfig config = random_config(random);
    Names names;
    Life life;
    EventTime time = at(100);
    for (int i = 0; i < 300; ++i) {
      if (up_to(random, 1) == 0) time += milliseconds(up_to(random, 400));
      std::vector<LifeEvent> told;
      life.on(config, random_look(random, time), told);
      if (up_to(random, 5) == 0) life.end(time - milliseconds(up_to(random, 200)), Ending::kLeftScope, told);
      words_told += told.size();
      names.take(told);
      if (testing::Test::HasFatalFailure()) return;
      std::string bytes;
      StateWriter writer(bytes);
      field(writer, std::as_const(life));
      StateReader reader(bytes);
      life = {};
      field(reader, life);
      ASSERT_TRUE(reader.sound() && reader.at_end());
    }
  }
  EXPECT_GT(words_told, 10'000U);
}

/// Still more impatient; half of the rules hold only outside of the yard, so that many an alert leaves its scope.
std::vector<RuleSpec> scoped_specs(std::uint32_t seed) {
  std::vector<RuleSpec> specs = all_specs();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    specs[i].life.min_duration = milliseconds(500 * ((seed + i) % 3));
    specs[i].life.clear_duration = specs[i].life.min_duration;
    specs[i].life.expiry = seconds(25);
    specs[i].except_in.clear();
    if ((seed + i) % 2 == 0) specs[i].except_in = {yard()};
  }
  return specs;
}

TEST(AlertIdentity, OfAllRulesNoWordHasTheNameOfAnother) {
  std::map<RuleKind, int> counts;
  std::set<Ending> endings;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto set = set_of(scoped_specs(seed));
    std::vector<Call> calls = random_calls(random, 300);
    for (std::size_t i = 1; i < calls.size(); ++i) {
      // Many at one time, and what a trip says with them.
      if (up_to(random, 2) != 0) continue;
      calls[i].time = calls[i - 1].time;
      calls[i].word.at = calls[i - 1].word.at;
    }
    Names names;
    VehicleRules rules(set);
    for (const Call& call : calls) {
      std::vector<LifeEvent> told;
      make(rules, call, told);
      names.take(told);
      if (testing::Test::HasFatalFailure()) return;
      if (up_to(random, 9) != 0) continue;
      VehicleRules next(set);
      ASSERT_TRUE(next.load(saved(rules)).has_value());
      rules = std::move(next);
    }
    for (const auto& [kind, count] : names.counts()) counts[kind] += count;
    endings.insert(names.endings().begin(), names.endings().end());
  }
  for (const auto& [kind, count] : counts) EXPECT_GT(count, 30) << to_string(kind);
  EXPECT_EQ(counts.size(), std::size_t{kRuleKindMax}) << "a generator that leaves a rule out proves nothing of it";
  EXPECT_TRUE(endings.contains(Ending::kLeftScope) && endings.contains(Ending::kExpired));
}

RuleSpec sensor() {
  RuleSpec spec = spec_of(RuleKind::kSensorFault, {.clear_duration = minutes(1)}, SensorConfig{.signal = "t"});
  spec.except_in = {yard()};
  return spec;
}

TEST(AlertIdentity, ASensorThatIsStillSilentAfterTheYardIsAnotherAlert) {
  std::vector<Step> drive = {{0, with(fix(2'000), "t", 40)}};
  for (const double second : {500, 1'000}) drive.push_back({second, fix(2'000)});
  drive.push_back({1'600, fix(0)});
  drive.push_back({1'900, fix(2'000)});
  drive.push_back({2'200, with(fix(2'000), "t", 41)});
  drive.push_back({2'300, with(fix(2'000), "t", 42)});
  EXPECT_THAT(run_rule(sensor(), drive),
              testing::ElementsAre("raised 1 @1000 from 0 t minor missing",
                                   "cleared 2 @1600 from 0 t minor missing left_scope at 1600",
                                   "raised 1 @1900 from 1900 t minor missing",
                                   "cleared 2 @2300 from 1900 t minor missing recovered at 2200"));
}

TEST(AlertIdentity, TwiceAtOneMomentIsTheSameAlert) {
  RuleSpec spec = spec_of(RuleKind::kPower, {.clear_duration = seconds(0), .reopen = seconds(0)},
                          RangeConfig{.signal = "supply", .min_milli = 9'000});
  const Step low{5, with(fix(0), "supply", 80)};
  const Step high{5, with(fix(0), "supply", 240)};
  EXPECT_THAT(run_rule(spec, {low, high, low, high}),
              testing::ElementsAre(
                  "raised 1 @5 from 5 supply major below", "cleared 2 @5 from 5 supply major below recovered at 5",
                  "updated 3 @5 from 5 supply major below", "cleared 4 @5 from 5 supply major below recovered at 5"));
}

/// A delay at one stop after the other, each reached.
TEST(AlertIdentity, StopsThatAreOverAreForgotten) {
  const RuleSpec spec = spec_of(RuleKind::kDelay, {.flap_window = seconds(100)}, DelayConfig{.notice = seconds(0)});
  VehicleRules rules(set_of({spec}));
  std::vector<LifeEvent> told;
  std::string early;
  for (int stop = 0; stop < 1'000; ++stop) {
    const double second = 1'000.0 * stop;
    TripWord word{.stop_id = "stop" + std::to_string(1'000 + stop), .at = at(second), .due = at(second)};
    word.p10 = word.p50 = word.p90 = at(second + 400);
    rules.on_trip(word, told);
    if (stop % 2 == 0) {
      word.p10 = word.p50 = word.p90 = at(second);
      rules.on_trip(word, told);
      word.at = at(second + 400);
      rules.on_trip(word, told);
    } else {
      word.kind = TripWord::Kind::kArrived;
      rules.on_trip(word, told);
    }
    if (stop == 9) early = saved(rules);
  }
  EXPECT_EQ(told.size(), 2'000U) << "more stops than a rule has scopes at a time";
  EXPECT_LT(saved(rules).size(), early.size() + 20) << "and the state does not grow with them";
}

}  // namespace
}  // namespace odograph::rules
