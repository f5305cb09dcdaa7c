#include "agent/collect/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace odograph::collect {
namespace {

using namespace std::chrono_literals;

constexpr base::UtcTime kStart{base::Millis{1'700'000'000'000}};

/// A drive at 1 Hz: one fix per speed, in km/h.
std::vector<model::Reading> drive(const std::vector<int>& speeds_kmh) {
  std::vector<model::Reading> readings;
  std::int32_t lat_e7 = 470'000'000;
  for (std::size_t i = 0; i < speeds_kmh.size(); ++i) {
    const auto since = std::chrono::seconds{i};
    const std::int32_t speed_mmps = speeds_kmh[i] * 10'000 / 36;
    lat_e7 += speed_mmps / 11;
    model::Fix fix;
    fix.time = kStart + since;
    fix.mode = model::FixMode::k3d;
    fix.position = model::Position{lat_e7, 80'000'000};
    fix.speed_mmps = speed_mmps;
    fix.course_cdeg = 0;
    fix.hdop_centi = 90;
    readings.emplace_back(base::BootTime{1s} + since, 100 * (i + 1), fix);
  }
  return readings;
}

PipelineConfig config(sample::Mode mode, std::optional<std::int32_t> limit_cmps) {
  PipelineConfig config;
  config.track.setting = track::Setting::kReplay;
  config.sample.mode = mode;
  if (limit_cmps) config.speed_limit = rules::SpeedLimitConfig{.limit_cmps = limit_cmps};
  return config;
}

struct Fed {
  explicit Fed(const PipelineConfig& pipeline_config) : pipeline(pipeline_config) {}
  Fed& feed(const std::vector<model::Reading>& readings) {
    for (const auto& reading : readings) {
      if (const auto anchor = pipeline.on_reading(reading, std::nullopt, made)) anchors.push_back(*anchor);
    }
    return *this;
  }
  std::vector<Made> in(model::Lane lane) const {
    std::vector<Made> found;
    std::copy_if(made.begin(), made.end(), std::back_inserter(found),
                 [&](const Made& one) { return one.lane == lane; });
    return found;
  }

  Pipeline pipeline;
  std::vector<Made> made;
  std::vector<track::Anchor> anchors;
};

std::vector<int> speeding() {
  std::vector<int> speeds(20, 70);
  speeds.insert(speeds.end(), 5, 100);
  speeds.insert(speeds.end(), 20, 65);
  return speeds;
}

TEST(Pipeline, KeepsEveryEpochWhenToldToAndAnchorsTheBootOnce) {
  Fed run(config(sample::Mode::kAll, std::nullopt));
  run.feed(drive(speeding()));
  EXPECT_EQ(run.made.size(), 45U);
  ASSERT_EQ(run.anchors.size(), 1U);
  EXPECT_EQ(base::UtcTime{base::Millis{1000} + run.anchors[0].offset}, kStart);
  EXPECT_EQ(run.made[10].record.utc, kStart + 10s);
  EXPECT_EQ(run.made[10].mark, (outbox::SourceMark{1100, 0}));
  EXPECT_TRUE(run.pipeline.last_fix());
}

TEST(Pipeline, TellsRuleEventsInTheAlertLaneWithoutTheFix) {
  Fed run(config(sample::Mode::kAll, 2222));
  run.feed(drive(speeding()));
  const auto alerts = run.in(model::Lane::kAlert);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0].record.event->phase, model::EventPhase::kStart);
  EXPECT_EQ(alerts[0].record.utc, kStart + 20s);
  EXPECT_EQ(alerts[1].record.event->phase, model::EventPhase::kEnd);
  EXPECT_EQ(*alerts[1].record.utc - alerts[1].record.event->start_ago, kStart + 20s);
  EXPECT_EQ(*alerts[1].record.utc - alerts[1].record.event->end_ago, kStart + 25s);
  for (const auto& alert : alerts) {
    EXPECT_FALSE(alert.record.position);
    EXPECT_TRUE(alert.record.event->position) << "where it was is told with the event";
    EXPECT_FALSE(alert.record.mode);
  }
  EXPECT_EQ(run.in(model::Lane::kBulk).size(), 45U);
}

