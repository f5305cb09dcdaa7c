#include "fleet/fleet_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/load.h"
#include "lib/config/render.h"
#include "lib/keys/link.h"
#include "lib/rules/speed_limit.h"

namespace odograph::fleet {
namespace {

using testing::HasSubstr;

base::Result<ProcessSettings> settings_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  const auto loaded = config::load(schema(), config::File{"fleet.toml", text}, sets);
  if (!loaded.values) return base::stop_error(loaded.problems.front());
  return process_settings(*loaded.values);
}

TEST(FleetConfig, DefaultsAreThoseOfTheDesign) {
  const auto settings = settings_of("# All defaults.\n");
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->connect.group, "odograph-process");
  EXPECT_EQ(settings->connect.brokers, "127.0.0.1:9092");
  EXPECT_EQ(settings->pipeline.commit_interval, base::Millis(500));
  EXPECT_EQ(settings->pipeline.processor.vehicles_max, 1'000'000U);
  const rules::SpeedLimitConfig& rules = settings->pipeline.processor.rules;
  rules::SpeedLimitConfig expected;
  expected.limit_cmps = 2222;
  EXPECT_EQ(rules::rule_set_hash(rules), rules::rule_set_hash(expected));
  EXPECT_FALSE(settings->status_socket);
  EXPECT_FALSE(settings->metrics_port);
}

TEST(FleetConfig, GuardsOverspeedAgainstFlapping) {
  const alerts::OverspeedGuard usual = settings_of("# All defaults.\n")->pipeline.processor.guard;
  EXPECT_EQ(usual.reopen, base::Millis(0));
  EXPECT_EQ(usual.flap_cycles, 3U);
  EXPECT_EQ(usual.flap_window, std::chrono::minutes(10));
  EXPECT_EQ(usual.flap_stable, std::chrono::minutes(10));
  const alerts::OverspeedGuard own =
      settings_of("[rules]\nreopen = \"1s\"\nflap_cycles = 0\nflap_window = \"2s\"\nflap_stable = \"3s\"\n")
          ->pipeline.processor.guard;
  EXPECT_EQ(own.reopen, std::chrono::seconds(1));
  EXPECT_EQ(own.flap_cycles, 0U);
  EXPECT_EQ(own.flap_window, std::chrono::seconds(2));
  EXPECT_EQ(own.flap_stable, std::chrono::seconds(3));
}

TEST(FleetConfig, FollowsTripsUnlessItIsToldNotTo) {
  const auto settings = settings_of("# All defaults.\n");
  EXPECT_TRUE(settings->arrivals);
  EXPECT_THAT(settings->pipeline.tables.of_vehicles, testing::ElementsAre("trips-topic"));
  EXPECT_THAT(settings->pipeline.tables.shared, testing::Contains("segment-profile-topic"));
  const auto without = settings_of("[arrivals]\nenabled = false\n");
  EXPECT_FALSE(without->arrivals);
  EXPECT_THAT(without->pipeline.tables.of_vehicles, testing::IsEmpty());
  EXPECT_THAT(without->pipeline.tables.shared, testing::Not(testing::Contains("segment-profile-topic")));
  EXPECT_THAT(settings_of("[arrivals]\nenabled = 7\n").error().what, HasSubstr("arrivals.enabled"));
}

TEST(FleetConfig, ReadsFencesUnlessItIsToldNotTo) {
  const auto settings = settings_of("# All defaults.\n");
  EXPECT_TRUE(settings->fences);
  EXPECT_THAT(settings->pipeline.tables.shared, testing::Contains("geofences-topic"));
  const auto without = settings_of("[tables]\nfences = false\n");
  EXPECT_FALSE(without->fences);
  EXPECT_THAT(without->pipeline.tables.shared, testing::ElementsAre("segment-profile-topic"));
  EXPECT_THAT(settings_of("[tables]\nfences = \"no\"\n").error().what, HasSubstr("tables.fences"));
}

TEST(FleetConfig, BeginsWhereItIsTold) {
  EXPECT_EQ(settings_of("# All defaults.\n")->pipeline.begin, process::Begin::kEarliest);
  EXPECT_EQ(settings_of("# None.\n", {"kafka.group_begin=latest"})->pipeline.begin, process::Begin::kLatest);
  EXPECT_THAT(settings_of("# None.\n", {"kafka.group_begin=end"}).error().what,
              HasSubstr("kafka.group_begin: expected"));
  EXPECT_THAT(settings_of("# None.\n", {"kafka.offset_reset=latest"}).error().what, HasSubstr("kafka.group_begin"));
}

TEST(FleetConfig, PacksReportsWhereItIsTold) {
  EXPECT_EQ(settings_of("# None.\n")->pipeline.processor.reports, process::ReportForm::kSingle);
  EXPECT_EQ(settings_of("# None.\n", {"process.reports=packed"})->pipeline.processor.reports,
            process::ReportForm::kPacked);
  EXPECT_THAT(settings_of("# None.\n", {"process.reports=batched"}).error().what,
              HasSubstr("process.reports: expected"));
}

TEST(FleetConfig, KeepsWhatItKnowsUnlessItOnlyLooksOn) {
  EXPECT_EQ(settings_of("# None.\n")->pipeline.memory, process::Memory::kKept);
  EXPECT_EQ(settings_of("# None.\n", {"process.memory=process"})->pipeline.memory, process::Memory::kProcess);
  EXPECT_THAT(settings_of("# None.\n", {"process.memory=none"}).error().what, HasSubstr("process.memory: expected"));
}

