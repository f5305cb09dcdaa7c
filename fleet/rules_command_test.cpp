#include "fleet/rules_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "fleet/arrivals/arrivals.h"
#include "fleet/decode/lines.h"
#include "fleet/fences/fence_row.h"
#include "fleet/fences/geojson.h"
#include "fleet/process/drive.h"
#include "fleet/process/processor.h"
#include "fleet/rules_config.h"
#include "fleet/topics/topic_table.h"
#include "fleet/trips/read.h"
#include "fleet/trips/trip_message.h"
#include "fleet/watch/rules_module.h"

namespace odograph::fleet {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kRules =
    "[[rule]]\nkind = \"delay\"\n[[rule]]\nkind = \"at_risk\"\n[[rule]]\nkind = \"off_route\"\n";

// Forty kilometres north, planned for twice the speed that is driven.
constexpr const char* kTrip =
    R"({"trip_id":"t1","vehicle_id":"truck-17","revision":1,"start_time":"2010-04-03T12:00:00Z",)"
    R"("path":[[8.0,47.0],[8.0,47.36]],"stops":[)"
    R"({"stop_id":"a","sequence":1,"lat":47.18,"lon":8.0,"radius_m":60,"planned_arrival":"2010-04-03T12:07:30Z",)"
    R"("planned_departure":"2010-04-03T12:07:30Z","planned_dwell_s":0},)"
    R"({"stop_id":"b","sequence":2,"lat":47.36,"lon":8.0,"radius_m":60,"planned_arrival":"2010-04-03T12:15:00Z",)"
    R"("planned_departure":"2010-04-03T12:16:00Z","planned_dwell_s":60}]})";

kafka::Message message_at(int step) {
  model::Record record = process::record_at(step * 10, 80);
  // Three hundred metres beside the road for five minutes.
  if (step > 100 && step <= 130) record.position->lon_e7 += 40'000;
  return process::message_of(process::header_of("truck-17"), {record}, static_cast<std::uint32_t>(step + 1));
}

class RulesTryTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("odograph-rules-try-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    write("rules.toml", kRules);
    write("trips.jsonl", kTrip);
    std::string records;
    for (int step = 0; step < 200; ++step) {
      records += decode::lines_of(message_at(step), decode::Place::kLeftOut)->front() + '\n';
    }
    write("week.jsonl", records);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const char* name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  base::Status attempt(const char* trips, const char* fences = nullptr) {
    out_.str("");
    log_.str("");
    RulesTryCommand command{.rules = folder_ / "rules.toml", .records = folder_ / "week.jsonl"};
    if (trips != nullptr) command.trips = folder_ / trips;
    if (fences != nullptr) command.fences = folder_ / fences;
    command.format = watch::TrialFormat::kJson;
    return run_rules_try(command, out_, log_);
  }

  /// What the processor would have written to alerts-topic.
  std::string of_processor(const std::map<std::string, fences::FenceRow>& fences = {}) const {
    process::Processor processor({});
    processor.plug_in(arrivals::make_factory());
    processor.plug_in(std::make_unique<watch::RulesFactory>(load_rules(folder_ / "rules.toml")->book));
    for (const auto& [id, row] : fences) processor.on_shared_row({topics::kGeofences, id, fences::to_message(row)});
    const auto row = trips::to_message("truck-17", trips::read_trips(folder_ / "trips.jsonl")->trips);
    vehicle::Outcome outcome;
    processor.on_vehicle_row(0, {topics::kTrips, "truck-17", *row}, outcome);
    for (int step = 0; step < 200; ++step) processor.on_message(message_at(step), outcome);
    std::string lines;
    for (const vehicle::Output& output : outcome.outputs) {
      if (output.topic != topics::kAlerts) continue;
      kafka::Message message;
      message.topic = output.topic;
      message.key = output.key;
      message.value = *output.value;
      lines += decode::lines_of(message, decode::Place::kLeftOut)->front() + '\n';
    }
    return lines;
  }

  std::filesystem::path folder_;
  std::ostringstream out_;
  std::ostringstream log_;
};

TEST_F(RulesTryTest, SaysOfTripsWhatTheProcessorWouldHaveSaid) {
  ASSERT_TRUE(attempt("trips.jsonl").has_value());
  for (const char* rule : {R"("rule": "delay")", R"("rule": "off_route")"}) EXPECT_THAT(out_.str(), HasSubstr(rule));
  EXPECT_EQ(out_.str(), of_processor());
  EXPECT_THAT(log_.str(), Not(HasSubstr("not tried")));
}

TEST_F(RulesTryTest, WithoutTripsNamesTheRulesThatStaySilent) {
  ASSERT_TRUE(attempt(nullptr).has_value());
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(log_.str(), HasSubstr("not tried, for they need --trips: at_risk, delay, off_route\n"));
}

TEST_F(RulesTryTest, WithTripsOfOthersSaysNothing) {
  std::string trip = kTrip;
  trip.replace(trip.find("truck-17"), 8, "truck-18");
  write("trips.jsonl", trip);
  ASSERT_TRUE(attempt("trips.jsonl").has_value());
  EXPECT_EQ(out_.str(), "");
}

/// A circle of 500 m on the road from the tenth minute on, which moves at the 20th and ends at the 25th.
const char* const kFences =
    R"({"type":"FeatureCollection","features":[)"
    R"({"type":"Feature","properties":{"id":"gate","radius_m":500,"when":"inside",)"
    R"("valid_from":"2010-04-03T12:10:00Z"},)"
    R"("geometry":{"type":"Point","coordinates":[8,47.14]}},)"
    R"({"type":"Feature","properties":{"id":"gate","radius_m":500,"when":"inside",)"
    R"("valid_from":"2010-04-03T12:20:00Z"},)"
    R"("geometry":{"type":"Point","coordinates":[8,47.3]}},)"
    R"({"type":"Feature","properties":{"id":"gate","valid_from":"2010-04-03T12:25:20Z"},"geometry":null}]})";

TEST_F(RulesTryTest, SaysOfFencesWhatTheProcessorWouldHaveSaid) {
  write("fences.geojson", kFences);
  ASSERT_TRUE(attempt("trips.jsonl", "fences.geojson").has_value());
  EXPECT_THAT(out_.str(), HasSubstr(R"("reason": "RECOVERED")"));
  EXPECT_THAT(out_.str(), HasSubstr(R"("reason": "SUPERSEDED")"));
  std::map<std::string, fences::FenceRow> rows;
  const auto file = fences::parse_fences(kFences, "f");
  for (const fences::FencePut& one : file->fences) {
    rows[one.id].id = one.id;
    rows[one.id].versions.push_back({*one.valid_from, one.area, one.alert});
  }
  EXPECT_EQ(out_.str(), of_processor(rows));
}

TEST_F(RulesTryTest, RefusesFencesThatCannotBe) {
  EXPECT_FALSE(attempt(nullptr, "nowhere.geojson").has_value());
  write("fences.geojson", R"({"type":"Feature","properties":{"id":"a"},"geometry":7})");
  EXPECT_THAT(attempt(nullptr, "fences.geojson").error().what, HasSubstr("fences.geojson: feature 1 (a): geometry: 7"));
  std::string many = R"({"type":"FeatureCollection","features":[)";
  for (int i = 10; i < 31; ++i) {
    many += (i > 10 ? "," : "") +
            std::string(R"({"type":"Feature","geometry":null,"properties":{"id":"a","valid_from":)") +
            "\"2010-04-03T12:" + std::to_string(i) + ":00Z\"}}";
  }
  write("fences.geojson", many + "]}");
  EXPECT_THAT(attempt(nullptr, "fences.geojson").error().what, HasSubstr("fence a: versions: more than 20"));
}

TEST_F(RulesTryTest, RefusesTripsThatCannotBe) {
  EXPECT_FALSE(attempt("nowhere.jsonl").has_value());
  write("trips.jsonl", R"({"trip_id":"t1"})");
  const auto status = attempt("trips.jsonl");
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().what, HasSubstr("trips.jsonl:1: "));
  EXPECT_EQ(out_.str(), "");
  std::string many;
  for (std::size_t i = 0; i <= trips::kTripsOfVehicleMax; ++i) {
    std::string trip = kTrip;
    many += trip.replace(trip.find("t1"), 2, "t" + std::to_string(i)) + '\n';
  }
  write("trips.jsonl", many);
  const auto crowded = attempt("trips.jsonl");
  ASSERT_FALSE(crowded.has_value());
  EXPECT_THAT(crowded.error().what, HasSubstr("truck-17"));
}

}  // namespace
}  // namespace odograph::fleet
