#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <variant>

#include "lib/rules/test_words.h"

namespace odograph::rules {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Kind = TripWord::Kind;

VehicleRules rules_of(const RuleSpec& spec) {
  return VehicleRules(std::make_shared<const RuleSet>(RuleSet{std::make_shared<const RuleSpec>(spec)}));
}

LifeConfig life(base::Millis min, base::Millis clear) {
  return {.min_duration = min, .clear_duration = clear, .reopen = seconds(0), .flap_cycles = 0};
}

constexpr double kDue = 36'000;

/// P50 decides at once: what the tables without a notice are about.
RuleSpec delay() {
  return {.kind = RuleKind::kDelay, .life = life(minutes(1), minutes(3)), .config = DelayConfig{.notice = seconds(0)}};
}
RuleSpec risk() {
  return {
      .kind = RuleKind::kAtRisk, .life = life(minutes(1), minutes(3)), .config = AtRiskConfig{.notice = seconds(0)}};
}

/// Told at a second: the stop is expected so many seconds after it is due, give or take `band`.
TripWord estimate(double second, double late, double band = 60) {
  return {Kind::kEstimate,       "t1", "shop", at(second), at(kDue), at(kDue + late - band), at(kDue + late),
          at(kDue + late + band)};
}

TripWord news(Kind kind, double second) { return {kind, "t1", "shop", at(second), at(kDue), {}, {}, {}}; }

/// The trip has these stops left.
TripWord revised(double second, std::vector<std::string> stops) {
  TripWord word{Kind::kRevised, "t1", "", at(second), {}, {}, {}, {}};
  word.stops_left = std::move(stops);
  return word;
}

struct Case {
  const char* name;
  std::vector<TripWord> trip;
  std::vector<std::string> words;
};

void expect_all(const RuleSpec& spec, std::span<const Case> cases) {
  for (const Case& row : cases) {
    VehicleRules rules = rules_of(spec);
    std::vector<LifeEvent> told;
    for (const TripWord& each : row.trip) rules.on_trip(each, told);
    EXPECT_THAT(words(told), testing::ElementsAreArray(row.words)) << row.name;
  }
}

TripWord without_due(TripWord word) {
  word.due.reset();
  return word;
}

const Case kDelays[] = {
    {"InTime", {estimate(0, -600), estimate(60, -600)}, {}},
    {"ByFiveMinutesSharp", {estimate(0, 300), estimate(60, 300)}, {}},
    {"OnceIsNotEnough", {estimate(0, 301)}, {}},
    {"TwiceButTooSoon", {estimate(0, 301), estimate(59, 301)}, {}},
    {"TwiceAMinuteApart", {estimate(0, 301), estimate(60, 301)}, {"raised 1 @60 from 0 shop warning expected_late"}},
    {"NotTwiceInARow", {estimate(0, 301), estimate(30, 299), estimate(60, 301)}, {}},
    {"NobodyKnowsWhenItIsDue", {without_due(estimate(0, 900)), without_due(estimate(60, 900))}, {}},
    {"ByMoreThanAQuarter", {estimate(0, 901), estimate(60, 901)}, {"raised 1 @60 from 0 shop major expected_late"}},
    {"ItGetsWorse",
     {estimate(0, 301), estimate(60, 301), estimate(120, 1'801)},
     {"raised 1 @60 from 0 shop warning expected_late", "updated 2 @120 from 0 shop critical expected_late"}},
    {"BelowTwoMinutesForThree",
     {estimate(0, 301), estimate(60, 301), estimate(120, 119), estimate(300, 119)},
     {"raised 1 @60 from 0 shop warning expected_late",
      "cleared 2 @300 from 0 shop warning expected_late recovered at 120"}},
    {"NotBelowTwoMinutes",
     {estimate(0, 301), estimate(60, 301), estimate(120, 120), estimate(300, 120)},
     {"raised 1 @60 from 0 shop warning expected_late"}},
    {"ItArrives",
     {estimate(0, 301), estimate(60, 301), news(Kind::kArrived, kDue + 400)},
     {"raised 1 @60 from 0 shop warning expected_late",
      "cleared 2 @36400 from 0 shop warning expected_late arrived at 36400"}},
    {"ItArrivesWithoutHavingBeenLate", {estimate(0, 301), news(Kind::kArrived, 30)}, {}},
    {"TheTripEnds",
     {estimate(0, 301), estimate(60, 301), news(Kind::kEnded, 90)},
     {"raised 1 @60 from 0 shop warning expected_late",
      "cleared 2 @90 from 0 shop warning expected_late trip_ended at 90"}},
    {"ARevisionWithoutTheStop",
     {estimate(0, 301), estimate(60, 301), revised(90, {"home"})},
     {"raised 1 @60 from 0 shop warning expected_late",
      "cleared 2 @90 from 0 shop warning expected_late superseded at 90"}},
    {"ARevisionWithTheStop",
     {estimate(0, 301), estimate(60, 301), revised(90, {"home", "shop"})},
     {"raised 1 @60 from 0 shop warning expected_late"}},
    {"ARevisionWithoutTheStopBeforeItIsTold", {estimate(0, 301), revised(30, {}), estimate(60, 301)}, {}},
    {"OffTheRouteAWideBandSaysNothing", {news(Kind::kOffRoute, 0), estimate(1, 900, 151), estimate(61, 900, 151)}, {}},
    {"OffTheRouteANarrowOneDoes",
     {news(Kind::kOffRoute, 0), estimate(1, 600, 150), estimate(61, 600, 150)},
     {"raised 1 @61 from 1 shop warning expected_late"}},
    {"OffTheRouteButLateByNow",
     {news(Kind::kOffRoute, 0), estimate(kDue + 301, 600, 900), estimate(kDue + 361, 600, 900)},
     {"raised 1 @36361 from 36301 shop warning window_passed"}},
    {"BackOnTheRoute",
     {news(Kind::kOffRoute, 0), news(Kind::kOnRoute, 1), estimate(2, 600, 900), estimate(62, 600, 900)},
     {"raised 1 @62 from 2 shop warning expected_late"}},
};

TEST(DelayRule, TellsWhoWillBeLate) { expect_all(delay(), kDelays); }

TEST(DelayRule, SaysAtTheEndHowLateItWas) {
  VehicleRules rules = rules_of(delay());
  std::vector<LifeEvent> told;
  for (const auto& each : {estimate(0, 301), estimate(60, 301), news(Kind::kArrived, kDue + 777)})
    rules.on_trip(each, told);
  EXPECT_EQ(told.back().value, 777);
  EXPECT_EQ(told.back().peak, 301);
  EXPECT_EQ(told.back().unit, "s");
}

const Case kRisks[] = {
    {"EvenAtWorstInTime", {estimate(0, -60), estimate(60, -60)}, {}},
    {"AtWorstLate", {estimate(0, -30), estimate(60, -30)}, {"raised 1 @60 from 0 shop info expected_late"}},
    {"ExpectedLateIsMoreThanARisk", {estimate(0, 30), estimate(60, 30)}, {}},
    {"BecomesADelay",
     {estimate(0, -30), estimate(60, -30), estimate(120, 30), estimate(180, 301)},
     {"raised 1 @60 from 0 shop info expected_late",
      "cleared 2 @180 from 0 shop info expected_late superseded at 180"}},
    {"TheRiskIsOver",
     {estimate(0, -30), estimate(60, -30), estimate(120, -90), estimate(300, -90)},
     {"raised 1 @60 from 0 shop info expected_late", "cleared 2 @300 from 0 shop info expected_late recovered at 120"}},
    {"ItArrives",
     {estimate(0, -30), estimate(60, -30), news(Kind::kPassed, 90)},
     {"raised 1 @60 from 0 shop info expected_late", "cleared 2 @90 from 0 shop info expected_late arrived at 90"}},
    {"ARevisionWithoutTheStop",
     {estimate(0, -30), estimate(60, -30), revised(90, {"home"})},
     {"raised 1 @60 from 0 shop info expected_late", "cleared 2 @90 from 0 shop info expected_late superseded at 90"}},
};

TEST(AtRiskRule, WarnsBeforeItIsADelay) { expect_all(risk(), kRisks); }

/// Expected (P50) so many seconds later than `second`, and by so many more than due.
TripWord ahead(double second, double to_go, double late, double band) {
  const double p50 = second + to_go;
  return {Kind::kEstimate, "t1", "shop", at(second), at(p50 - late), at(p50 - band), at(p50), at(p50 + band)};
}

// A notice of ten minutes: P50 alone up to 600 s to go, P10 at 900 s, a whole P10 to P50 beyond that from 1200 s on.
struct SureCase {
  const char* name;
  double to_go;
  double late;
  double band;
  bool told;
};

const SureCase kSures[] = {
    {"AtTheNoticeHalfIsEnough", 600, 301, 3'000, true},
    {"JustBeforeItNotQuite", 660, 301, 3'000, false},
    {"JustBeforeItALittleSurer", 660, 311, 50, true},
    {"HalfAsFarAgainP10DecidesAndIsInTime", 900, 400, 100, false},
    {"HalfAsFarAgainP10IsLate", 900, 402, 100, true},
    {"TwiceAsFarNineTenthsAreNotEnough", 1'200, 450, 100, false},
    {"TwiceAsFarSurer", 1'200, 502, 100, true},
    {"FartherThanThatNoMoreIsAsked", 36'000, 502, 100, true},
    {"NoBandNoDoubt", 36'000, 301, 0, true},
    {"LateByNow", 1'200, 1'501, 3'000, true},
    {"TheLongestBandThereIs", 36'000, 301, 3e7, false},
};

TEST(DelayRule, WaitsForCertaintyUntilItsNotice) {
  RuleSpec spec = delay();
  spec.life.min_duration = seconds(0);
  std::get<DelayConfig>(spec.config).notice = seconds(600);
  for (const SureCase& row : kSures) {
    VehicleRules rules = rules_of(spec);
    std::vector<LifeEvent> told;
    rules.on_trip(ahead(100'000'000, row.to_go, row.late, row.band), told);
    EXPECT_EQ(!told.empty(), row.told) << row.name;
  }
}

TEST(DelayRule, OnceToldSaysHowBadItIsThoughItIsFar) {
  RuleSpec spec = delay();
  spec.life.min_duration = seconds(0);
  spec.life.update_interval = seconds(0);
  std::get<DelayConfig>(spec.config).notice = seconds(600);
  VehicleRules rules = rules_of(spec);
  std::vector<LifeEvent> told;
  rules.on_trip(ahead(0, 600, 301, 100), told);
  rules.on_trip(ahead(1, 900, 380, 200), told);
  EXPECT_THAT(words(told), testing::ElementsAre("raised 1 @0 from 0 shop warning expected_late",
                                                "updated 2 @1 from 0 shop warning expected_late"));
}

TEST(AtRiskRule, WarnsOfADelayThatIsNotSureYet) {
  RuleSpec spec = risk();
  spec.life.min_duration = seconds(0);
  std::get<AtRiskConfig>(spec.config).notice = seconds(600);
  VehicleRules rules = rules_of(spec);
  std::vector<LifeEvent> told;
  rules.on_trip(ahead(0, 900, 301, 100), told);
  rules.on_trip(ahead(300, 600, 301, 100), told);
  EXPECT_THAT(words(told), testing::ElementsAre("raised 1 @0 from 0 shop info expected_late",
                                                "cleared 2 @300 from 0 shop info expected_late superseded at 300"));
}

struct RouteCase {
  const char* name;
  std::vector<std::variant<TripWord, double>> steps;  ///< A number: a fix at that second.
  std::vector<std::string> words;
};

const RouteCase kRoutes[] = {
    {"OnIt", {0.0, 120.0}, {}},
    {"OffItForLess", {news(Kind::kOffRoute, 0), 0.0, 119.0}, {}},
    {"OffItForTwoMinutes", {news(Kind::kOffRoute, 0), 0.0, 120.0}, {"raised 1 @120 from 0 minor outside"}},
    {"BackForHalfAMinute",
     {news(Kind::kOffRoute, 0), 0.0, 120.0, news(Kind::kOnRoute, 130), 130.0, 160.0},
     {"raised 1 @120 from 0 minor outside", "cleared 2 @160 from 0 minor outside recovered at 130"}},
    {"TheTripEnds",
     {news(Kind::kOffRoute, 0), 0.0, 120.0, news(Kind::kEnded, 130), 140.0},
     {"raised 1 @120 from 0 minor outside", "cleared 2 @130 from 0 minor outside trip_ended at 130"}},
};

TEST(RouteRule, TellsWhoLeftTheirRoute) {
  const RuleSpec spec{.kind = RuleKind::kOffRoute, .life = life(minutes(2), seconds(30)), .config = RouteConfig{}};
  for (const RouteCase& row : kRoutes) {
    VehicleRules rules = rules_of(spec);
    std::vector<LifeEvent> told;
    for (const auto& step : row.steps) {
      if (const auto* word = std::get_if<TripWord>(&step)) {
        rules.on_trip(*word, told);
      } else {
        rules.on_record(at(std::get<double>(step)), fix(0), told);
      }
    }
    EXPECT_THAT(words(told), testing::ElementsAreArray(row.words)) << row.name;
  }
}

struct OfflineCase {
  const char* name;
  double speed_mps;
  std::vector<double> heard;  ///< Previews.
  std::vector<double> wall;   ///< What the clock on the wall says.
  std::vector<double> back;   ///< Records.
  std::vector<std::string> words;
};

const OfflineCase kOffline[] = {
    {"NotYet", 0, {}, {899}, {}, {}},
    {"ThreeTimesItsInterval", 0, {}, {1'000}, {}, {"raised 1 @900 from 0 minor no_records"}},
    {"OnlyOnce", 0, {}, {1'000, 2'000}, {}, {"raised 1 @900 from 0 minor no_records"}},
    {"ItWasMoving", 20, {}, {1'000}, {}, {"raised 1 @900 from 0 major moving"}},
    {"APreviewCounts", 0, {200}, {1'000}, {}, {}},
    {"AndThenNone", 0, {200}, {1'100}, {}, {"raised 1 @1100 from 200 minor no_records"}},
    {"Back",
     0,
     {},
     {1'000},
     {1'200},
     {"raised 1 @900 from 0 minor no_records", "cleared 2 @1200 from 0 minor no_records recovered at 1200"}},
    {"BackWithWhatItHadKept",
     0,
     {},
     {1'000},
     {100, 1'200},
     {"raised 1 @900 from 0 minor no_records", "cleared 2 @900 from 0 minor no_records recovered at 900"}},
};

TEST(OfflineRule, MissesWhoIsSilent) {
  const RuleSpec spec{.kind = RuleKind::kOffline,
                      .life = life(seconds(0), seconds(0)),
                      .config = OfflineConfig{.interval = seconds(300)}};
  for (const OfflineCase& row : kOffline) {
    VehicleRules rules = rules_of(spec);
    EXPECT_EQ(rules.wall_deadline(), std::nullopt) << "nobody who was never heard is missed";
    std::vector<LifeEvent> told;
    rules.on_record(at(0), fix(0, row.speed_mps), told);
    for (const double second : row.heard) rules.on_heard(at(second));
    for (const double second : row.wall) rules.on_wall_clock(at(second), told);
    for (const double second : row.back) rules.on_record(at(second), fix(0), told);
    EXPECT_THAT(words(told), testing::ElementsAreArray(row.words)) << row.name;
  }
}

}  // namespace
}  // namespace odograph::rules
