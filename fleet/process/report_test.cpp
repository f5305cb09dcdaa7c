#include "fleet/process/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/process/drive.h"

namespace odograph::process {
namespace {

using testing::ElementsAre;

TEST(Report, SaysWhatTheRecordHoldsInUnitsOfDailyLife) {
  auto record = record_at(1.844, 50);
  record.n = 3;
  record.alt_cm = 41234;
  record.course_cdeg = 35999;
  record.hdop_centi = 85;
  record.satellites = 9;
  record.flags = model::flag::kBackstamped | model::flag::kWeekRepaired;
  record.reason = model::reason::kFirst | model::reason::kEvent | model::reason::kAll;
  record.signals = {{std::make_shared<model::SignalDef>(model::SignalDef{"coolant", "degC", 1}), -123}};
  const auto report = to_report(header_of("a"), record).report();
  EXPECT_EQ(report.vehicle_id(), "a");
  EXPECT_EQ(report.stream_id(), "0000000000000abc");
  EXPECT_EQ(report.lane(), odograph::VehicleReport::BULK);
  EXPECT_EQ(report.time().nanos(), 844'000'000);
  EXPECT_EQ(report.time_quality(), odograph::GNSS);
  EXPECT_FALSE(report.has_boot_time_ms());
  EXPECT_EQ(report.mode(), odograph::VehicleReport::FIX_3D);
  EXPECT_EQ(report.altitude_m(), 412.34);
  EXPECT_EQ(report.speed_mps(), 13.89);
  EXPECT_EQ(report.course_deg(), 359.99);
  EXPECT_EQ(report.hdop(), 0.85);
  EXPECT_EQ(report.satellites(), 9);
  EXPECT_THAT(report.flags(),
              ElementsAre(odograph::VehicleReport::BACKSTAMPED, odograph::VehicleReport::WEEK_REPAIRED));
  EXPECT_THAT(report.reason(), ElementsAre(odograph::VehicleReport::FIRST, odograph::VehicleReport::RULE_EVENT,
                                           odograph::VehicleReport::ALL));
  ASSERT_EQ(report.signals_size(), 1);
  EXPECT_EQ(report.signals(0).value(), -12.3);
  EXPECT_EQ(report.signals(0).unit(), "degC");
}

TEST(Report, LeavesOutWhatTheRecordDoesNotHold) {
  auto record = record_at(0, -1);
  record.utc.reset();
  record.time_quality = model::TimeQuality::kNone;
  record.boot_time = base::BootTime(base::Millis(5));
  record.flags = 1U << 31;  // Of a newer agent.
  const auto report = to_report(header_of("a"), record).report();
  EXPECT_FALSE(report.has_time());
  EXPECT_EQ(report.boot_time_ms(), 5);
  EXPECT_EQ(report.mode(), odograph::VehicleReport::NO_FIX);
  EXPECT_FALSE(report.has_position());
  EXPECT_FALSE(report.has_speed_mps());
  EXPECT_EQ(report.flags_size(), 0);
  EXPECT_FALSE(report.has_event());
  record.mode.reset();
  EXPECT_EQ(to_report(header_of("a"), record).report().mode(), odograph::VehicleReport::FIX_UNKNOWN);
}

TEST(Report, CarriesEventsBootsAndLosses) {
  auto record = record_at(60, 90);
  record.event = model::RuleEvent{.phase = model::EventPhase::kEnd,
                                  .severity = model::Severity::kMajor,
                                  .scope = "school",
                                  .start_ago = base::Millis(60'000),
                                  .end_ago = base::Millis(10'000),
                                  .peak_cmps = 3000};
  record.boot = model::BootReport{"0.1.0", 4, true, {1, 2, 3}};
  record.loss = model::LossReport{model::Lane::kBulk, 4, 5, 6, 2, model::LossReason::kThinned, {}, {}, 12};
  const auto report = to_report(header_of("a", model::Lane::kEvent), record).report();
  const auto noon = std::chrono::duration_cast<std::chrono::seconds>(kNoon.time_since_epoch()).count();
  EXPECT_EQ(report.event().kind(), odograph::RuleEvent::OVERSPEED);
  EXPECT_EQ(report.event().phase(), odograph::RuleEvent::END);
  EXPECT_EQ(report.event().severity(), odograph::MAJOR);
  EXPECT_EQ(report.event().start_time().seconds(), noon);
  EXPECT_EQ(report.event().end_time().seconds(), noon + 50);
  EXPECT_EQ(report.event().peak_mps(), 30.0);
  EXPECT_EQ(report.boot().previous_boot(), 4U);
  EXPECT_EQ(report.boot().previous_bulk_n(), 3U);
  EXPECT_EQ(report.loss().first_sequence(), (4ULL << 32) + 5);
  EXPECT_EQ(report.loss().reason(), odograph::LossReport::THINNED);
  EXPECT_EQ(report.loss().error_m(), 12);
  EXPECT_FALSE(report.loss().has_first_time() || report.loss().has_last_time()) << "nobody knows when";
}

TEST(Report, TellsTheTimesOfALossWhereTheyAreKnown) {
  auto record = record_at(60, 90);
  record.loss = model::LossReport{.first_ago = base::Millis(50'000), .last_ago = base::Millis(0)};
  const auto told = to_report(header_of("a", model::Lane::kEvent), record).report().loss();
  const auto noon = std::chrono::duration_cast<std::chrono::seconds>(kNoon.time_since_epoch()).count();
  EXPECT_EQ(told.first_time().seconds(), noon + 10);
  EXPECT_EQ(told.last_time().seconds(), noon + 60);
}

}  // namespace
}  // namespace odograph::process
