#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "agent/track/track.h"

namespace odograph::track {
namespace {

std::shared_ptr<const model::SignalDef> def(const std::string& name) {
  return std::make_shared<const model::SignalDef>(model::SignalDef{name, "rpm", 0});
}

base::BootTime boot(std::int64_t s) { return base::BootTime{std::chrono::seconds{s}}; }

TEST(TrackSignals, TheLatestValueGoesWithTheNextRecordOnly) {
  Track track(Config{});
  const auto rpm = def("engine_rpm");
  const auto fuel = def("fuel_level");
  track.on_signal({rpm, 800});
  track.on_signal({fuel, 51});
  track.on_signal({rpm, 900});
  track.on_signal({def("engine_rpm"), 950});  // the same signal from a driver that was opened anew
  model::Record record;
  track.attach_signals(record);
  ASSERT_EQ(record.signals.size(), 2U);
  EXPECT_EQ(record.signals[0].def->name, "engine_rpm");
  EXPECT_EQ(record.signals[0].mantissa, 950);
  EXPECT_EQ(record.signals[1].mantissa, 51);
  model::Record next;
  track.attach_signals(next);
  EXPECT_TRUE(next.signals.empty()) << "an old value is not a fresh one";
}

TEST(TrackSignals, AFixDoesNotTakeThemBeforeItIsKept) {
  Track track(Config{});
  track.on_signal({def("engine_rpm"), 800});
  EXPECT_TRUE(track.on_fix(boot(0), model::Fix{}, std::nullopt).record.signals.empty());
  model::Record kept;
  track.attach_signals(kept);
  EXPECT_EQ(kept.signals.size(), 1U);
}

TEST(TrackSignals, GetARecordOfTheirOwnWhereNoFixComes) {
  Config config;
  config.setting = Setting::kReplay;
  Track track(config);
  EXPECT_EQ(track.flush_signals(boot(1)), std::nullopt);
  track.on_signal({def("engine_rpm"), 800});
  const std::optional<model::Record> record = track.flush_signals(boot(2));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->boot_time, boot(2));
  EXPECT_EQ(record->flags, model::flag::kReplayed);
  EXPECT_EQ(record->utc, std::nullopt);
  EXPECT_EQ(record->mode, std::nullopt) << "no receiver told an epoch";
  EXPECT_EQ(record->signals.size(), 1U);
  EXPECT_EQ(track.flush_signals(boot(3)), std::nullopt);
}

TEST(TrackSignals, AreStampedOnceTheTimeIsTrusted) {
  Config config;
  config.setting = Setting::kReplay;
  Track track(config);
  const base::UtcTime start = *base::from_rfc3339("2010-04-03T11:22:25Z");
  for (std::int64_t s = 0; s < 3; ++s) {
    model::Fix fix;
    fix.time = start + std::chrono::seconds{s};
    fix.mode = model::FixMode::k2d;
    fix.position = model::Position{1, 1};
    track.on_fix(boot(s), fix, std::nullopt);
  }
  track.on_signal({def("engine_rpm"), 800});
  const std::optional<model::Record> record = track.flush_signals(boot(10));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->utc, start + std::chrono::seconds{10});
  EXPECT_EQ(record->time_quality, model::TimeQuality::kGnss);
}

TEST(TrackSignals, AreBounded) {
  Track track(Config{});
  for (std::size_t i = 0; i < kSignalsMax + 3; ++i) track.on_signal({def("s" + std::to_string(i)), 1});
  model::Record record;
  track.attach_signals(record);
  EXPECT_EQ(record.signals.size(), kSignalsMax);
  EXPECT_EQ(track.counters().signals_left_out, 3U);
}

}  // namespace
}  // namespace odograph::track
