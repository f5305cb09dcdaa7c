#include "agent/config_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/console.h"

namespace odograph::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

config::Values values_of(std::vector<std::string> sets) {
  sets.emplace_back("vehicle.id=t");
  return *config::load(options(Purpose::kRun), std::nullopt, sets).values;
}

std::vector<std::string> source(std::size_t index) {
  const auto key = [&](const char* option) { return config::item_key("source", index, option); };
  const std::string name = "gps" + std::to_string(index);
  return {key("name=") + name, key("driver=nmea"), key("device=/dev/") + name};
}

std::vector<std::string> joined(std::vector<std::string> sets, const std::vector<std::string>& more) {
  sets.insert(sets.end(), more.begin(), more.end());
  return sets;
}

const std::vector<std::string> kZone = {"zone.0.id=z", "zone.0.limit_kmh=30",
                                        "zone.0.outline=[[1, 1], [1, 2], [2, 2]]"};

TEST(ConfigWords, SayWhatTheAgentWouldDo) {
  EXPECT_EQ(
      in_words(values_of({})),
      "t would read nothing, keep up to 256MiB in /var/lib/odograph, send to 127.0.0.1:9092 unencrypted and leave "
      "overspeed to the fleet's processor");
  auto five = source(0);
  for (std::size_t i = 1; i < 5; ++i) five = joined(five, source(i));
  const struct {
    const char* name;
    std::vector<std::string> sets;
    const char* told;
  } rows[] = {
      {"OneSource", source(0), "t would read gps0 (nmea, /dev/gps0), keep"},
      {"TwoSources", joined(source(0), source(1)), "read gps0 (nmea, /dev/gps0) and gps1 (nmea, /dev/gps1), keep"},
      {"ManySources", five, "read 5 sources, keep"},
      {"Tls", {"kafka.security=tls", R"(kafka.brokers=["a:1", "b:2"])"}, "send to a:1,b:2 over TLS and"},
      {"Limit", {"rules.speed_limit_kmh=80"}, "and watch a limit of 80 km/h"},
      {"Zone", kZone, "and watch the limits of 1 zone"},
      {"Both", joined({"rules.speed_limit_kmh=80"}, kZone), "and watch a limit of 80 km/h and those of 1 zone"},
  };
  for (const auto& row : rows) EXPECT_THAT(in_words(values_of(row.sets)), HasSubstr(row.told)) << row.name;
}

TEST(Doubts, TellOfAnAgentWithoutASource) {
  EXPECT_THAT(doubts(values_of({})), ElementsAre(HasSubstr("[[source]]")));
  EXPECT_THAT(doubts(values_of(source(0))), IsEmpty());
}

TEST(Doubts, TellOfARegionThatIsNotTheBrokers) {
  const std::vector<std::string> there = {"kafka.security=tls_iam",
                                          R"(kafka.brokers=["b-1.x.c2.kafka.eu-west-1.amazonaws.com:9098"])"};
  EXPECT_THAT(doubts(values_of(joined(source(0), joined(there, {"kafka.region=eu-north-1"})))),
              ElementsAre(HasSubstr("the region is set to eu-north-1, but")));
  EXPECT_THAT(doubts(values_of(joined(source(0), joined(there, {"kafka.region=eu-west-1"})))), IsEmpty());
}

}  // namespace
}  // namespace odograph::agent
