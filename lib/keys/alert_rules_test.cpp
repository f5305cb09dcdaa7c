#include "lib/keys/alert_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/load.h"
#include "lib/config/render.h"

namespace odograph::keys {
namespace {

const config::Schema& schema() {
  static const config::Schema kSchema =
      config::completed({.title = "Rules.", .groups = alert_groups(), .relations = alert_relations()});
  return kSchema;
}

config::Loaded loaded(const std::string& text) { return config::load(schema(), config::File{"rules.toml", text}, {}); }

struct Case {
  const char* name;
  const char* text;
  std::vector<std::string> problems;
};

const Case kCases[] = {
    {"EveryKindByItsDefaults",
     "[[fence]]\nid = 'depot'\ncentre = [[47, 8]]\nradius_m = 200\n"
     "[[rule]]\nkind = 'temperature'\nsignal = 'cargo'\nmax = 8\n[[rule]]\nkind = 'power'\nsignal = 'battery'\nmin = "
     "20\n"
     "[[rule]]\nkind = 'fuel'\nsignal = 'fuel'\n[[rule]]\nkind = 'sensor_fault'\nsignal = 'cargo'\n"
     "[[rule]]\nkind = 'geofence'\nfence = 'depot'\n[[rule]]\nkind = 'harsh_motion'\n[[rule]]\nkind = 'idling'\n"
     "except_in = ['depot']\n[[rule]]\nkind = 'offline'\n[[rule]]\nkind = 'position_lost'\n[[rule]]\nkind = "
     "'off_route'\n"
     "[[rule]]\nkind = 'delay'\n[[rule]]\nkind = 'at_risk'\n",
     {}},
    {"OneForAllAndOneForAVehicle",
     "[[rule]]\nkind = 'idling'\n[[rule]]\nkind = 'idling'\nvehicles = ['truck-17']\nmin_duration = '5min'\n",
     {}},
    {"UnknownKind",
     "[[rule]]\nkind = 'speeding'\n",
     {"rules.toml:2:1: rule.0.kind: expected one of \"temperature\", \"power\", \"fuel\", \"sensor_fault\", "
      "\"geofence\", \"harsh_motion\", \"idling\", \"offline\", \"position_lost\", \"off_route\", \"delay\", "
      "\"at_risk\", found the text \"speeding\""}},
    {"KeyOfAnotherKind",
     "[[rule]]\nkind = 'idling'\nsignal = 'rpm'\n",
     {"rules.toml:3:1: rule.0.signal: unknown key for kind = \"idling\", did you mean `rule.0.ignition_signal`?"}},
    {"NoSignal",
     "[[rule]]\nkind = 'temperature'\nmax = 8\n",
     {"rules.toml:1:1: rule.0.signal: missing, expected text"}},
    {"NoLimit",
     "[[rule]]\nkind = 'temperature'\nsignal = 'cargo'\n",
     {"rules.toml:1:1: rule.0.min: missing, expected it, or `max`, or both"}},
    {"LimitsTheWrongWayRound",
     "[[rule]]\nkind = 'temperature'\nsignal = 'cargo'\nmin = 8\nmax = 2\n",
     {"rules.toml:5:1: rule.0.max: expected more than `min` of the same rule"}},
    {"HysteresisTooWide",
     "[[rule]]\nkind = 'temperature'\nsignal = 'cargo'\nmin = 2\nmax = 3\n",
     {"rules.toml:1:1: rule.0.hysteresis: expected less than half of what lies between `min` and `max`"}},
    {"DelayThatClearsAboveItself",
     "[[rule]]\nkind = 'delay'\nraise = '1min'\n",
     {"rules.toml:3:1: rule.0.raise: expected more than `clear` of the same rule"}},
    {"ABareNumberIsNoDuration",
     "[[rule]]\nkind = 'idling'\nmin_duration = 600\n",
     {"rules.toml:3:1: rule.0.min_duration: expected a duration such as \"20ms\", \"1s\", \"5min\" or \"24h\" of at "
      "most 7d, "
      "found the integer 600"}},
    {"NoSuchFence",
     "[[rule]]\nkind = 'geofence'\nfence = 'depot'\n",
     {"rules.toml:3:1: rule.0.fence: there is no [[fence]] with the id \"depot\""}},
    {"NoSuchGroup",
     "[[rule]]\nkind = 'idling'\ngroups = ['vans']\n",
     {"rules.toml:3:1: rule.0.groups: there is no [[group]] with the id \"vans\""}},
    {"NoSuchFenceToBeIn",
     "[[rule]]\nkind = 'idling'\nonly_in = ['depot']\n",
     {"rules.toml:3:1: rule.0.only_in: there is no [[fence]] with the id \"depot\""}},
    {"TwoForOneThing",
     "[[rule]]\nkind = 'idling'\n[[rule]]\nkind = 'idling'\n",
     {"rules.toml:4:1: rule.1.kind: watches for every vehicle what rule.0 watches already"}},
    {"AFenceOfBothKinds",
     "[[fence]]\nid = 'a'\noutline = [[47, 8], [47, 9], [48, 8]]\nradius_m = 50\n",
     {"rules.toml:4:1: fence.0.radius_m: expected nothing beside `outline`"}},
    {"AFenceOfNeither",
     "[[fence]]\nid = 'a'\n",
     {"rules.toml:1:1: fence.0.outline: missing, expected it, or `centre` and `radius_m`"}},
    {"ACircleWithoutRadius",
     "[[fence]]\nid = 'a'\ncentre = [[47, 8]]\n",
     {"rules.toml:1:1: fence.0.radius_m: missing, expected with `centre`"}},
    {"TwoCorners",
     "[[fence]]\nid = 'a'\noutline = [[47, 8], [47, 9]]\n",
     {"rules.toml:3:1: fence.0.outline: 2 corners, must be 3 to 1000"}},
    {"OneNameForTwoFences",
     "[[fence]]\nid = 'a'\ncentre = [[47, 8]]\nradius_m = 50\n[[fence]]\nid = 'a'\ncentre = [[47, 8]]\nradius_m = 50\n",
     {"rules.toml:6:1: fence.1.id: expected a value that no other [[fence]] has, found \"a\" again"}},
};

TEST(AlertRules, AreCheckedWhole) {
  for (const Case& row : kCases) {
    const auto outcome = loaded(row.text);
    EXPECT_THAT(outcome.problems, testing::ElementsAreArray(row.problems)) << row.name;
  }
}

TEST(AlertRules, HaveAnExampleThatLoads) {
  const std::string example = config::example(schema());
  EXPECT_THAT(example, testing::HasSubstr("[[rule]]"));
  const auto problems = loaded(example + "\n").problems;
  EXPECT_THAT(problems, testing::IsEmpty());
}

TEST(AlertRules, ComeInTheUnitsOfTheRules) {
  const auto outcome = loaded(
      "[[fence]]\nid = 'depot'\noutline = [[47, 8], [47, 8.1], [47.1, 8]]\n[[group]]\nid = 'vans'\nvehicles = ['v1']\n"
      "[[rule]]\nkind = 'geofence'\nfence = 'depot'\nwhen = 'outside'\ngroups = ['vans']\ncount = 3\n"
      "[[rule]]\nkind = 'temperature'\nsignal = 'cargo'\nmin = -18.5\nat_once = 0\nseverity = 'critical'\n"
      "[[rule]]\nkind = 'idling'\nenabled = false\nvehicles = ['v1']\n");
  ASSERT_TRUE(outcome.values.has_value()) << testing::PrintToString(outcome.problems);
  const auto book = rule_book_of(*outcome.values);
  ASSERT_EQ(book.rules.size(), 3U);
  EXPECT_THAT(book.groups.at("vans"), testing::ElementsAre("v1"));
  const auto& fence = std::get<rules::GeofenceConfig>(book.rules[0].config);
  EXPECT_EQ(fence.when, rules::GeofenceConfig::When::kOutside);
  EXPECT_EQ(fence.area->fence().outline.size(), 3U);
  EXPECT_EQ(book.rules[0].life.min_count, 3U);
  EXPECT_EQ(book.rules[0].life.min_duration, std::chrono::seconds(15));
  const auto& range = std::get<rules::RangeConfig>(book.rules[1].config);
  EXPECT_EQ(range.min_milli, -18'500);
  EXPECT_EQ(range.max_milli, std::nullopt);
  EXPECT_EQ(range.at_once_milli, std::nullopt);
  EXPECT_EQ(range.critical_after, std::chrono::minutes(30));
  EXPECT_EQ(range.severity, model::Severity::kCritical);
  EXPECT_FALSE(book.rules[2].enabled);
  EXPECT_EQ(std::get<rules::IdlingConfig>(book.rules[2].config).rest_cmps, 56);
}

}  // namespace
}  // namespace odograph::keys
