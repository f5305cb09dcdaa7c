#include "lib/rules/vehicle_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "lib/rules/test_words.h"

namespace odograph::rules {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Own arithmetic on the generator's bits: the distributions of the standard library differ between libraries.
std::int32_t up_to(std::mt19937& random, std::int32_t last) {
  return static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(last + 1));
}

std::shared_ptr<const FenceArea> yard() {
  static const auto kYard = std::make_shared<const FenceArea>(Fence{"yard", {}, {470'000'000, 80'000'000}, 500});
  return kYard;
}

RuleSpec spec_of(RuleKind kind, LifeConfig life, decltype(RuleSpec::config) config) {
  return {.kind = kind, .life = life, .config = std::move(config)};
}

/// One of each kind, impatient enough that short drives say much.
std::shared_ptr<const RuleSet> all_rules() {
  const LifeConfig quick{.min_duration = seconds(5),
                         .clear_duration = seconds(5),
                         .flap_window = seconds(200),
                         .flap_stable = seconds(30),
                         .expiry = seconds(300)};
  const LifeConfig moment{.clear_duration = seconds(0), .reopen = seconds(0), .flap_cycles = 0};
  std::vector<RuleSpec> specs = {
      spec_of(RuleKind::kTemperature, quick,
              RangeConfig{.signal = "cargo",
                          .min_milli = 2'000,
                          .max_milli = 8'000,
                          .at_once_milli = 2'000,
                          .door_signal = "door",
                          .critical_after = seconds(60)}),
      spec_of(RuleKind::kPower, quick, RangeConfig{.signal = "supply", .min_milli = 9'000}),
      spec_of(RuleKind::kSensorFault, moment,
              SensorConfig{.signal = "cargo", .missing = seconds(20), .stuck = seconds(8), .jump_milli = 5'000}),
      spec_of(RuleKind::kGeofence, quick, GeofenceConfig{.area = yard()}),
      spec_of(RuleKind::kHarshMotion, moment, HarshConfig{}),
      spec_of(RuleKind::kIdling, quick, IdlingConfig{}),
      spec_of(RuleKind::kOffline, moment, OfflineConfig{.after = seconds(20)}),
      spec_of(RuleKind::kPositionLost, quick, PositionConfig{}),
      spec_of(RuleKind::kFuel, moment, FuelConfig{.signal = "supply", .drop_milli = 2'000}),
      spec_of(RuleKind::kOffRoute, quick, RouteConfig{}),
      spec_of(RuleKind::kDelay, quick, DelayConfig{}),
      spec_of(RuleKind::kAtRisk, quick, AtRiskConfig{}),
  };
  specs[5].except_in = {yard()};
  RuleSet set;
  for (RuleSpec& spec : specs) set.push_back(std::make_shared<const RuleSpec>(std::move(spec)));
  return std::make_shared<const RuleSet>(std::move(set));
}

/// One call of the rules.
struct Call {
  enum class What { kRecord, kTrip, kHeard, kWall, kStream } what = What::kRecord;
  EventTime time;
  model::Record record;
  TripWord word;
};

model::Record random_record(std::mt19937& random, std::int32_t& north_m, std::int32_t& speed_cmps) {
  speed_cmps = std::clamp(speed_cmps + up_to(random, 900) - 450, 0, 3'000);
  if (up_to(random, 5) == 0) speed_cmps = 0;
  north_m = std::clamp(north_m + (up_to(random, 1) == 0 ? -1 : 1) * speed_cmps / 50, -900, 900);
  model::Record record = up_to(random, 6) == 0 ? no_fix() : fix(north_m, speed_cmps / 100.0);
  record.course_cdeg = up_to(random, 9'000);
  if (up_to(random, 9) == 0) record.flags = model::flag::kHdopBad;
  if (up_to(random, 2) != 0) record = with(record, "cargo", 10 + up_to(random, 90) / 10 * 10);
  if (up_to(random, 2) == 0) record = with(record, "supply", 85 + up_to(random, 40));
  if (up_to(random, 9) == 0) record = with(record, "door", up_to(random, 1), 0);
  if (up_to(random, 3) == 0) record = with(record, "ignition", up_to(random, 3) == 0 ? 0 : 1, 0);
  return record;
}

TripWord random_word(std::mt19937& random, EventTime time) {
  using Kind = TripWord::Kind;
  const Kind kinds[] = {Kind::kEstimate, Kind::kEstimate, Kind::kEstimate, Kind::kEstimate,
                        Kind::kArrived,  Kind::kOffRoute, Kind::kOnRoute,  Kind::kEnded};
  const EventTime p50 = at(5'000 + up_to(random, 1'500) - 500);
  return {kinds[up_to(random, 40) < 37 ? up_to(random, 3) : 4 + up_to(random, 3)],
          "t1",
          "stop" + std::to_string(up_to(random, 1)),
          time,
          at(5'000),
          p50 - seconds(60),
          p50,
          p50 + seconds(60)};
}

std::vector<Call> random_calls(std::mt19937& random, int count) {
  std::vector<Call> calls;
  EventTime time = at(1'000);
  std::int32_t north_m = 600;
  std::int32_t speed_cmps = 0;
  for (int i = 0; i < count; ++i) {
    time += base::Millis(up_to(random, 30) == 0 ? up_to(random, 60'000) : up_to(random, 2'000));
    Call call{.time = time, .record = random_record(random, north_m, speed_cmps), .word = random_word(random, time)};
    const std::int32_t dice = up_to(random, 19);
    call.what = dice < 12   ? Call::What::kRecord
                : dice < 16 ? Call::What::kTrip
                : dice < 17 ? Call::What::kHeard
                : dice < 19 ? Call::What::kWall
                            : Call::What::kStream;
    if (up_to(random, 15) == 0) call.time -= seconds(up_to(random, 30));
    calls.push_back(std::move(call));
  }
  return calls;
}

void make(VehicleRules& rules, const Call& call, std::vector<LifeEvent>& told) {
  switch (call.what) {
    case Call::What::kRecord: return rules.on_record(call.time, call.record, told);
    case Call::What::kTrip: return rules.on_trip(call.word, told);
    case Call::What::kHeard: return rules.on_heard(call.time);
    case Call::What::kWall: return rules.on_wall_clock(call.time, told);
    case Call::What::kStream: return rules.on_stream_time(call.time, told);
  }
}

std::string saved(const VehicleRules& rules) {
  std::string bytes;
  rules.save(bytes);
  return bytes;
}

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
    const auto set = all_rules();
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
  const auto set = all_rules();
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
  const auto set = all_rules();
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