TEST(Pipeline, LeadsBackToTheVeryStartThoughBytesArriveLate) {
  auto readings = drive(speeding());
  for (std::size_t i = 0; i < readings.size(); ++i) readings[i].received += base::Millis{static_cast<int>(i * 37 % 90)};
  Fed run(config(sample::Mode::kAll, 2222));
  run.feed(readings);
  const auto alerts = run.in(model::Lane::kAlert);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(*alerts[1].record.utc - alerts[1].record.event->start_ago, *alerts[0].record.utc);
}

TEST(Pipeline, KeepsTheFixAtWhichARuleSpokeWhateverTheSampler) {
  auto sampled = config(sample::Mode::kSampled, 2222);
  sampled.sample.time = 1h;
  sampled.sample.rest_time = 1h;
  sampled.sample.distance_m = 100'000;
  sampled.sample.speed_change_cmps = 100'000;
  Fed run(sampled);
  run.feed(drive(speeding()));
  const auto bulk = run.in(model::Lane::kBulk);
  ASSERT_EQ(bulk.size(), 3U);  // the first, the raise, the end
  EXPECT_EQ(bulk[1].record.utc, kStart + 20s);
  EXPECT_EQ(bulk[1].record.reason, model::reason::kEvent);
  EXPECT_FALSE(bulk[1].record.event) << "told once, in the alert lane";
}

TEST(Pipeline, MarksCountWithinTheLaneAndTheReading) {
  Fed run(config(sample::Mode::kAll, 2222));
  run.feed(drive({100, 100}));
  ASSERT_EQ(run.made.size(), 3U);
  EXPECT_EQ(run.made[0].lane, model::Lane::kAlert);
  EXPECT_EQ(run.made[0].mark, (outbox::SourceMark{100, 0}));
  EXPECT_EQ(run.made[1].lane, model::Lane::kBulk);
  EXPECT_EQ(run.made[1].mark, (outbox::SourceMark{100, 0}));
  EXPECT_EQ(run.made[2].mark, (outbox::SourceMark{200, 0}));
}

TEST(Pipeline, TheSameReadingsGiveTheSameRecords) {
  Fed a(config(sample::Mode::kSampled, 2222));
  Fed b(config(sample::Mode::kSampled, 2222));
  a.feed(drive(speeding()));
  b.feed(drive(speeding()));
  ASSERT_EQ(a.made.size(), b.made.size());
  for (std::size_t i = 0; i < a.made.size(); ++i) {
    EXPECT_EQ(a.made[i].record, b.made[i].record);
    EXPECT_EQ(a.made[i].mark, b.made[i].mark);
  }
}

TEST(Pipeline, TakesOverNewLimits) {
  Fed run(config(sample::Mode::kAll, std::nullopt));
  run.feed(drive(speeding()));
  EXPECT_TRUE(run.in(model::Lane::kAlert).empty());
  auto next = config(sample::Mode::kAll, 1000);
  run.pipeline.reconfigure(next.sample, next.speed_limit);
  auto more = drive(std::vector<int>(60, 70));
  run.feed({more.begin() + 50, more.end()});
  EXPECT_EQ(run.in(model::Lane::kAlert).size(), 1U);
}

TEST(Pipeline, TellsTheRuleSetUnderWhichARecordWasMade) {
  const auto first = config(sample::Mode::kAll, 1000);
  const auto second = config(sample::Mode::kAll, 1100);
  const auto readings = drive(std::vector<int>(9, 70));
  Fed run(first);
  run.feed({readings.begin(), readings.begin() + 3});
  run.pipeline.reconfigure(second.sample, second.speed_limit);
  run.feed({readings.begin() + 3, readings.begin() + 6});
  run.pipeline.reconfigure(second.sample, std::nullopt);
  run.feed({readings.begin() + 6, readings.end()});
  std::vector<std::uint64_t> told;
  for (const auto& made : run.in(model::Lane::kBulk)) told.push_back(made.rule_set);
  const auto a = rules::rule_set_hash(*first.speed_limit);
  const auto b = rules::rule_set_hash(*second.speed_limit);
  EXPECT_EQ(told, (std::vector<std::uint64_t>{a, a, a, b, b, b, 0, 0, 0}));
  const auto alerts = run.in(model::Lane::kAlert);
  ASSERT_EQ(alerts.size(), 2U) << "one under each of the two";
  EXPECT_EQ(alerts[0].rule_set, a);
  EXPECT_EQ(alerts[1].rule_set, b);
}

}  // namespace
}  // namespace odograph::collect
