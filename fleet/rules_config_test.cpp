#include "fleet/rules_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fleet/fleet_config.h"
#include "lib/config/render.h"

namespace odograph::fleet {
namespace {

base::Result<watch::TrialRules> load_text(const std::string& text) {
  const std::string path = testing::TempDir() + "odograph-rules-" + std::to_string(::getpid()) + ".toml";
  std::ofstream(path) << text;
  auto rules = load_rules(path);
  std::filesystem::remove(path);
  return rules;
}

TEST(RulesConfig, TakesAFileOfRulesAlone) {
  const auto rules = load_text(
      "[rules]\nspeed_limit_kmh = 50\n[[vehicle]]\nid = 'van-1'\nspeed_limit_kmh = 90\n[[rule]]\nkind = 'idling'\n");
  ASSERT_TRUE(rules.has_value()) << rules.error().what;
  EXPECT_EQ(rules->speed_limit.limit_cmps, 1388);
  EXPECT_EQ(rules->limits_cmps.at("van-1"), 2500);
  ASSERT_EQ(rules->book.rules.size(), 1U);
  EXPECT_EQ(rules->book.rules[0].kind, rules::RuleKind::kIdling);
}

TEST(RulesConfig, TakesAWholeFleetToml) {
  const auto rules = load_text(config::example(schema()) + "\n");
  ASSERT_TRUE(rules.has_value()) << rules.error().what;
}

struct RefusalCase {
  const char* name;
  const char* text;
  const char* problem;
};

const RefusalCase kRefusals[] = {
    {"Empty", "", "the file is empty"},
    {"UnknownKey", "[rules]\nspeed = 5\n", ":2:1: rules.speed: unknown key"},
    {"ARuleThatMakesNoSense", "[[rule]]\nkind = 'power'\nsignal = 'x'\n", "rule.0.min: missing"},
    {"TwoRulesForOneThing", "[[rule]]\nkind = 'idling'\n[[rule]]\nkind = 'idling'\n", "rule.1.kind: watches for every"},
    {"ALimitBelowTheHysteresis", "[rules]\nhysteresis_kmh = 40\n[[vehicle]]\nid = 'a'\nspeed_limit_kmh = 30\n",
     "vehicle.0.speed_limit_kmh: expected more than"},
    {"SomethingElsesKeyIsStillChecked", "[kafka]\ngroup = 5\n", "kafka.group: expected"},
};

TEST(RulesConfig, RefusesWithFileLineAndKey) {
  for (const RefusalCase& row : kRefusals) {
    const auto rules = load_text(row.text);
    ASSERT_FALSE(rules.has_value()) << row.name;
    EXPECT_THAT(rules.error().what, testing::HasSubstr(row.problem)) << row.name;
    EXPECT_THAT(rules.error().what, testing::HasSubstr(".toml:")) << row.name;
  }
  EXPECT_FALSE(load_rules("/nonexistent/rules.toml").has_value());
}

}  // namespace
}  // namespace odograph::fleet
