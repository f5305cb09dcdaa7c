#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/load.h"
#include "lib/keys/link.h"
#include "lib/keys/service.h"
#include "lib/keys/speed_limit.h"
#include "lib/service/log.h"

namespace odograph::keys {
namespace {

using testing::HasSubstr;

/// As both programs put them together.
config::Schema schema() {
  config::Schema schema{.options = link_options({.name = "program", .file = "fleet"}), .groups = {zone_group()}};
  for (const auto& more : {rule_options("The limit."), metrics_options("9465"),
                           std::vector<config::OptionSpec>{log_level_option(), id_option("vehicle.id", "Who.", "a")}}) {
    schema.options.insert(schema.options.end(), more.begin(), more.end());
  }
  return schema;
}

config::Loaded load(std::vector<std::string> sets) {
  sets.emplace_back("vehicle.id=t");
  return config::load(schema(), std::nullopt, sets);
}

TEST(Keys, TakeBrokersWithTheirPorts) {
  const struct {
    const char* name;
    const char* brokers;
    const char* told;
  } rows[] = {
      {"Default", nullptr, "127.0.0.1:9092"},
      {"One", R"(["kafka-1:9092"])", "kafka-1:9092"},
      {"Several", R"(["a:1", "b.example:65535"])", "a:1,b.example:65535"},
      {"AddressOfIpV6", R"(["[::1]:9092"])", "[::1]:9092"},
  };
  for (const auto& row : rows) {
    const auto loaded =
        load(row.brokers == nullptr ? std::vector<std::string>{}
                                    : std::vector<std::string>{std::string("kafka.brokers=") + row.brokers});
    ASSERT_TRUE(loaded.values) << row.name;
    EXPECT_EQ(brokers_of(*loaded.values), row.told) << row.name;
  }
}

TEST(Keys, RefuseBrokersThatCannotBeReached) {
  const struct {
    const char* name;
    const char* brokers;
    const char* told;
  } rows[] = {
      {"NoPort", R"(["kafka-1"])", R"([0]: expected "host:port", found the text "kafka-1")"},
      {"PortZero", R"(["kafka-1:0"])", R"([0]: expected "host:port", found the text "kafka-1:0")"},
      {"PortTooHigh", R"(["a:65536"])", R"([0]: expected "host:port")"},
      {"PortNoNumber", R"(["a:kafka"])", R"([0]: expected "host:port")"},
      {"NoHost", R"([":9092"])", R"([0]: expected "host:port")"},
      {"TwoInOneText", R"(["a:1,b:2"])", R"([0]: expected "host:port")"},
      {"Blank", R"(["a b:1"])", R"([0]: expected "host:port")"},
      {"Address", R"(["ssl://a:1"])", R"([0]: expected "host:port")"},
      {"BareIpV6", R"(["::1:9092"])", R"([0]: expected "host:port")"},
      {"OneOfTwo", R"(["a:1", "host:"])", R"([1]: expected "host:port", found the text "host:")"},
      {"None", "[]", R"(: expected a list of "host:port", at least 1)"},
      {"NoList", R"("a:1")", R"(: expected a list of "host:port", at least 1)"},
  };
  for (const auto& row : rows) {
    const auto loaded = load({std::string("kafka.brokers=") + row.brokers});
    ASSERT_FALSE(loaded.values) << row.name;
    ASSERT_EQ(loaded.problems.size(), 1U) << row.name;
    EXPECT_THAT(loaded.problems.front(), HasSubstr(std::string("kafka.brokers") + row.told)) << row.name;
  }
}

TEST(Keys, TellTheLinksSecurity) {
  const auto loaded = load({"kafka.security=tls", "kafka.ca_file=/ca", "kafka.cert_file=/cert", "kafka.key_file=/key"});
  ASSERT_TRUE(loaded.values);
  const auto security = security_of(*loaded.values);
  EXPECT_EQ(security.protocol, kafka::Protocol::kTls);
  EXPECT_EQ(security.ca_file, "/ca");
  EXPECT_EQ(security.cert_file, "/cert");
  EXPECT_EQ(security.key_file, "/key");
  EXPECT_EQ(security_of(*load({}).values).protocol, kafka::Protocol::kPlaintext);
  EXPECT_FALSE(load({"kafka.security=ssl"}).values);
}

TEST(Keys, TheRulesDefaultsAreThoseOfTheRule) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded.values);
  EXPECT_EQ(rules::rule_set_hash(speed_limit_of(*loaded.values)), rules::rule_set_hash({}));
}

TEST(Keys, RefuseLimitsAndZonesOutOfRange) {
  const std::string outline = "zone.0.outline=[[47.1, 8.2], [47.1, 8.3], [47.2, 8.3]]";
  ASSERT_TRUE(load({"rules.speed_limit_kmh=5", "zone.0.id=z", "zone.0.limit_kmh=400", outline}).values);
  EXPECT_FALSE(load({"rules.speed_limit_kmh=4"}).values);
  EXPECT_FALSE(load({"rules.hysteresis_kmh=51"}).values);
  EXPECT_FALSE(load({"rules.gap=25h"}).values);
  EXPECT_FALSE(load({"zone.0.id=z z", "zone.0.limit_kmh=30", outline}).values);
  EXPECT_FALSE(load({"zone.0.id=z", "zone.0.limit_kmh=401", outline}).values);
  EXPECT_FALSE(load({"zone.0.id=z", "zone.0.limit_kmh=30"}).values) << "no outline";
}

TEST(Keys, EveryLogLevelIsOneOfTheLog) {
  for (const auto& level : log_level_option().one_of) EXPECT_TRUE(service::parse_log_level(level)) << level;
  EXPECT_FALSE(load({"log.level=loud"}).values);
}

}  // namespace
}  // namespace odograph::keys
