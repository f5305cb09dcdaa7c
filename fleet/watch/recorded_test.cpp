#include "fleet/watch/recorded.h"

#include <gtest/gtest.h>

#include "fleet/decode/lines.h"
#include "lib/kafka/consumer.h"
#include "lib/wire/record_batch.h"

namespace odograph::watch {
namespace {

model::Record drive_record() {
  model::Record record;
  record.n = 5;
  record.utc = base::from_rfc3339("2010-04-03T12:00:00.250Z");
  record.time_quality = model::TimeQuality::kGnss;
  record.mode = model::FixMode::k3d;
  record.position = model::Position{-471'234'567, 85'432'109};
  record.speed_cmps = 1'387;
  record.course_cdeg = 35'999;
  record.satellites = 9;
  record.flags = model::flag::kJump | model::flag::kHdopBad;
  const auto def = std::make_shared<const model::SignalDef>(model::SignalDef{"cargo", "degC", 1});
  record.signals = {{def, -183}};
  return record;
}

TEST(ParseRecorded, ReadsWhatDecodePrints) {
  const wire::BatchHeader header{.vehicle_id = "truck-17", .stream_id = 0xabc, .lane = model::Lane::kBulk, .boot = 3};
  const model::Record record = drive_record();
  kafka::Message message;
  message.topic = "raw-data-topic";
  message.key = header.vehicle_id;
  message.value = wire::encode(header, std::vector{record});
  const auto lines = decode::lines_of(message, decode::Place::kShown);
  ASSERT_TRUE(lines.has_value());
  const auto recorded = parse_recorded(lines->front());
  ASSERT_TRUE(recorded.has_value()) << recorded.error().what;
  ASSERT_TRUE(recorded->has_value());
  const Recorded& one = **recorded;
  EXPECT_EQ(one.vehicle_id, "truck-17");
  EXPECT_EQ(one.stream_id, "0000000000000abc");
  EXPECT_EQ(one.boot, 3U);
  EXPECT_EQ(one.record.n, 5U);
  EXPECT_EQ(one.record.utc, record.utc);
  EXPECT_EQ(one.record.position, record.position);
  EXPECT_EQ(one.record.speed_cmps, record.speed_cmps);
  EXPECT_EQ(one.record.course_cdeg, record.course_cdeg);
  EXPECT_EQ(one.record.satellites, record.satellites);
  EXPECT_EQ(one.record.mode, record.mode);
  EXPECT_EQ(one.record.flags, record.flags);
  ASSERT_EQ(one.record.signals.size(), 1U);
  EXPECT_EQ(one.record.signals[0].def->name, "cargo");
  EXPECT_EQ(one.record.signals[0].mantissa, -18'300'000);
  EXPECT_EQ(one.record.signals[0].def->decimals, 6);
}

struct LineCase {
  const char* name;
  const char* line;
  const char* problem;  ///< Null: nothing for rules; else what the refusal says.
};

const LineCase kLines[] = {
    {"AnotherLane", R"({"vehicle_id":"a","lane":"event","time":"2010-04-03T12:00:00Z"})", nullptr},
    {"APreview", R"({"vehicle_id":"a","lane":"live","time":"2010-04-03T12:00:00Z"})", nullptr},
    {"NoTime", R"({"vehicle_id":"a","lane":"bulk","boot_time_ms":5})", nullptr},
    {"NoJson", "vehicle_id,lane", "expected a JSON object"},
    {"AnArray", "[]", "expected a JSON object"},
    {"CutOff", R"({"vehicle_id":"a","lane":"bu)", "expected a JSON object"},
    {"NoVehicle", R"({"lane":"bulk"})", "vehicle_id: missing, or no vehicle's"},
    {"NoVehiclesName", R"({"vehicle_id":"a b","lane":"bulk"})", "vehicle_id: missing, or no vehicle's"},
    {"AnotherTopic", R"({"vehicle_id":"a","alert_id":"x"})",
     "lane: missing; expected lines of `odograph-fleet decode --topic raw-data-topic`"},
    {"TimeThatIsNone", R"({"vehicle_id":"a","lane":"bulk","time":"noon"})", "time: expected RFC 3339"},
    {"LatitudeOffThePlanet", R"({"vehicle_id":"a","lane":"bulk","lat":91,"lon":8})", "lat: expected a number"},
    {"SpeedAsText", R"({"vehicle_id":"a","lane":"bulk","speed":"fast"})", "speed: expected a number"},
    {"ModeZero", R"({"vehicle_id":"a","lane":"bulk","mode":0})", "mode: expected 1 to 3"},
    {"SignalAsText", R"({"vehicle_id":"a","lane":"bulk","signals":{"x":"y"}})", "signals: expected numbers"},
    {"SignalsAsList", R"({"vehicle_id":"a","lane":"bulk","signals":[1]})", "signals: expected an object"},
};

TEST(ParseRecorded, LeavesOutAndRefuses) {
  for (const LineCase& row : kLines) {
    const auto recorded = parse_recorded(row.line);
    ASSERT_EQ(recorded.has_value(), row.problem == nullptr) << row.name;
    if (recorded) {
      EXPECT_FALSE(recorded->has_value()) << row.name;
    } else {
      EXPECT_EQ(recorded.error().what, row.problem) << row.name;
      EXPECT_EQ(recorded.error().action, base::Action::kDrop) << row.name;
    }
  }
}

}  // namespace
}  // namespace odograph::watch
