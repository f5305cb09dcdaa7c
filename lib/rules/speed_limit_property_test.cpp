#include <gtest/gtest.h>

#include <map>
#include <random>

#include "lib/rules/speed_limit.h"

namespace odograph::rules {
namespace {

struct Sample {
  EventTime time;
  model::Record record;
};

struct Told {
  EventTime time;
  model::RuleEvent event;
  friend bool operator==(const Told&, const Told&) = default;
};

// Own arithmetic on the generator's bits: the distributions of the standard library differ between libraries.
std::int32_t up_to(std::mt19937& random, std::int32_t last) {
  return static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(last + 1));
}

SpeedLimitConfig random_config(std::mt19937& random) {
  SpeedLimitConfig config;
  if (up_to(random, 3) != 0) config.limit_cmps = 1000 + up_to(random, 200);
  for (std::int32_t i = up_to(random, 3); i > 0; --i) {
    const std::int32_t west = up_to(random, 60);
    const std::int32_t limit_cmps = 900 + up_to(random, 200);
    config.zones.push_back({"zone" + std::to_string(i), limit_cmps, {{0, west}, {0, west + 40}, {90, west + 9}}});
  }
  config.hysteresis_cmps = up_to(random, 80);
  config.min_duration = base::Millis{up_to(random, 1) * up_to(random, 5000)};
  config.clear_duration = base::Millis{up_to(random, 8000)};
  config.update_interval = base::Millis{up_to(random, 20'000)};
  config.gap = base::Millis{1 + up_to(random, 10'000)};
  return config;
}

std::vector<Sample> random_drive(std::mt19937& random) {
  std::vector<Sample> drive;
  EventTime time{base::Millis{100'000}};
  std::int32_t speed_cmps = 900;
  std::int32_t lon_e7 = 50;
  for (int i = 0; i < 400; ++i) {
    time += base::Millis{1 + up_to(random, up_to(random, 20) == 0 ? 20'000 : 1500)};
    speed_cmps = std::max(0, speed_cmps + up_to(random, 160) - 80);
    lon_e7 += up_to(random, 10) - 5;
    Sample sample{time, {}};
    sample.record.speed_cmps = speed_cmps;
    sample.record.position = model::Position{up_to(random, 30), lon_e7};
    drive.push_back(std::move(sample));
  }
  return drive;
}

/// A record that must leave no trace at this point of the drive.
Sample nothing(std::mt19937& random, const Sample& newest) {
  Sample sample{newest.time + base::Millis{up_to(random, 100'000)}, newest.record};
  sample.record.speed_cmps = up_to(random, 5000);
  switch (up_to(random, 3)) {
    case 0: sample.record.position.reset(); break;
    case 1: sample.record.speed_cmps.reset(); break;
    case 2: sample.record.flags = model::flag::kHdopBad; break;
    default: sample.time = newest.time - base::Millis{up_to(random, 20'000)}; break;
  }
  return sample;
}

std::vector<Told> run(SpeedLimit rule, const std::vector<Sample>& drive) {
  std::vector<Told> told;
  for (const Sample& sample : drive) {
    for (const model::RuleEvent& event : rule.on_record(sample.time, sample.record)) {
      told.push_back({sample.time, event});
    }
  }
  return told;
}

void expect_alternating(const std::vector<Told>& told) {
  std::map<std::string, Told> open;
  for (const Told& now : told) {
    const auto before = open.find(now.event.scope);
    const bool starts = now.event.phase == model::EventPhase::kStart;
    ASSERT_EQ(before == open.end(), starts) << "an episode starts exactly where none is open";
    EXPECT_GE(now.event.start_ago, now.event.peak_ago);
    EXPECT_GE(now.event.start_ago, now.event.end_ago);
    EXPECT_GT(now.event.peak_cmps, now.event.limit_cmps);
    if (!starts) {
      EXPECT_EQ(now.time - now.event.start_ago, before->second.time - before->second.event.start_ago);
      EXPECT_GE(now.event.peak_cmps, before->second.event.peak_cmps);
      EXPECT_GE(now.event.severity, before->second.event.severity);
    }
    if (now.event.phase == model::EventPhase::kEnd) {
      open.erase(before);
    } else {
      open[now.event.scope] = now;
      EXPECT_EQ(open.size(), 1U) << "only one scope at a time";
    }
  }
}

TEST(SpeedLimitProperty, EpisodesAlternateAndOnlyUsableRecordsCount) {
  std::size_t starts = 0;
  std::size_t updates = 0;
  std::size_t ends = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const SpeedLimitConfig config = random_config(random);
    ASSERT_TRUE(validate(config).has_value());
    const std::vector<Sample> drive = random_drive(random);
    const std::vector<Told> told = run(SpeedLimit(config), drive);
    expect_alternating(told);
    EXPECT_EQ(run(SpeedLimit(config), drive), told);

    std::vector<Sample> disturbed;
    for (const Sample& sample : drive) {
      disturbed.push_back(sample);
      while (up_to(random, 2) == 0) disturbed.push_back(nothing(random, sample));
    }
    EXPECT_EQ(run(SpeedLimit(config), disturbed), told);
    for (const Told& one : told) {
      starts += one.event.phase == model::EventPhase::kStart ? 1U : 0U;
      updates += one.event.phase == model::EventPhase::kUpdate ? 1U : 0U;
      ends += one.event.phase == model::EventPhase::kEnd ? 1U : 0U;
    }
  }
  // A generator that makes no episodes would prove nothing.
  EXPECT_GT(starts, 1000U);
  EXPECT_GT(updates, 300U);
  EXPECT_GT(ends, 1000U);
}

TEST(SpeedLimitProperty, MemoryHoldsAllThatIsKnownBetweenTwoRecords) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    const SpeedLimitConfig config = random_config(random);
    const std::vector<Sample> drive = random_drive(random);
    std::vector<Told> told;
    SpeedLimit rule(config);
    for (const Sample& sample : drive) {
      for (const model::RuleEvent& event : rule.on_record(sample.time, sample.record)) {
        told.push_back({sample.time, event});
      }
      SpeedLimit next(config);
      ASSERT_TRUE(next.recall(rule.memory()));
      rule = next;
    }
    EXPECT_EQ(told, run(SpeedLimit(config), drive)) << "seed " << seed;
  }
}

TEST(SpeedLimitMemory, OfAScopeThatIsNoMoreIsRefused) {
  SpeedLimitConfig town;
  town.zones = {{"town", 1389, {{0, 0}, {0, 100}, {100, 100}}}};
  SpeedLimitConfig road;
  road.limit_cmps = 2222;
  SpeedLimitMemory in_town{.scope = SpeedLimitMemory::Scope::kZone, .zone_id = "town", .newest = {}, .episode = {}};
  SpeedLimitMemory on_road{.scope = SpeedLimitMemory::Scope::kVehicle, .zone_id = {}, .newest = {}, .episode = {}};
  EXPECT_TRUE(SpeedLimit(town).recall(in_town));
  EXPECT_TRUE(SpeedLimit(road).recall(on_road));
  EXPECT_TRUE(SpeedLimit(road).recall(SpeedLimitMemory{}));
  EXPECT_FALSE(SpeedLimit(road).recall(in_town));
  EXPECT_FALSE(SpeedLimit(town).recall(on_road));
}

}  // namespace
}  // namespace odograph::rules
