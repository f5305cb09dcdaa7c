#include "agent/uplink/backlog_pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace odograph::uplink {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours{1}};
constexpr PaceLimits kLimits{seconds{30}, seconds{30}, 1000};
constexpr milliseconds kSlot{12'000};

struct Case {
  const char* name;
  milliseconds down;                  ///< How long the link was away.
  std::optional<milliseconds> opens;  ///< After it came back; nothing: at once.
};

const Case kCases[] = {
    {"AtOnceAfterAStart", milliseconds{300}, std::nullopt},
    {"AtOnceAfterAShortOutage", milliseconds{29'999}, std::nullopt},
    {"AtItsSlotAfterALongOne", milliseconds{30'000}, kSlot},
    {"AtItsSlotAfterAVeryLongOne", std::chrono::hours{100}, kSlot},
};

class BacklogStart : public ::testing::TestWithParam<Case> {};

TEST_P(BacklogStart, IsAsTold) {
  BacklogPace pace{kLimits, kSlot, kStart};
  const TimePoint back = kStart + GetParam().down;
  pace.link(true, back);
  ASSERT_EQ(pace.is_paced(), GetParam().opens.has_value());
  if (GetParam().opens) {
    EXPECT_EQ(pace.opens_at(), back + *GetParam().opens);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, BacklogStart, ::testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string{row.param.name}; });

/// A backlog after an outage that is open from now on.
BacklogPace open_at(TimePoint now, PaceLimits limits = kLimits) {
  BacklogPace pace{limits, milliseconds{0}, now - seconds{60}};
  pace.link(true, now);
  return pace;
}

TEST(BacklogPace, SendsSoManyBytesASecond) {
  BacklogPace pace = open_at(kStart);
  TimePoint now = kStart;
  std::size_t bytes = 0;
  while (now < kStart + seconds{100}) {
    now = std::max(now, *pace.opens_at());
    pace.sent(300, now);
    bytes += 300;
  }
  EXPECT_GE(bytes, 100'000U);
  EXPECT_LE(bytes, 100'600U);
}

TEST(BacklogPace, ABurstIsOneSecondsWorth) {
  BacklogPace pace = open_at(kStart);
  const TimePoint later = kStart + seconds{1000};
  int burst = 0;
  for (; *pace.opens_at() <= later; ++burst) pace.sent(100, later);
  EXPECT_EQ(burst, 11) << "a second's, and the one that is begun";
}

TEST(BacklogPace, WithoutARateOnlyTheStartIsSpread) {
  PaceLimits limits = kLimits;
  limits.bytes_per_s = 0;
  BacklogPace pace = open_at(kStart, limits);
  pace.sent(1'000'000'000, kStart);
  EXPECT_EQ(pace.opens_at(), kStart);
}

TEST(BacklogPace, EndsWhenTheBacklogDoes) {
  BacklogPace pace = open_at(kStart);
  pace.sent(1'000'000, kStart);
  EXPECT_TRUE(pace.is_paced());
  pace.caught_up();
  EXPECT_FALSE(pace.opens_at());
  pace.sent(1'000'000, kStart);
  EXPECT_FALSE(pace.opens_at()) << "what is made from now on is not paced";
}

TEST(BacklogPace, AShortBreakWithinDoesNotEndIt) {
  BacklogPace pace = open_at(kStart);
  pace.sent(5000, kStart);
  pace.link(false, kStart + seconds{1});
  pace.link(true, kStart + seconds{2});
  EXPECT_EQ(pace.opens_at(), kStart + seconds{5});
}

TEST(BacklogPace, TheSameWordTwiceSaysNothing) {
  BacklogPace pace{kLimits, kSlot, kStart};
  pace.link(false, kStart + seconds{29});
  pace.link(true, kStart + seconds{31});
  pace.link(true, kStart + seconds{90});
  EXPECT_EQ(pace.opens_at(), kStart + seconds{31} + kSlot);
}

TEST(StartSlot, SpreadsAFleetEvenly) {
  constexpr int kVehicles = 10'000;
  std::array<int, 10> begun{};
  for (int i = 0; i < kVehicles; ++i) {
    const auto slot = start_slot("truck-" + std::to_string(i), seconds{30});
    ASSERT_GE(slot, milliseconds{0});
    ASSERT_LT(slot, seconds{30});
    ++begun.at(static_cast<std::size_t>(slot / seconds{3}));
  }
  for (const int tenth : begun) EXPECT_NEAR(tenth, kVehicles / 10.0, kVehicles / 50.0);
  EXPECT_EQ(start_slot("truck-1", seconds{30}), start_slot("truck-1", seconds{30}));
  EXPECT_EQ(start_slot("truck-1", seconds{0}), milliseconds{0});
}

}  // namespace
}  // namespace odograph::uplink
