#include "agent/uplink/backoff.h"

#include <gtest/gtest.h>

#include "agent/uplink/trouble.h"

namespace odograph::uplink {
namespace {

struct Case {
  const char* name;
  unsigned failures;
  BackoffLimits limits;
  int from_s, to_s;
};

constexpr BackoffLimits limits(int min_s, int max_s) {
  return {std::chrono::seconds{min_s}, std::chrono::seconds{max_s}};
}

const Case kCases[] = {
    {"First", 1, limits(5, 300), 5, 10},
    {"Second", 2, limits(5, 300), 10, 20},
    {"Fifth", 5, limits(5, 300), 80, 160},
    {"NearTheTop", 6, limits(5, 300), 150, 300},
    {"Thousandth", 1000, limits(5, 300), 150, 300},
    {"NoneYet", 0, limits(5, 300), 5, 10},
    {"PauseFirst", 1, limits(30, 900), 30, 60},
    {"PauseLast", 99, limits(30, 900), 450, 900},
    {"MaxBelowTwiceMin", 3, limits(10, 15), 10, 15},
    {"Fixed", 3, limits(10, 10), 10, 10},
    {"MaxBelowMin", 3, limits(10, 1), 10, 10},
};

TEST(Backoff, StaysWithinItsBounds) {
  for (const Case& row : kCases) {
    const base::Millis from = std::chrono::seconds{row.from_s};
    const base::Millis to = std::chrono::seconds{row.to_s};
    EXPECT_EQ(backoff_after(row.failures, row.limits, 0), from) << row.name;
    EXPECT_EQ(backoff_after(row.failures, row.limits, static_cast<std::uint64_t>((to - from).count())), to) << row.name;
    for (std::uint64_t random : {1ULL, 12'345ULL, 0xFFFF'FFFF'FFFF'FFFFULL}) {
      const base::Millis wait = backoff_after(row.failures, row.limits, random);
      EXPECT_GE(wait, from) << row.name;
      EXPECT_LE(wait, to) << row.name;
    }
  }
}

struct RecoveryCase {
  const char* name;
  Trouble trouble;
  bool handle_spent;
  bool new_handle;
  base::Millis wait_min;
};

TEST(Recovery, NeedsANewHandleOrNot) {
  const Options options;
  const RecoveryCase cases[] = {
      {"AgainOnASoundHandle", Trouble::kAgain, false, false, options.again.min},
      {"AgainOnASpentHandle", Trouble::kAgain, true, true, options.restart.min},
      {"Fatal", Trouble::kFatal, true, true, options.restart.min},
      {"Watchdog", Trouble::kWatchdog, true, true, options.restart.min},
      {"PoisonOnASoundHandle", Trouble::kPoison, false, false, options.again.min},
      {"PoisonOnASpentHandle", Trouble::kPoison, true, true, options.again.min},
      {"Pause", Trouble::kPause, false, true, options.pause.min},
      {"PauseOnASpentHandle", Trouble::kPause, true, true, options.pause.min},
  };
  for (const RecoveryCase& row : cases) {
    const Recovery recovery = recovery_from(row.trouble, row.handle_spent, options);
    EXPECT_EQ(recovery.new_handle, row.new_handle) << row.name;
    EXPECT_EQ(recovery.wait.min, row.wait_min) << row.name;
    const bool is_watchdog = row.trouble == Trouble::kWatchdog;
    EXPECT_EQ(recovery.wait.max <= 2 * recovery.wait.min, is_watchdog) << row.name;
  }
}

}  // namespace
}  // namespace odograph::uplink