TEST(FleetConfig, TakesRulesZonesAndVehicles) {
  const auto settings = settings_of(
      "[rules]\nspeed_limit_kmh = 120\naccuracy_gate = false\n"
      "[[zone]]\nid = \"school\"\nlimit_kmh = 30\noutline = [[47.1, 8.2], [47.1, 8.3], [47.2000001, -8.3]]\n"
      "[[vehicle]]\nid = \"truck-17\"\nspeed_limit_kmh = 90\n"
      "[metrics]\nenabled = true\n",
      {"status.socket=/tmp/x.sock", "kafka.security=tls"});
  ASSERT_TRUE(settings) << settings.error().what;
  const auto& processor = settings->pipeline.processor;
  EXPECT_EQ(processor.rules.limit_cmps, 3333);
  EXPECT_FALSE(processor.rules.accuracy_gate);
  ASSERT_EQ(processor.rules.zones.size(), 1U);
  EXPECT_EQ(processor.rules.zones[0].limit_cmps, 833);
  EXPECT_EQ(processor.rules.zones[0].outline[2], (model::Position{472000001, -83000000}));
  EXPECT_EQ(processor.limits_cmps.at("truck-17"), 2500);
  EXPECT_EQ(settings->metrics_port, 9465);
  EXPECT_EQ(settings->status_socket, "/tmp/x.sock");
  EXPECT_EQ(settings->connect.security.protocol, kafka::Protocol::kTls);
}

TEST(FleetConfig, WritesForCloudWatchOnlyWhereItIsTold) {
  EXPECT_FALSE(settings_of("# All defaults.\n")->emf);
  const auto out = settings_of("# All defaults.\n", {"metrics.emf=stdout"});
  ASSERT_TRUE(out && out->emf);
  EXPECT_FALSE(out->emf->file);
  EXPECT_EQ(out->emf->interval, base::Millis(60'000));
  EXPECT_EQ(out->emf->name_space, "Odograph");
  const auto file = settings_of("# All defaults.\n",
                                {"metrics.emf=/tmp/m.json", "metrics.emf_interval=5s", "metrics.emf_namespace=X"});
  ASSERT_TRUE(file && file->emf);
  EXPECT_EQ(file->emf->file, "/tmp/m.json");
  EXPECT_EQ(file->emf->name_space, "X");
  EXPECT_FALSE(settings_of("# All defaults.\n", {"metrics.emf=stdout", "metrics.emf_interval=0s"}));
}

TEST(FleetConfig, RefusesWhatMakesNoSense) {
  const struct {
    const char* name;
    const char* text;
    const char* says;
  } rows[] = {
      {"UnknownKey", "[rules]\nspeed_limit = 80\n", "speed_limit_kmh"},
      {"LimitTooHigh", "[rules]\nspeed_limit_kmh = 500\n", "from 5 to 400 km/h"},
      {"HysteresisAboveTheLimit", "[rules]\nspeed_limit_kmh = 5\nhysteresis_kmh = 6\n", "hysteresis"},
      {"HysteresisAboveAVehiclesLimit", "[rules]\nhysteresis_kmh = 20\n[[vehicle]]\nid = \"a\"\nspeed_limit_kmh = 10\n",
       "fleet.toml:5:1: vehicle.0.speed_limit_kmh: "},
      {"TwoCorners", "[[zone]]\nid = \"z\"\nlimit_kmh = 30\noutline = [[1, 2], [3, 4]]\n", "corner"},
      {"ZoneTwice", "[[vehicle]]\nid = \"a\"\nspeed_limit_kmh = 10\n[[vehicle]]\nid = \"a\"\nspeed_limit_kmh = 20\n",
       "a"},
      {"BrokerWithoutPort", "[kafka]\nbrokers = [\"kafka-1\"]\n", "kafka.brokers[0]: expected \"host:port\""},
      {"NoBroker", "[kafka]\nbrokers = []\n", "kafka.brokers: expected a list of \"host:port\", at least 1"},
      {"ImpossibleVehicle", "[[vehicle]]\nid = \"a b\"\nspeed_limit_kmh = 10\n", "1 to 64"},
  };
  for (const auto& row : rows) {
    const auto settings = settings_of(row.text);
    ASSERT_FALSE(settings) << row.name;
    EXPECT_EQ(settings.error().action, base::Action::kStop) << row.name;
    EXPECT_THAT(settings.error().what, HasSubstr(row.says)) << row.name;
  }
}

TEST(FleetConfig, BrokersOfTheCommandLineWin) {
  const auto values = load_config({.file = std::nullopt, .overrides = {}, .brokers = "a:1,b:2"});
  ASSERT_TRUE(values) << values.error().what;
  EXPECT_EQ(keys::brokers_of(*values), "a:1,b:2");
  EXPECT_FALSE(load_config({.file = std::nullopt, .overrides = {}, .brokers = "a:1,b"})) << "no port";
  EXPECT_FALSE(load_config({.file = "/does/not/exist", .overrides = {}, .brokers = ""}));
}

TEST(FleetConfig, TheExampleIsSound) { EXPECT_TRUE(settings_of(config::example(schema()))); }

}  // namespace
}  // namespace odograph::fleet
