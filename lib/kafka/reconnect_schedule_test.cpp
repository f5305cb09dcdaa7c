#include "lib/kafka/reconnect_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace odograph::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using TimePoint = ReconnectSchedule::TimePoint;

const TimePoint kStart{std::chrono::hours{1}};
constexpr ReconnectLimits kLimits{seconds{2}, seconds{160}};
constexpr std::uint32_t kFirst = 0;
constexpr std::uint32_t kMiddle = 0x8000'0000;
constexpr std::uint32_t kLast = 0xFFFF'FFFF;

struct Case {
  const char* name;
  Failure failure;
  std::uint32_t place;
  std::vector<int> at_ms;  ///< Each try fails at once; without jitter.
  bool has_served = true;
};

const Case kCases[] = {
    {"FirstOfARefusedFleet", Failure::kAnswered, kFirst, {160'000, 320'000, 480'000}},
    {"MiddleOfARefusedFleet", Failure::kAnswered, kMiddle, {75'000, 235'000, 395'000}},
    {"LastOfARefusedFleet", Failure::kAnswered, kLast, {149'999, 309'999, 469'999}},
    {"FirstInATunnel", Failure::kSilent, kFirst, {2'000, 6'000, 14'000, 30'000, 62'000, 126'000, 254'000, 414'000}},
    {"MiddleInATunnel", Failure::kSilent, kMiddle, {937, 3'875, 9'750, 21'500, 45'000, 92'000, 186'000, 329'000}},
    {"MiddleThatNeverWasConnected", Failure::kAnswered, kMiddle, {937, 3'875, 9'750, 21'500, 45'000, 92'000}, false},
};

TEST(ReconnectSchedule, HasAMomentInEachWindow) {
  for (const Case& row : kCases) {
    ReconnectSchedule schedule{kLimits, row.place};
    if (row.has_served) schedule.succeeded();
    TimePoint now = kStart;
    for (const int at_ms : row.at_ms) {
      now = schedule.after_failure(row.failure, now, 0);
      EXPECT_EQ(std::chrono::duration_cast<milliseconds>(now - kStart).count(), at_ms) << row.name;
    }
  }
}

TEST(ReconnectSchedule, JittersByASixteenthAndNeverWaitsLonger) {
  for (const std::uint32_t place : {kFirst, kMiddle, kLast}) {
    for (const std::uint64_t random : {1ULL, 77ULL, ~0ULL, 0x1234'5678'9ABC'DEF0ULL}) {
      ReconnectSchedule schedule{kLimits, place};
      schedule.succeeded();
      // The first window's moment; the first place's is right at its beginning, which is over.
      const TimePoint first = schedule.after_failure(Failure::kAnswered, kStart, 0);
      const TimePoint second = schedule.after_failure(Failure::kAnswered, first, random);
      EXPECT_GE(second - first, kLimits.spread - milliseconds{1});
      EXPECT_LE(second - first, kLimits.spread + kLimits.spread / 16);
    }
  }
}

TEST(ReconnectSchedule, WaitsNoLongerThanATunnelWasLong) {
  for (const std::uint32_t place : {kFirst, kMiddle, kLast}) {
    ReconnectSchedule schedule{kLimits, place};
    TimePoint now = kStart;
    while (now < kStart + std::chrono::hours{1}) {
      const TimePoint next = schedule.after_failure(Failure::kSilent, now, 0);
      EXPECT_LE(next - now, (now - kStart) + kLimits.first + milliseconds{1});
      EXPECT_LE(next - now, seconds{170});
      now = next;
    }
  }
}

TEST(ReconnectSchedule, ARefusalEndsTheShortWindows) {
  ReconnectSchedule schedule{kLimits, kMiddle};
  schedule.succeeded();
  TimePoint now = schedule.after_failure(Failure::kSilent, kStart, 0);
  EXPECT_TRUE(schedule.is_worse(Failure::kAnswered));
  EXPECT_FALSE(schedule.is_worse(Failure::kSilent));
  EXPECT_EQ(schedule.after_failure(Failure::kAnswered, now, 0), now + seconds{75});
  EXPECT_FALSE(schedule.is_worse(Failure::kAnswered));
}

TEST(ReconnectSchedule, BeginsAnewAfterAConnectionThatServed) {
  ReconnectSchedule schedule{kLimits, kMiddle};
  TimePoint now = kStart;
  for (int i = 0; i < 10; ++i) now = schedule.after_failure(Failure::kSilent, now, 0);
  schedule.succeeded();
  EXPECT_EQ(schedule.after_failure(Failure::kSilent, now, 0), now + milliseconds{937});
}

TEST(ReconnectSchedule, AfterAnEndThePlaceIsInSecondsAndNoWindowIsOpened) {
  struct Row {
    std::uint32_t place;
    milliseconds earliest, latest;
  };
  const Row rows[] = {{kFirst, milliseconds{0}, milliseconds{313}},
                      {kMiddle, milliseconds{2343}, milliseconds{2657}},
                      {kLast, milliseconds{4686}, milliseconds{5000}}};
  for (const Row& row : rows) {
    ReconnectSchedule schedule{kLimits, row.place};
    for (const std::uint64_t random : {std::uint64_t{0}, ~std::uint64_t{0}}) {
      const auto wait = schedule.after_end(kStart, random) - kStart;
      EXPECT_GE(wait, row.earliest) << row.place;
      EXPECT_LE(wait, row.latest) << row.place;
    }
    schedule.succeeded();
    EXPECT_TRUE(schedule.is_worse(Failure::kAnswered)) << "a refusal is still the first one";
  }
  const ReconnectSchedule alone{{seconds{2}, seconds{1}}, kLast};
  EXPECT_LE(alone.after_end(kStart, 0), kStart + seconds{1}) << "no longer than the spread";
}

TEST(ReconnectSchedule, BeginsAWindowAfterAPauseWithoutTries) {
  ReconnectSchedule schedule{kLimits, kMiddle};
  schedule.after_failure(Failure::kAnswered, kStart, 0);
  const TimePoint later = kStart + std::chrono::hours{10'000};
  EXPECT_EQ(schedule.after_failure(Failure::kAnswered, later, 0), later + seconds{75});
}

TEST(PlaceOf, SpreadsAFleetEvenlyAndStays) {
  constexpr int kVehicles = 10'000;
  std::array<int, 10> tenths{};
  for (int i = 0; i < kVehicles; ++i) {
    const std::uint64_t place = place_of("truck-" + std::to_string(i));
    ++tenths.at(static_cast<std::size_t>(place * 10 >> 32));
  }
  for (const int tenth : tenths) EXPECT_NEAR(tenth, kVehicles / 10.0, kVehicles / 50.0);
  EXPECT_EQ(place_of("truck-1"), place_of("truck-1"));
  EXPECT_NE(place_of("truck-1"), place_of("truck-2"));
}

}  // namespace
}  // namespace odograph::kafka
