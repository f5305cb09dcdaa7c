#include "lib/kafka/token_schedule.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace odograph::kafka {
namespace {

using base::Action;
using base::BootTime;
using base::Millis;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::years;

constexpr std::uint64_t kLeast = 0;
constexpr std::uint64_t kMiddling = 0x5555'5555'5555'5555;
constexpr base::UtcTime kTime{Millis{1'795'000'000'000}};

BootTime at(Millis since_boot) { return BootTime{since_boot}; }
/// A wall clock that is right.
TokenSchedule::Now now_at(Millis since_boot, Millis ahead = {}) { return {at(since_boot), kTime + since_boot + ahead}; }

TEST(TokenSchedule, TheFirstOneIsDueAtOnce) {
  EXPECT_TRUE(TokenSchedule{}.is_due(now_at(Millis{0})));
  EXPECT_TRUE(TokenSchedule{}.is_due({at(Millis{1}), std::nullopt}));
}

struct Life {
  std::string name;
  Millis lifetime;
  Millis soonest;
  Millis latest;
};

const Life kLives[] = {
    {"AsMskTakesThem", minutes{15}, minutes{6}, minutes{8}},
    {"CredentialsThatEndInFiveMinutes", minutes{5}, minutes{2}, minutes{3}},
    {"CredentialsThatEndInAMinute", seconds{60}, seconds{24}, seconds{36}},
    {"TenSeconds", seconds{10}, seconds{5}, seconds{6}},
    {"OneSecond", seconds{1}, seconds{5}, seconds{5}},
    {"OverAlready", seconds{0}, seconds{5}, seconds{5}},
    {"LongOver", -hours{24 * 365}, seconds{5}, seconds{5}},
    {"ADay", hours{24}, minutes{6}, minutes{8}},
    {"ForEver", Millis{std::numeric_limits<std::int64_t>::max()}, minutes{6}, minutes{8}},
};

TEST(TokenSchedule, ATokenIsRenewedInTheMiddleOfItsLife) {
  for (const Life& row : kLives) {
    for (std::uint64_t random : {kLeast, std::uint64_t{180'000}, kMiddling, ~std::uint64_t{0}}) {
      TokenSchedule schedule;
      schedule.begin_fetch(now_at(hours{1}));
      schedule.fetched(row.lifetime, at(hours{1}), random);
      EXPECT_GE(schedule.due(), at(hours{1} + row.soonest)) << row.name;
      EXPECT_LE(schedule.due(), at(hours{1} + row.latest)) << row.name;
    }
  }
}

TEST(TokenSchedule, ALifeBeginsWithTheFetchHoweverLongThatTook) {
  TokenSchedule schedule;
  schedule.begin_fetch(now_at(seconds{100}));
  schedule.fetched(seconds{100}, at(seconds{120}), kLeast);
  EXPECT_EQ(schedule.due(), at(seconds{140}));
  schedule.begin_fetch(now_at(seconds{200}));
  schedule.fetched(seconds{100}, at(seconds{299}), kLeast);
  EXPECT_EQ(schedule.due(), at(seconds{304}));  // Late already: soon, but not at once.
}

TEST(TokenSchedule, RenewalsOfAFleetAreSpread) {
  std::vector<BootTime> due;
  for (std::uint64_t i = 0; i < 3; ++i) {
    TokenSchedule schedule;
    schedule.begin_fetch(now_at(Millis{0}));
    schedule.fetched(minutes{15}, at(Millis{0}), i * 45'000);
    due.push_back(schedule.due());
  }
  EXPECT_EQ(due, (std::vector{at(minutes{6}), at(seconds{405}), at(seconds{450})}));
}

struct Step {
  std::string name;
  Millis step;
  bool due;
};

const Step kSteps[] = {
    {"None", seconds{0}, false},
    {"AheadWithinTheLimit", seconds{30}, false},
    {"BackWithinTheLimit", -seconds{30}, false},
    {"Ahead", seconds{31}, true},
    {"Back", -seconds{31}, true},
    {"YearsAhead", years{5}, true},
    {"YearsBack", -years{56}, true},
};

TEST(TokenSchedule, AStepOfTheWallClockMakesItDue) {
  for (const Step& row : kSteps) {
    TokenSchedule schedule;
    schedule.begin_fetch(now_at(minutes{10}));
    schedule.fetched(minutes{15}, at(minutes{10}), kLeast);
    const auto later = now_at(minutes{11}, std::chrono::duration_cast<Millis>(row.step));
    EXPECT_EQ(schedule.is_due(later), row.due) << row.name;
    // Once for each step: what is fetched then is signed with the new time.
    schedule.begin_fetch(later);
    schedule.fetched(minutes{15}, at(minutes{11}), kLeast);
    EXPECT_FALSE(schedule.is_due({at(minutes{12}), *later.utc + minutes{1}})) << row.name;
  }
}

TEST(TokenSchedule, SmallStepsAddUp) {
  TokenSchedule schedule;
  schedule.begin_fetch(now_at(Millis{0}));
  schedule.fetched(minutes{15}, at(Millis{0}), kLeast);
  EXPECT_FALSE(schedule.is_due(now_at(seconds{10}, seconds{20})));
  EXPECT_TRUE(schedule.is_due(now_at(seconds{20}, seconds{40})));
}

TEST(TokenSchedule, AStepEndsABackOffToo) {
  TokenSchedule schedule;
  schedule.begin_fetch(now_at(Millis{0}, -years{50}));
  schedule.failed(Action::kRetry, at(Millis{0}), kLeast);
  EXPECT_FALSE(schedule.is_due(now_at(seconds{1}, -years{50})));
  EXPECT_TRUE(schedule.is_due(now_at(seconds{2})));
  schedule.begin_fetch(now_at(seconds{2}));
  schedule.failed(Action::kRetry, at(seconds{2}), kLeast);
  EXPECT_FALSE(schedule.is_due(now_at(seconds{3})));
}

TEST(TokenSchedule, WithoutAWallClockOnlyItsTimeCounts) {
  TokenSchedule schedule;
  schedule.begin_fetch({at(Millis{0}), std::nullopt});
  schedule.fetched(minutes{15}, at(Millis{0}), kLeast);
  EXPECT_FALSE(schedule.is_due({at(minutes{6}) - Millis{1}, std::nullopt}));
  EXPECT_FALSE(schedule.is_due(now_at(minutes{1})));  // Nothing to compare it with.
  EXPECT_TRUE(schedule.is_due({at(minutes{6}), std::nullopt}));
}

struct Failures {
  Action action;
  unsigned in_a_row;
  Millis soonest;
  Millis latest;
};

const Failures kFailures[] = {
    {Action::kRetry, 1, seconds{5}, seconds{10}},       {Action::kRetry, 2, seconds{10}, seconds{20}},
    {Action::kRetry, 5, seconds{80}, seconds{160}},     {Action::kRetry, 7, seconds{150}, seconds{300}},
    {Action::kRetry, 5000, seconds{150}, seconds{300}}, {Action::kDrop, 1, seconds{5}, seconds{10}},
    {Action::kStop, 1, seconds{30}, seconds{60}},       {Action::kStop, 4, seconds{240}, seconds{480}},
    {Action::kStop, 6, seconds{450}, seconds{900}},     {Action::kStop, 5000, seconds{450}, seconds{900}},
};

TEST(TokenSchedule, FailuresAreFarApart) {
  for (const Failures& row : kFailures) {
    for (std::uint64_t random : {kLeast, kMiddling, ~std::uint64_t{0}}) {
      TokenSchedule schedule;
      for (unsigned i = 0; i < row.in_a_row; ++i) schedule.failed(row.action, at(hours{1}), random);
      EXPECT_EQ(schedule.failures(), row.in_a_row);
      EXPECT_GE(schedule.due(), at(hours{1} + row.soonest)) << row.in_a_row;
      EXPECT_LE(schedule.due(), at(hours{1} + row.latest)) << row.in_a_row;
    }
  }
}

TEST(TokenSchedule, ASuccessForgetsTheFailures) {
  TokenSchedule schedule;
  for (int i = 0; i < 9; ++i) schedule.failed(Action::kRetry, at(Millis{0}), kLeast);
  schedule.begin_fetch(now_at(Millis{0}));
  schedule.fetched(minutes{15}, at(Millis{0}), kLeast);
  EXPECT_EQ(schedule.failures(), 0U);
  schedule.failed(Action::kRetry, at(Millis{0}), kLeast);
  EXPECT_EQ(schedule.due(), at(seconds{5}));
}

TEST(TokenSchedule, NewCredentialsMakeItDueAtOnceEvenInABackOff) {
  TokenSchedule schedule;
  schedule.begin_fetch(now_at(hours{1}));
  schedule.fetched(minutes{15}, at(hours{1}), kLeast);
  EXPECT_FALSE(schedule.is_due(now_at(hours{1})));
  schedule.renew();
  EXPECT_TRUE(schedule.is_due(now_at(hours{1})));
  schedule.failed(Action::kStop, at(hours{1}), kLeast);
  EXPECT_FALSE(schedule.is_due(now_at(hours{1})));
  schedule.renew();
  EXPECT_TRUE(schedule.is_due(now_at(hours{1})));
}

TEST(TokenSchedule, ARefusedTokenIsRenewedButNotWithoutEnd) {
  TokenSchedule schedule;
  schedule.begin_fetch(now_at(hours{1}));
  schedule.fetched(minutes{15}, at(hours{1}), kLeast);
  for (int i = 0; i < 100; ++i) schedule.refused();
  EXPECT_FALSE(schedule.is_due(now_at(hours{1} + seconds{29})));
  EXPECT_TRUE(schedule.is_due(now_at(hours{1} + seconds{30})));
}

TEST(TokenSchedule, ARefusalDoesNotShortenABackOffNorPutOffWhatIsDueSooner) {
  TokenSchedule failing;
  for (int i = 0; i < 9; ++i) failing.failed(Action::kRetry, at(hours{1}), kLeast);
  failing.refused();
  EXPECT_EQ(failing.due(), at(hours{1} + seconds{150}));
  TokenSchedule soon;
  soon.begin_fetch(now_at(hours{1}));
  soon.fetched(seconds{20}, at(hours{1}), kLeast);
  soon.refused();
  EXPECT_EQ(soon.due(), at(hours{1} + seconds{8}));
}

}  // namespace
}  // namespace odograph::kafka
