#include "lib/kafka/signing_time.h"

#include <gtest/gtest.h>

namespace odograph::kafka {
namespace {

using base::BootTime;
using base::Millis;
using base::SystemUtc;
using base::UtcTime;
using std::chrono::seconds;

constexpr UtcTime kTrue{Millis{1'795'000'000'000}};
constexpr UtcTime kWrong{Millis{946'684'800'000}};  // The year 2000.
constexpr BootTime kReceived{seconds{50}};

struct Case {
  const char* name;
  bool told;
  std::optional<SystemUtc> system;
  std::optional<UtcTime> time;  ///< Ten seconds after the answer came.
};

const Case kCases[] = {
    {"NoClockAtAll", false, std::nullopt, std::nullopt},
    {"OnlyTheWallClock", false, SystemUtc{kWrong, false}, kWrong},
    {"OnlyAWallClockThatIsKeptRight", false, SystemUtc{kTrue, true}, kTrue},
    {"AServerAgainstAWallClockThatNobodyKeeps", true, SystemUtc{kWrong, false}, kTrue + Millis{10'800}},
    {"AServerAgainstOneThatIsKept", true, SystemUtc{kTrue, true}, kTrue},
    {"AServerAlone", true, std::nullopt, kTrue + Millis{10'800}},
};

TEST(SigningTime, IsTheBestThatIsKnown) {
  for (const Case& row : kCases) {
    SigningTime time;
    if (row.told) time.told(kTrue, Millis{600}, kReceived);
    EXPECT_EQ(time.at(kReceived + seconds{10}, row.system), row.time) << row.name;
  }
}

TEST(SigningTime, TheLatestAnswerCounts) {
  SigningTime time;
  time.told(kWrong, Millis{0}, kReceived);
  time.told(kTrue, Millis{0}, kReceived);
  EXPECT_EQ(time.at(kReceived, std::nullopt), kTrue + Millis{500});
}

}  // namespace
}  // namespace odograph::kafka
