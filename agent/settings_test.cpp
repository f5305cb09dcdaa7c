#include "agent/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/options.h"
#include "lib/config/load.h"
#include "lib/config/render.h"

namespace odograph::agent {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> kId = {"vehicle.id=t"};

base::Result<Settings> settings_of(std::vector<std::string> sets) {
  sets.emplace_back("vehicle.id=t");
  const auto loaded = config::load(options(Purpose::kRun), std::nullopt, sets);
  if (!loaded.values) return base::stop_error(loaded.problems.front());
  return settings(*loaded.values, track::Setting::kLive);
}

TEST(Options, TheExampleIsSoundAndIsTheDefaults) {
  const auto schema = options(Purpose::kRun);
  const auto example =
      config::load(schema, config::File{"example.toml", config::example(schema)}, {"source=[]", "zone=[]"});
  ASSERT_THAT(example.problems, IsEmpty());
  const auto defaults = config::load(schema, std::nullopt, kId);
  ASSERT_THAT(defaults.problems, IsEmpty());
  const auto differences = config::diff(*defaults.values, *example.values);
  EXPECT_THAT(differences.on_reload, IsEmpty());
  ASSERT_EQ(differences.needs_restart.size(), 1U);
  EXPECT_EQ(differences.needs_restart[0].key, "vehicle.id");
  EXPECT_TRUE(config::load(schema, config::File{"example.toml", config::example(schema)}, {}).values);
}

TEST(Options, AReplayNeedsNoConfiguration) {
  EXPECT_TRUE(config::load(options(Purpose::kReplay), std::nullopt, {}).values);
  EXPECT_FALSE(config::load(options(Purpose::kRun), std::nullopt, {}).values);
}

TEST(Settings, WithoutALimitTheVehicleWatchesNothing) {
  const auto made = settings_of({});
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->pipeline.speed_limit);
  EXPECT_EQ(made->producer.brokers, "127.0.0.1:9092");
  EXPECT_EQ(made->producer.security.protocol, kafka::Protocol::kPlaintext);
  EXPECT_EQ(made->outbox.commit_after[0], base::Millis{20});
}

TEST(Settings, HoldingIsForAVehicleThatAsksForIt) {
  EXPECT_FALSE(settings_of({})->outbox.hold);
  EXPECT_TRUE(settings_of({"storage.hold=true"})->outbox.hold);
  EXPECT_FALSE(settings_of({"storage.hold=perhaps"}));
  const auto replay = config::load(options(Purpose::kReplay), std::nullopt, {"storage.hold=true"});
  ASSERT_TRUE(replay.values);
  EXPECT_FALSE(settings(*replay.values, track::Setting::kReplay)->outbox.hold);
}

