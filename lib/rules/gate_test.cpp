#include "lib/rules/gate.h"

#include <gtest/gtest.h>

#include <random>

#include "lib/rules/fence.h"

namespace odograph::rules {
namespace {

model::Record at(const model::Position& position, std::optional<std::int32_t> speed_cmps) {
  model::Record record;
  record.position = position;
  record.speed_cmps = speed_cmps;
  return record;
}

TEST(IsUsable, AsksWhatTheRecordSaysOfItself) {
  model::Record record;
  EXPECT_FALSE(is_usable(record)) << "no position";
  record.position = model::Position{470'000'000, 80'000'000};
  EXPECT_TRUE(is_usable(record)) << "no mode told";
  record.mode = model::FixMode::k2d;
  EXPECT_TRUE(is_usable(record));
  record.mode = model::FixMode::kNone;
  EXPECT_FALSE(is_usable(record));
  record.mode = model::FixMode::k3d;
  record.flags = model::flag::kHdopWarn;
  EXPECT_TRUE(is_usable(record));
  record.flags = model::flag::kJump;
  EXPECT_FALSE(is_usable(record));
}

TEST(IsPlausible, BoundsSpeedAndItsChange) {
  constexpr model::Position kFrom{470'000'000, 80'000'000};
  struct Row {
    const char* name = "";
    std::int32_t north_e7 = 0;  ///< 1,000 are 11.1 m.
    std::optional<std::int32_t> before_cmps{};
    std::optional<std::int32_t> now_cmps{};
    std::int64_t since_ms = 0;
    bool plausible = false;
  };
  for (const Row& row : {
           Row{"AtRest", 0, 0, 0, 1'000, true},
           Row{"NoiseAtOnce", 890, 0, 0, 0, true},
           Row{"MoreThanNoiseAtOnce", 1'000, 0, 0, 0, false},
           Row{"At240", 6'880, 6'600, 6'600, 1'000, true},
           Row{"At260", 7'500, 6'600, 6'600, 1'000, false},
           Row{"At260TheOtherWay", -7'500, 6'600, 6'600, 1'000, false},
           Row{"FarAndLongAgo", 500'000'000, 0, 0, 864'000'000, true},
           Row{"AtTheBoundOfAcceleration", 0, 2'000, 3'000, 1'000, true},
           Row{"BeyondIt", 0, 2'000, 3'001, 1'000, false},
           Row{"BrakingBeyondIt", 0, 3'001, 2'000, 1'000, false},
           Row{"BeyondItAtOnce", 0, 2'000, 2'001, 0, false},
           Row{"OverTheLongestPair", 0, 0, 9'999, 10'000, true},
           Row{"BeyondTheLongestPair", 0, 0, 30'000, 10'001, true},
           Row{"NoSpeedBefore", 0, std::nullopt, 9'999, 1'000, true},
           Row{"NoSpeedNow", 0, 0, std::nullopt, 1'000, true},
       }) {
    const model::Position to{kFrom.lat_e7 + row.north_e7, kFrom.lon_e7};
    EXPECT_EQ(is_plausible({kFrom, row.before_cmps}, base::Millis(row.since_ms), at(to, row.now_cmps)), row.plausible)
        << row.name;
  }
}

/// The short cut for fixes that are near to each other changes no answer; neither does the date line.
TEST(IsPlausible, IsTheDistanceOverTheTime) {
  std::mt19937 random(7);
  const auto up_to = [&](std::uint32_t last) { return static_cast<std::int32_t>(random() % (last + 1)); };
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const model::Position from{up_to(1'780'000'000) - 890'000'000, i % 9 == 0 ? 1'799'999'000 : up_to(1'799'000'000)};
    const auto way = static_cast<std::uint32_t>(up_to(40'000));
    model::Position to{from.lat_e7 + up_to(way), from.lon_e7 + up_to(way)};
    if (to.lon_e7 > 1'800'000'000) to.lon_e7 = -1'800'000'000 + (to.lon_e7 - 1'800'000'000);
    const std::int64_t since_ms = up_to(9'000);
    const std::int64_t beyond_noise_dm = distance_dm(from, to) - 100;
    const bool expected = beyond_noise_dm <= 0 || beyond_noise_dm * 10'000 <= kGateSpeedMaxCmps * since_ms;
    EXPECT_EQ(is_plausible({from, 0}, base::Millis(since_ms), at(to, 0)), expected);
    refused += expected ? 0 : 1;
  }
  EXPECT_GT(refused, 2'000);
  EXPECT_LT(refused, 18'000);
}

}  // namespace
}  // namespace odograph::rules
