#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "fleet/decode/json.h"
#include "fleet/decode/lines.h"
#include "fleet/decode/message_json.h"
#include "fleet/topics/topic_table.h"
#include "lib/wire/record_batch.h"
#include "proto/public/alert.pb.h"
#include "proto/public/arrivals.pb.h"
#include "proto/public/geofence.pb.h"
#include "proto/public/processed.pb.h"
#include "proto/public/trip.pb.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::decode {
namespace {

const base::UtcTime kTime = *base::from_rfc3339("2010-04-03T11:22:25.844Z");

TEST(Json, WritesDecimalsDigitByDigit) {
  const struct {
    std::int64_t mantissa;
    int decimals;
    const char* json;
  } rows[] = {{-123, 1, "-12.3"},
              {5, 3, "0.005"},
              {0, 0, "0"},
              {0, 2, "0.00"},
              {-5, 2, "-0.05"},
              {100, 2, "1.00"},
              {471234567, 7, "47.1234567"},
              {std::numeric_limits<std::int64_t>::min(), 9, "-9223372036.854775808"}};
  for (const auto& row : rows) EXPECT_EQ(json_decimal(row.mantissa, row.decimals), row.json);
}

TEST(Json, WritesTextAndNumbersThatOthersRead) {
  EXPECT_EQ(json_string("a \"b\"\n"), R"("a \"b\"\n")");
  EXPECT_EQ(json_string("\xff"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_number(22.22), "22.22");
  EXPECT_EQ(json_number(std::numeric_limits<double>::quiet_NaN()), "null");
}

model::Record full_record() {
  model::Record record;
  record.n = 3;
  record.utc = kTime;
  record.time_quality = model::TimeQuality::kGnss;
  record.flags = model::flag::kReplayed | model::flag::kJump;
  record.reason = model::reason::kAll;
  record.mode = model::FixMode::k3d;
  record.position = model::Position{471234567, -85432109};
  record.alt_cm = 41234;
  record.speed_cmps = 1389;
  record.course_cdeg = 900;
  record.hdop_centi = 85;
  record.satellites = 9;
  record.signals = {{std::make_shared<model::SignalDef>(model::SignalDef{"coolant", "degC", 1}), -123}};
  return record;
}

kafka::Message raw_message(const model::Record& record, model::Lane lane = model::Lane::kBulk) {
  kafka::Message message;
  message.topic = topics::kRawData;
  message.partition = 2;
  message.offset = 17;
  message.key = "truck-17";
  message.value = wire::encode({"truck-17", 0xabc, lane, 4, 0}, std::vector{record});
  return message;
}

std::string only_line(const kafka::Message& message, Place place = Place::kLeftOut) {
  const auto lines = lines_of(message, place);
  EXPECT_TRUE(lines);
  return lines && lines->size() == 1 ? lines->front() : "";
}

TEST(RawLines, SayAllThatTheRecordHolds) {
  EXPECT_EQ(only_line(raw_message(full_record())),
            R"({"vehicle_id": "truck-17", "stream_id": "0000000000000abc", "lane": "bulk", "boot": 4, "n": 3, )"
            R"("sequence": 17179869187, "time": "2010-04-03T11:22:25.844Z", "time_quality": "gnss", "mode": 3, )"
            R"("lat": 47.1234567, "lon": -8.5432109, "speed": 13.89, "track": 9.00, "altMSL": 412.34, "hdop": 0.85, )"
            R"("satellites": 9, "flags": ["replayed", "jump"], "reason": ["all"], "signals": {"coolant": -12.3}})");
}

TEST(RawLines, LeaveOutWhatTheRecordDoesNotHold) {
  model::Record record;
  record.n = 1;
  record.boot_time = base::BootTime(base::Millis(5));
  EXPECT_EQ(only_line(raw_message(record)),
            R"({"vehicle_id": "truck-17", "stream_id": "0000000000000abc", "lane": "bulk", "boot": 4, "n": 1, )"
            R"("sequence": 17179869185, "time_quality": "none", "boot_time_ms": 5, "flags": [], "reason": []})");
}

TEST(RawLines, CarryEventsBootsAndLosses) {
  auto record = full_record();
  record.event = model::RuleEvent{.phase = model::EventPhase::kEnd,
                                  .severity = model::Severity::kMajor,
                                  .end_reason = model::EndReason::kRecovered,
                                  .start_ago = base::Millis(60'844),
                                  .peak_cmps = 3000};
  record.boot = model::BootReport{"0.1.0", 3, true, {1, 2, 3}};
  record.loss = model::LossReport{model::Lane::kBulk, 3, 5, 6, 2, model::LossReason::kThinned, {}, {}, 12};
  const auto line = nlohmann::json::parse(only_line(raw_message(record, model::Lane::kEvent)));
  EXPECT_EQ(line["event"]["kind"], "overspeed");
  EXPECT_EQ(line["event"]["phase"], "end");
  EXPECT_EQ(line["event"]["start_time"], "2010-04-03T11:21:25.000Z");
  EXPECT_EQ(line["event"]["end_reason"], "recovered");
  EXPECT_EQ(line["event"]["peak"], 30.0);
  EXPECT_EQ(line["boot_report"]["previous_ends"]["bulk"], 3);
  EXPECT_EQ(line["loss"]["reason"], "thinned");
  EXPECT_EQ(line["loss"]["error_m"], 12);
  EXPECT_FALSE(line["loss"].contains("first_time") || line["loss"].contains("last_time")) << "nobody knows when";
}

TEST(RawLines, TellTheTimesOfALossWhereTheyAreKnown) {
  auto record = full_record();
  record.loss = model::LossReport{.first_ago = base::Millis(60'844), .last_ago = base::Millis(0)};
  const auto line = nlohmann::json::parse(only_line(raw_message(record, model::Lane::kEvent)));
  EXPECT_EQ(line["loss"]["first_time"], "2010-04-03T11:21:25.000Z");
  EXPECT_EQ(line["loss"]["last_time"], "2010-04-03T11:22:25.844Z");
}

TEST(RawLines, TheLiveLaneHasNoSequence) {
  auto record = full_record();
  record.n = 0;
  const auto line = nlohmann::json::parse(only_line(raw_message(record, model::Lane::kLive)));
  EXPECT_EQ(line["lane"], "live");
  EXPECT_FALSE(line.contains("sequence"));
  EXPECT_FALSE(line.contains("n"));
}

TEST(Lines, ShowTheirPlaceFirstWhenAsked) {
  EXPECT_THAT(only_line(raw_message(full_record()), Place::kShown),
              testing::StartsWith(R"({"topic": "raw-data-topic", "partition": 2, "offset": 17, "vehicle_id": )"));
  kafka::Message alert;
  alert.topic = topics::kAlerts;
  alert.timestamp_ms = 1270296100000;
  EXPECT_THAT(only_line(alert, Place::kShown),
              testing::StartsWith(R"({"topic": "alerts-topic", "partition": 0, "offset": 0, )"
                                  R"("timestamp": "2010-04-03T12:01:40.000Z", "alert_id": "")"));
}

TEST(Lines, OfAnAlertHaveTheNamesOfTheProto) {
  odograph::Alert alert;
  alert.set_alert_id("9d9b115c-8c5c-5daf-80ad-ae4d3547efe0");
  alert.set_revision(2);
  alert.set_state(odograph::Alert::CLEARED);
  alert.set_vehicle_id("truck-17");
  alert.set_rule("overspeed");
  alert.set_severity(odograph::WARNING);
  alert.mutable_start_time()->set_seconds(1270293745);
  alert.mutable_start_time()->set_nanos(844'000'000);
  alert.set_unit("m/s");
  alert.set_limit(22.22);
  alert.mutable_position()->set_lat(47.1234567);
  alert.set_reason(odograph::Alert::RECOVERED);
  kafka::Message message;
  message.topic = topics::kAlerts;
  message.value = alert.SerializeAsString();
  EXPECT_EQ(only_line(message),
            R"({"alert_id": "9d9b115c-8c5c-5daf-80ad-ae4d3547efe0", "revision": 2, "state": "CLEARED", )"
            R"("vehicle_id": "truck-17", "rule": "overspeed", "scope": "", "severity": "WARNING", )"
            R"("start_time": "2010-04-03T11:22:25.844Z", "unit": "m/s", "limit": 22.22, "value": 0, "peak": 0, )"
            R"("position": {"lat": 47.1234567, "lon": 0}, "reason": "RECOVERED", "flapping": false})");
}

TEST(Lines, OfAReportHaveNumbersAndLists) {
  odograph::ProcessedRecord processed;
  processed.set_id("x");
  auto& report = *processed.mutable_report();
  report.set_sequence(17179869187);
  report.add_flags(odograph::VehicleReport::JUMP);
  report.add_flags(static_cast<odograph::VehicleReport::Flag>(99));
  report.set_satellites(0);
  kafka::Message message;
  message.topic = topics::kProcessedData;
  message.value = processed.SerializeAsString();
  const auto line = nlohmann::json::parse(only_line(message));
  EXPECT_EQ(line["report"]["sequence"], 17179869187);
  EXPECT_EQ(line["report"]["flags"], nlohmann::json::parse(R"(["JUMP", 99])"));
  EXPECT_EQ(line["report"]["satellites"], 0);
  EXPECT_FALSE(line["report"].contains("speed_mps"));
  EXPECT_FALSE(line["report"].contains("lane"));
  EXPECT_FALSE(line.contains("stop_event"));
}

TEST(Lines, OfADeadLetterTellWhy) {
  kafka::Message message;
  message.topic = topics::kDeadLetter;
  message.key = "truck-17";
  message.value = "noise";
  message.headers = {{"reason", "not a sound message"},
                     {"source_topic", "raw-data-topic"},
                     {"source_partition", "2"},
                     {"source_offset", "x"}};
  EXPECT_EQ(only_line(message),
            R"({"key": "truck-17", "reason": "not a sound message", "source_topic": "raw-data-topic", )"
            R"("source_partition": 2, "source_offset": "x", "bytes": 5})");
}

TEST(Lines, OfATombstoneTellItsKey) {
  kafka::Message message;
  message.topic = topics::kProcessedData;
  message.key = "truck-17";
  message.tombstone = true;
  EXPECT_EQ(only_line(message), R"({"key": "truck-17", "deleted": true})");
}

TEST(Lines, OfTripsAndOfWhatWasLearntSayWhose) {
  odograph::VehicleTrips trips;
  trips.set_vehicle_id("van");
  trips.add_trips()->set_trip_id("t1");
  kafka::Message message;
  message.topic = topics::kTrips;
  message.key = "van";
  message.value = trips.SerializeAsString();
  const auto of_van = lines_of(message, Place::kLeftOut);
  ASSERT_TRUE(of_van.has_value()) << of_van.error().what;
  EXPECT_EQ(nlohmann::json::parse(of_van->at(0))["trips"][0]["trip_id"], "t1");

  odograph::SegmentProfile slot;
  slot.mutable_slot()->set_slot(33);
  message.topic = topics::kSegmentProfile;
  message.key = "2/slot/33";
  message.value = slot.SerializeAsString();
  const auto of_slot = lines_of(message, Place::kShown);
  ASSERT_TRUE(of_slot.has_value()) << of_slot.error().what;
  const auto line = nlohmann::json::parse(of_slot->at(0));
  EXPECT_EQ(line["key"], "2/slot/33");
  EXPECT_EQ(line["topic"], "segment-profile-topic");
  EXPECT_EQ(line["slot"]["slot"], 33);
}

TEST(Lines, RefuseWhatIsNotTheirs) {
  kafka::Message noise;
  noise.value = "\xff\xff\xff";
  for (const char* topic : {topics::kRawData, topics::kProcessedData, topics::kAlerts, topics::kGeofences}) {
    noise.topic = topic;
    const auto lines = lines_of(noise, Place::kLeftOut);
    ASSERT_FALSE(lines) << topic;
    EXPECT_EQ(lines.error().action, base::Action::kDrop) << topic;
  }
  noise.topic = "geofence-topic";
  const auto lines = lines_of(noise, Place::kLeftOut);
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().action, base::Action::kStop);
}

TEST(Lines, AreThereForEveryTopicOfTheTable) {
  for (const auto& spec : topics::topic_table(topics::kDevelopment))
    EXPECT_TRUE(check_readable(spec.name)) << spec.name;
  kafka::Message fence;
  fence.topic = topics::kVehicles;
  fence.key = "depot";
  fence.value = "anything";
  EXPECT_EQ(only_line(fence), R"({"key": "depot", "bytes": 8})");
}

TEST(Lines, AreThereForAVehiclesOwnTopic) {
  for (const char* own : {"raw-data-truck-1-topic", "raw-data-t-topic"}) EXPECT_TRUE(check_readable(own)) << own;
  for (const char* other :
       {"raw-data--topic", "raw-data-truck-1", "raw-data-topic-1", "my-raw-data-truck-1-topic", ""}) {
    const auto readable = check_readable(other);
    ASSERT_FALSE(readable) << other;
    EXPECT_NE(readable.error().what.find(", dead-letter-topic, raw-data-THING-topic"), std::string::npos);
  }
  kafka::Message noise;
  noise.topic = "raw-data-truck-1-topic";
  noise.value = "no";
  const auto lines = lines_of(noise, Place::kLeftOut);
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().action, base::Action::kDrop) << "read as raw data is";
}

TEST(LinesOf, SaysNothingTwice) {
  // A message's own members stand behind its place, and a reader of JSON takes one of two with the same name.
  for (const google::protobuf::Descriptor* kind :
       {odograph::Alert::descriptor(), odograph::ProcessedRecord::descriptor(), odograph::SegmentProfile::descriptor(),
        odograph::VehicleState::descriptor(), odograph::VehicleTrips::descriptor(), odograph::Geofence::descriptor()}) {
    for (const char* taken : {"topic", "partition", "offset", "timestamp", "key"}) {
      EXPECT_EQ(kind->FindFieldByName(taken), nullptr) << kind->full_name() << '.' << taken;
    }
  }
}

}  // namespace
}  // namespace odograph::decode