TEST(Settings, TheFlashLimitIsForAVehicleAlone) {
  const auto made = settings_of({"storage.flash_gb_per_year=7.5"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->outbox.flash_gb_per_year, 7.5);
  EXPECT_EQ(settings_of({})->outbox.flash_gb_per_year, 0);
  EXPECT_EQ(settings_of({})->outbox.file_system_bytes, outbox::kFileSystemBytes);
  EXPECT_EQ(settings_of({"storage.flash_file_system=0B"})->outbox.file_system_bytes, 0U);
  EXPECT_FALSE(settings_of({"storage.flash_file_system=2MiB"}));
  EXPECT_FALSE(settings_of({"storage.flash_gb_per_year=-1"}));
  EXPECT_FALSE(settings_of({"storage.flash_gb_per_year=much"}));
  const auto replay = config::load(options(Purpose::kReplay), std::nullopt, {"storage.flash_gb_per_year=7.5"});
  ASSERT_TRUE(replay.values);
  EXPECT_EQ(settings(*replay.values, track::Setting::kReplay)->outbox.flash_gb_per_year, 0);
}

TEST(Settings, TheDataLimitIsForAVehicleAlone) {
  const auto made = settings_of({"kafka.data_mb_per_month=100", "storage.directory=/data/here"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->data.limit_bytes, 100e6);
  EXPECT_EQ(made->data.file, "/data/here/data.account");
  EXPECT_EQ(made->producer.meter, made->data.meter) << "what is counted is what is sent";
  EXPECT_EQ(settings_of({})->data.limit_bytes, 0);
  EXPECT_FALSE(settings_of({})->data.file.empty()) << "an account is kept without a limit too";
  EXPECT_FALSE(settings_of({"kafka.data_mb_per_month=-1"}));
  EXPECT_FALSE(settings_of({"kafka.data_mb_per_month=some"}));
  const auto replay = config::load(options(Purpose::kReplay), std::nullopt, {"kafka.data_mb_per_month=100"});
  ASSERT_TRUE(replay.values);
  const auto replayed = settings(*replay.values, track::Setting::kReplay);
  EXPECT_EQ(replayed->data.limit_bytes, 0);
  EXPECT_EQ(replayed->data.file, "");
  EXPECT_NE(replayed->producer.meter, nullptr);
}

TEST(Settings, SpeedsAreRoundedDownToCmPerSecond) {
  const auto made =
      settings_of({"rules.speed_limit_kmh=120", "rules.hysteresis_kmh=3", "sampling.speed_change_kmh=10"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->pipeline.speed_limit->limit_cmps, 3333);
  EXPECT_EQ(made->pipeline.speed_limit->hysteresis_cmps, 83);
  EXPECT_EQ(made->pipeline.sample.speed_change_cmps, 277);
}

TEST(Settings, ZonesKeepTheirCorners) {
  const auto made = settings_of(
      {R"(zone.0.id=depot)", "zone.0.limit_kmh=30", "zone.0.outline=[[47.1, 8.2], [-47.1, 8.3], [47.2, -8.3]]"});
  ASSERT_TRUE(made) << made.error().what;
  ASSERT_EQ(made->pipeline.speed_limit->zones.size(), 1U);
  const auto& zone = made->pipeline.speed_limit->zones[0];
  EXPECT_EQ(zone.id, "depot");
  EXPECT_EQ(zone.limit_cmps, 833);
  EXPECT_EQ(zone.outline[1], (model::Position{-471'000'000, 83'000'000}));
  EXPECT_FALSE(made->pipeline.speed_limit->limit_cmps);
}

TEST(Settings, TakeTheKeysOfTheLink) {
  EXPECT_EQ(settings_of({"kafka.security=tls"})->producer.security.protocol, kafka::Protocol::kTls);
  // Without tls nobody looks at the files.
  const auto made = settings_of(
      {"kafka.ca_file=/ca", "kafka.cert_file=/cert", "kafka.key_file=/key", R"(kafka.brokers=["a:1", "b:2"])"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->producer.security.ca_file, "/ca");
  EXPECT_EQ(made->producer.security.cert_file, "/cert");
  EXPECT_EQ(made->producer.security.key_file, "/key");
  EXPECT_EQ(made->producer.brokers, "a:1,b:2");
}

TEST(Settings, AllHandlesOfAVehicleKnockAtOneGate) {
  const auto made = settings_of({"kafka.reconnect_backoff_max=2s", "kafka.answer_timeout=4s"});
  ASSERT_TRUE(made);
  ASSERT_TRUE(made->producer.gate);
  const kafka::ConnectGate::TimePoint now{std::chrono::hours{1}};
  ASSERT_TRUE(made->producer.gate->enter("a:1", now));
  made->producer.gate->leave("a:1", base::Millis{1}, kafka::Failure::kAnswered, now);
  EXPECT_FALSE(made->producer.gate->enter("a:1", now));
  EXPECT_TRUE(made->producer.gate->enter("a:1", now + base::Millis{4000}));
  EXPECT_EQ(made->producer.reconnect_backoff_max, base::Millis{1000}) << "how often the gate is asked";
  EXPECT_EQ(made->producer.answer_timeout, base::Millis{4000});
  EXPECT_EQ(made->uplink.watchdog, base::Millis{40'000});
  EXPECT_FALSE(settings_of({"kafka.answer_timeout=1s"}));
}

TEST(Settings, TellTheGateWithinWhatTimeToComeBackAfterASession) {
  const kafka::ConnectGate::TimePoint now{std::chrono::hours{1}};
  const auto wait = [&](std::vector<std::string> words) {
    const auto made = settings_of(std::move(words));
    EXPECT_TRUE(made);
    kafka::ConnectGate& gate = *made->producer.gate;
    EXPECT_TRUE(gate.enter("a:1", now));
    gate.connected("a:1");
    gate.leave("a:1", kafka::ConnectGate::kServes, kafka::Failure::kAnswered, now);
    return std::chrono::duration_cast<base::Millis>(gate.next_round().value_or(now) - now);
  };
  EXPECT_LE(wait({}), base::Millis{5'313}) << "5 s and a sixteenth";
  const base::Millis longer = wait({"kafka.reconnect_after_end=2min"});
  EXPECT_GT(longer, base::Millis{8'000}) << "this vehicle's place is not among the first";
  EXPECT_LE(longer, base::Millis{127'500});
}

TEST(Settings, RefuseWhatDoesNotGoTogether) {
  const struct {
    const char* name;
    std::vector<std::string> sets;
    const char* what;
  } cases[] = {
      {"HysteresisAboveTheLimit", {"rules.speed_limit_kmh=20", "rules.hysteresis_kmh=30"}, "rules.hysteresis_kmh: "},
      {"HysteresisAboveAZonesLimit",
       {"rules.hysteresis_kmh=30", "zone.0.id=z", "zone.0.limit_kmh=30", "zone.0.outline=[[1, 1], [1, 2], [2, 2]]"},
       "zone.0.limit_kmh: "},
      {"HdopGatesCrossed", {"track.hdop_warn=20", "track.hdop_bad=10"}, "track.hdop_bad: "},
      {"NoBroker", {"kafka.brokers=[]"}, "kafka.brokers: "},
      {"BrokerWithoutPort", {"kafka.brokers=[\"a\"]"}, "kafka.brokers[0]: "},
      {"ZoneOverTheDateLine",
       {"zone.0.id=z", "zone.0.limit_kmh=30", "zone.0.outline=[[1, 179], [1, -179], [2, -179]]"},
       "zone.0.outline: corner 1: "},
      {"ZoneOfTwoCorners",
       {"zone.0.id=z", "zone.0.limit_kmh=30", "zone.0.outline=[[1, 1], [1, 2]]"},
       "zone.0.outline: 2 corners"},
      {"SourceWithoutDevice", {"source.0.name=g", "source.0.driver=nmea", "source.0.device="}, "source.0.device: "},
      {"SourceOfAnotherScheme",
       {"source.0.name=g", "source.0.driver=nmea", "source.0.device=udp://1.2.3.4:9"},
       "source.0.device: \"udp://1.2.3.4:9\": expected a path or tcp://host:port"},
      {"SourceWithoutPort",
       {"source.0.name=g", "source.0.driver=nmea", "source.0.device=tcp://1.2.3.4"},
       "source.0.device: \"tcp://1.2.3.4\": expected tcp://host:port"},
      {"SourceWithAnOddRate",
       {"source.0.name=g", "source.0.driver=nmea", "source.0.device=/dev/ttyS0", "source.0.baud=5000"},
       "source.0.baud: 5000: expected one of 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600"},
      {"NowhereToKeepRecords", {"storage.directory="}, "storage.directory: expected a path, found the text \"\""},
      {"SocketThatNoUnixAddressHolds",
       {"status.socket=/run/" + std::string(103, 's')},
       "status.socket: expected a path of at most 107 bytes"},
      {"RestFasterThanDriving", {"sampling.interval=1h", "sampling.rest_interval=1s"}, "sampling.rest_interval: "},
      {"AuthoritiesMissing", {"kafka.security=tls", "kafka.ca_file=/nowhere"}, "kafka.ca_file: cannot read /nowhere"},
      {"LimitOutOfRange", {"rules.speed_limit_kmh=4"}, "rules.speed_limit_kmh"},
      {"SecurityUnknown", {"kafka.security=ssl"}, "kafka.security"},
  };
  for (const auto& row : cases) {
    const auto made = settings_of(row.sets);
    ASSERT_FALSE(made) << row.name;
    EXPECT_THAT(made.error().what, HasSubstr(row.what)) << row.name;
  }
}

}  // namespace
}  // namespace odograph::agent
