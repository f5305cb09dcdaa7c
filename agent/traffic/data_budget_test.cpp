#include "agent/traffic/data_budget.h"

#include <gtest/gtest.h>

#include <iterator>
#include <vector>

namespace odograph::traffic {
namespace {

using base::BootTime;
using base::Millis;
using base::TcpBytes;
using base::UtcTime;
using std::chrono::year_month;

constexpr Millis kHour = std::chrono::hours{1};
constexpr Millis kDay = std::chrono::days{1};
constexpr std::uint64_t kMB = 1'000'000;
constexpr year_month kOctober{std::chrono::year{2026}, std::chrono::October};
constexpr year_month kNovember{std::chrono::year{2026}, std::chrono::November};
constexpr year_month kDecember{std::chrono::year{2026}, std::chrono::December};

UtcTime at(const char* rfc3339) { return *base::from_rfc3339(rfc3339); }

/// `bytes` as the meter would tell them.
TcpBytes total(std::uint64_t bytes) { return {.sent = bytes}; }

TEST(DataAccount, TurnsWithTheMonthWhateverTheClockSays) {
  struct Note {
    const char* utc;  ///< Null: no clock to be believed.
    std::uint64_t bytes;
  };
  const struct {
    const char* name;
    std::vector<Note> notes;
    std::optional<year_month> month;
    std::uint64_t bytes;
    std::uint64_t undated;
  } cases[] = {
      {"OneMonth", {{"2026-11-02T00:00:00Z", 5}, {"2026-11-29T00:00:00Z", 6}}, kNovember, 11, 0},
      {"TheLastMoment", {{"2026-11-30T23:59:59Z", 5}, {"2026-11-30T23:59:59.999Z", 6}}, kNovember, 11, 0},
      {"TheFirstOfTheNext", {{"2026-11-30T23:59:59Z", 5}, {"2026-12-01T00:00:00Z", 6}}, kDecember, 6, 0},
      {"AYearLater", {{"2025-11-30T23:59:59Z", 5}, {"2026-11-01T00:00:00Z", 6}}, kNovember, 6, 0},
      {"NoClockEver", {{nullptr, 5}, {nullptr, 6}}, {}, 0, 11},
      {"AClockThatComesLater", {{nullptr, 5}, {"2026-11-02T00:00:00Z", 6}}, kNovember, 11, 0},
      {"NoClockForAWhile", {{"2026-11-02T00:00:00Z", 5}, {nullptr, 6}}, kNovember, 5, 6},
      {"NoClockOverTheTurn",
       {{"2026-11-30T00:00:00Z", 5}, {nullptr, 6}, {"2026-12-02T00:00:00Z", 7}},
       kDecember,
       13,
       0},
      {"AClockAheadForAWhile",
       {{"2026-11-02T00:00:00Z", 5}, {"2031-05-02T00:00:00Z", 6}, {"2026-11-02T01:00:00Z", 7}},
       kNovember,
       18,
       0},
      {"AClockAheadOverTheTurn",
       {{"2026-11-02T00:00:00Z", 5}, {"2031-05-02T00:00:00Z", 6}, {"2026-12-02T00:00:00Z", 7}},
       kDecember,
       13,
       0},
      {"AClockBehindAtFirst", {{"2026-10-02T00:00:00Z", 5}, {"2026-11-02T00:00:00Z", 6}}, kNovember, 6, 0},
      {"AClockSetBack", {{"2026-11-02T00:00:00Z", 5}, {"2026-10-02T00:00:00Z", 6}}, kOctober, 11, 0},
  };
  for (const auto& c : cases) {
    DataAccount account;
    for (const Note& note : c.notes) {
      const auto utc = note.utc == nullptr ? std::nullopt : std::optional{at(note.utc)};
      account = counted(account, kHour, utc, note.bytes);
    }
    EXPECT_EQ(account.month, c.month) << c.name;
    EXPECT_EQ(account.bytes, c.bytes) << c.name;
    EXPECT_EQ(account.undated_bytes, c.undated) << c.name;
    EXPECT_EQ(account.used(), c.bytes + c.undated) << c.name;
  }
}

TEST(DataForecast, IsWhatWasUsedAndTheRateOfTheLastDays) {
  const struct {
    const char* name;
    const char* from;  ///< So much a day from then on;
    int days;          ///< for so long.
    double megabytes_a_day;
    double forecast_mb;
  } cases[] = {
      {"Nothing", "2026-11-01T00:00:00Z", 20, 0, 0},
      {"ThirdOfTheMonth", "2026-11-01T00:00:00Z", 10, 3, 90},
      {"FromTheMiddleOn", "2026-11-16T00:00:00Z", 7, 3, 45},
      {"TheLastDay", "2026-11-01T00:00:00Z", 29, 3, 90},
      {"FromTheMonthBefore", "2026-10-01T00:00:00Z", 46, 3, 90},
      {"FebruaryIsShort", "2026-02-01T00:00:00Z", 14, 3, 84},
      {"TwentyNineInALeapYear", "2028-02-01T00:00:00Z", 14, 3, 87},
      {"FirstDayOfTheNext", "2026-11-10T00:00:00Z", 22, 3, 93},
  };
  for (const auto& c : cases) {
    DataAccount account = counted(DataAccount{}, kHour, at(c.from), 0);
    for (int hour = 1; hour <= 24 * c.days; ++hour) {
      account = counted(account, kHour, at(c.from) + hour * kHour,
                        static_cast<std::uint64_t>(c.megabytes_a_day / 24 * static_cast<double>(kMB)));
    }
    EXPECT_NEAR(forecast_bytes(account) / static_cast<double>(kMB), c.forecast_mb, 0.02 * c.forecast_mb) << c.name;
  }
}

TEST(DataForecast, TakesNoFirstHourForADay) {
  DataAccount account = counted(DataAccount{}, Millis{0}, at("2026-11-01T00:00:00Z"), 0);
  account = counted(account, kHour, at("2026-11-01T01:00:00Z"), 3 * kMB);
  EXPECT_NEAR(forecast_bytes(account), 93e6, 7e6) << "as if it were all of a day";
}

TEST(DataForecast, KnowsOfTheTimeThatTheVehicleStoodSwitchedOff) {
  DataAccount account;
  for (int day = 0; day < 14; ++day) {
    const UtcTime drive = at("2026-11-01T08:00:00Z") + day * kDay;
    account = counted(account, Millis{0}, drive, 0);
    account = counted(account, kHour, drive + kHour, 3 * kMB);
  }
  EXPECT_NEAR(forecast_bytes(account), 90e6, 7e6) << "an hour a day";
}

TEST(DataForecast, TakesThirtyDaysWhereNoMonthIsKnown) {
  const DataAccount account = counted(DataAccount{}, kDay, std::nullopt, kMB);
  EXPECT_NEAR(forecast_bytes(account), 31e6, 2.5e6);
}

TEST(DataStep, FollowsTheShareOfTheLimit) {
  const struct {
    const char* name;
    std::size_t before;
    double share;
    std::size_t after;
  } cases[] = {
      {"FarBelow", 0, 0.1, 0},      {"JustBelowTheFirst", 0, 0.799, 0},
      {"TheFirst", 0, 0.80, 1},     {"TheSecond", 1, 0.86, 2},
      {"ThenSampling", 2, 0.91, 3}, {"TheLast", 4, 0.98, 5},
      {"FarAbove", 0, 7.0, 5},      {"StaysWithinHysteresis", 1, 0.751, 1},
      {"EndsBelowIt", 1, 0.749, 0}, {"TheLastEnds", 5, 0.929, 4},
      {"BackUpAtOnce", 5, 0, 0},    {"HysteresisIsForTheWayBackOnly", 0, 0.76, 0},
  };
  for (const auto& c : cases) EXPECT_EQ(plan_data_step(c.before, c.share), c.after) << c.name;
}

TEST(DataStep, WaitsLongerBeforeItSamplesLess) {
  for (std::size_t i = 1; i < std::size(kDataSteps); ++i) {
    EXPECT_GT(kDataSteps[i].from, kDataSteps[i - 1].from);
    EXPECT_GE(kDataSteps[i].send_after, kDataSteps[i - 1].send_after);
    EXPECT_GE(kDataSteps[i].sampling_factor, kDataSteps[i - 1].sampling_factor);
    if (kDataSteps[i].sampling_factor > 1) {
      EXPECT_GE(kDataSteps[i].send_after, Millis{60'000});
    }
  }
  EXPECT_LT(std::rbegin(kDataSteps)->from, 1) << "before it is exceeded";
}

/// A month of a vehicle that would send `wanted` a day, and sends less by what each step saves.
double sent_in_a_month(double limit_mb, double wanted_mb_a_day) {
  // What is left of the bytes at each step, about: docs/performance.md, "On the wire".
  constexpr double kLeft[] = {1, 0.26, 0.08, 0.05, 0.03, 0.02};
  static_assert(std::size(kLeft) == std::size(kDataSteps));
  DataBudget budget(limit_mb * 1e6);
  double sent = 0;
  for (int hour = 0; hour < 30 * 24; ++hour) {
    sent += wanted_mb_a_day / 24 * 1e6 * kLeft[budget.forecast().step];
    budget.note(BootTime{hour * kHour}, at("2026-11-01T00:00:00Z") + hour * kHour,
                total(static_cast<std::uint64_t>(sent)));
  }
  return sent / 1e6;
}

TEST(DataBudget, IsKeptByItsSteps) {
  const struct {
    const char* name;
    double limit_mb;
    double wanted_mb_a_day;
  } cases[] = {{"ALittleTooMuch", 100, 4}, {"TwiceTooMuch", 100, 7}, {"FiveTimes", 100, 17}, {"Small", 10, 1}};
  for (const auto& c : cases) {
    const double sent = sent_in_a_month(c.limit_mb, c.wanted_mb_a_day);
    EXPECT_LT(sent, c.limit_mb) << c.name;
    EXPECT_GT(sent, 0.7 * c.limit_mb) << c.name << ": what is allowed is made use of";
  }
  EXPECT_NEAR(sent_in_a_month(100, 2), 60, 0.1) << "no step where none is called for";
  EXPECT_NEAR(sent_in_a_month(0, 7), 210, 0.5) << "no limit, no step";
}

TEST(DataBudget, GoesOnAfterARestart) {
  DataBudget before(100e6);
  before.note(BootTime{}, at("2026-11-10T08:00:00Z"), total(0));
  before.note(BootTime{kHour}, at("2026-11-10T09:00:00Z"), total(40 * kMB));
  const auto kept = from_line(before.saved(0));
  ASSERT_TRUE(kept);

  DataBudget after(100e6);
  after.note(BootTime{}, std::nullopt, total(kMB));
  after.load(*kept);
  EXPECT_EQ(after.forecast().month_bytes, 41 * kMB) << "what came before it was read counts too";
  after.note(BootTime{Millis{1000}}, std::nullopt, total(2 * kMB));
  EXPECT_EQ(after.forecast().month_bytes, 42 * kMB) << "without a clock";
  after.note(BootTime{Millis{2000}}, at("2026-11-10T10:00:00Z"), total(2 * kMB));
  EXPECT_EQ(after.account().bytes, 42 * kMB);
  after.note(BootTime{Millis{3000}}, at("2026-12-01T00:00:00Z"), total(3 * kMB));
  EXPECT_EQ(after.forecast().month_bytes, kMB);
}

TEST(DataBudget, SavesSoonAtFirstAndSeldomLater) {
  DataBudget budget(0);
  std::uint64_t sent = 0;
  int saves = 0;
  std::uint64_t most_unsaved_percent = 0;
  std::uint64_t saved_at = 0;
  while (sent < 10 * kMB) {
    sent += 500;
    budget.note(BootTime{}, std::nullopt, total(sent));
    if (budget.wants_saving()) {
      EXPECT_LE(budget.margin(), (sent - saved_at) / 2 + 500);
      static_cast<void>(budget.saved(budget.margin()));
      saved_at = sent;
      ++saves;
    }
    if (sent > 40'000) most_unsaved_percent = std::max(most_unsaved_percent, 100 * (sent - saved_at) / sent);
  }
  EXPECT_LE(most_unsaved_percent, 25U);
  EXPECT_LE(saves, 40);
}

}  // namespace
}  // namespace odograph::traffic
