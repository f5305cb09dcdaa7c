#include "agent/outbox/flash_budget.h"

#include <gtest/gtest.h>

#include <cmath>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using base::UtcTime;
using model::Lane;

constexpr Millis kDay = std::chrono::days{1};
constexpr Millis kHour = std::chrono::hours{1};
constexpr double kMB = 1e6;
constexpr UtcTime kNewYear{std::chrono::days{20'454}};

TEST(FlashForecast, IsOfTheBytesAndOfTheTimeThatTheyCover) {
  const struct {
    const char* name;
    double megabytes_a_day;
    int days;
    double gb_per_year;
  } cases[] = {
      {"Nothing", 0, 30, 0},    {"OneDay", 10, 1, 3.65},  {"AWeek", 10, 7, 3.65},
      {"AMonth", 10, 30, 3.65}, {"AYear", 10, 365, 3.65}, {"TenTimes", 100, 30, 36.5},
  };
  for (const auto& c : cases) {
    FlashAccount account;
    for (int hour = 0; hour < 24 * c.days; ++hour) {
      account = advanced(account, kHour, static_cast<std::uint64_t>(c.megabytes_a_day * kMB / 24));
    }
    EXPECT_NEAR(forecast_gb_per_year(account), c.gb_per_year, c.gb_per_year * 0.01) << c.name;
  }
}

TEST(FlashForecast, TakesNoFirstHourForADay) {
  const FlashAccount account = advanced(FlashAccount{}, kHour, static_cast<std::uint64_t>(10 * kMB));
  EXPECT_NEAR(forecast_gb_per_year(account), 10 * kMB * 365.25 / 1e9, 0.3) << "as if it were all of a day";
}

TEST(FlashForecast, ForgetsAnOldWeek) {
  FlashAccount account = advanced(FlashAccount{}, 30 * kDay, static_cast<std::uint64_t>(1000 * kMB));
  const double at_once = forecast_gb_per_year(account);
  account = advanced(account, 28 * kDay, 0);
  EXPECT_LT(forecast_gb_per_year(account), at_once / 40);
}

TEST(FlashStep, FollowsTheShareOfTheLimit) {
  const struct {
    const char* name;
    std::size_t before;
    double share;
    std::size_t after;
  } cases[] = {
      {"FarBelow", 0, 0.1, 0},
      {"JustBelowTheFirst", 0, 0.699, 0},
      {"TheFirst", 0, 0.70, 1},
      {"TheSecond", 1, 0.78, 2},
      {"JustBelowTheSecond", 1, 0.779, 1},
      {"TheThird", 2, 0.84, 3},
      {"TheRarestCommits", 4, 0.93, 5},
      {"ThenSampling", 5, 0.96, 6},
      {"TheLast", 6, 0.98, 7},
      {"FarAbove", 0, 7.0, 7},
      {"StaysWithinHysteresis", 1, 0.651, 1},
      {"EndsBelowIt", 1, 0.649, 0},
      {"TheLastStays", 7, 0.931, 7},
      {"TheLastEnds", 7, 0.929, 6},
      {"BackUpAtOnce", 7, 0, 0},
      {"HysteresisIsForTheWayBackOnly", 0, 0.66, 0},
  };
  for (const auto& c : cases) EXPECT_EQ(plan_flash_step(c.before, c.share), c.after) << c.name;
}

TEST(FlashStep, LengthensTheIntervalAsFarAsTheContractGoesBeforeItSlowsSampling) {
  for (std::size_t i = 1; i < std::size(kFlashSteps); ++i) {
    EXPECT_GT(kFlashSteps[i].from, kFlashSteps[i - 1].from);
    EXPECT_GE(kFlashSteps[i].bulk_interval, kFlashSteps[i - 1].bulk_interval);
    EXPECT_GE(kFlashSteps[i].sampling_factor, kFlashSteps[i - 1].sampling_factor);
    EXPECT_LE(kFlashSteps[i].bulk_interval, kBulkIntervalMax);
    if (kFlashSteps[i].sampling_factor > 1) EXPECT_EQ(kFlashSteps[i].bulk_interval, kBulkIntervalMax);
  }
  EXPECT_LT(kFlashSteps[std::size(kFlashSteps) - 1].from, 1);
}

/// A vehicle that makes a record a second and is on the road for `hours` a day. With no broker in sight: what is kept
/// costs more than what is sent. A commit costs what flash_bytes_test.cpp measures, whatever is in it, and then a
/// little for each record.
struct Vehicle {
  int hours = 0;
  Millis awake{0};
  std::uint64_t written = 0;

  void drive(FlashBudget& budget, int day) {
    const UtcTime morning = kNewYear + day * kDay;
    for (Millis driven = budget.bulk_interval(); driven <= hours * kHour; driven += budget.bulk_interval()) {
      const auto seconds = static_cast<std::uint64_t>(budget.bulk_interval() / Millis{1000});
      const auto factor = static_cast<std::uint64_t>(budget.forecast().sampling_factor);
      written += kFlashCommitBytes + 27 * seconds / factor;
      awake += budget.bulk_interval();
      budget.note(base::BootTime{awake}, morning + driven, written);
    }
  }
};

/// What `days` of it come to in a year, in GB.
double drive(FlashBudget& budget, int days, int hours) {
  Vehicle vehicle{.hours = hours};
  for (int day = 0; day < days; ++day) vehicle.drive(budget, day);
  return static_cast<double>(budget.forecast().bytes) / days * 365.25 / 1e9;
}

FlashBudget budget_of(double limit_gb_per_year) { return {limit_gb_per_year, Millis{1000}, kFileSystemBytes}; }

TEST(FlashBudget, KeepsAYearWithinEveryLimitThatIsAboveItsFloor) {
  const double floor = flash_floor_gb_per_year(Millis{1000}, kFileSystemBytes);
  for (const int hours : {1, 4, 12, 24}) {
    FlashBudget free = budget_of(0);
    const double would_be = drive(free, 30, hours);
    for (const double limit : {1.25 * floor, 2 * floor, 4.4, 20.0, 100.0}) {
      FlashBudget budget = budget_of(limit);
      const double is = drive(budget, 60, hours);
      EXPECT_LE(is, limit) << hours << " h a day would write " << would_be;
      EXPECT_FALSE(budget.forecast().exceeds());
      if (would_be < 0.6 * limit) EXPECT_NEAR(is, would_be, would_be * 0.02) << "nothing is taken away without need";
    }
  }
}

TEST(FlashBudget, SaysThatALimitBelowItsFloorIsExceeded) {
  const double floor = flash_floor_gb_per_year(Millis{1000}, kFileSystemBytes);
  FlashBudget budget = budget_of(0.5 * floor);
  EXPECT_GT(drive(budget, 30, 24), 0.5 * floor);
  EXPECT_TRUE(budget.forecast().exceeds());
  EXPECT_EQ(budget.forecast().step, std::size(kFlashSteps) - 1) << "nothing more can be done";
  EXPECT_FALSE(FlashForecast{}.exceeds()) << "no limit";
  FlashBudget kept = budget_of(0.5 * floor);
  drive(kept, 60, 8);
  EXPECT_FALSE(kept.forecast().exceeds()) << "the floor is of a vehicle that is on all day";
}

TEST(FlashFloor, IsOfTheRarestCommits) {
  EXPECT_NEAR(flash_floor_gb_per_year(Millis{1000}, 0), 52'596 * 9'700 / 1e9, 1e-6);
  EXPECT_NEAR(flash_floor_gb_per_year(Millis{1000}, 20'480), 1.587, 0.001);
  EXPECT_EQ(flash_floor_gb_per_year(kBulkIntervalMax, 0), flash_floor_gb_per_year(Millis{1}, 0));
  EXPECT_NEAR(flash_floor_gb_per_year(2 * kBulkIntervalMax, 0), flash_floor_gb_per_year(Millis{1}, 0) / 2, 1e-6);
}

TEST(FlashBudget, TakesNoStepWithoutALimit) {
  FlashBudget budget = budget_of(0);
  EXPECT_GT(drive(budget, 3, 24), 300);
  EXPECT_EQ(budget.forecast().step, 0U);
  EXPECT_EQ(budget.bulk_interval(), Millis{1000});
}

TEST(FlashBudget, NeverShortensAnInterval) {
  const struct {
    Millis configured, stepped;
  } cases[] = {{Millis{100}, kBulkIntervalMax}, {Millis{60'000}, kBulkIntervalMax}, {2 * kHour, 2 * kHour}};
  for (const auto& c : cases) {
    FlashBudget budget(0.001, c.configured, 0);
    budget.note(base::BootTime{}, {}, 1'000'000'000);
    EXPECT_EQ(budget.forecast().step, std::size(kFlashSteps) - 1);
    EXPECT_EQ(budget.bulk_interval(), c.stepped);
  }
}

// Measured on ext4, in blocks of 4096 bytes: docs/decisions/0019.
TEST(FlashBudget, AddsWhatTheFileSystemWritesOfItsOwn) {
  const struct {
    const char* name;
    Millis apart;
    int writes;
    double kib_each;
  } cases[] = {{"None", Millis{1'000}, 0, 0},           {"AtOnce", Millis{0}, 1'000, 0.02},
               {"EachSecond", Millis{1'000}, 200, 2.7}, {"EachTenth", Millis{10'000}, 60, 14.7},
               {"EachMinute", Millis{60'000}, 8, 20},   {"Rarest", kBulkIntervalMax, 8, 20}};
  for (const auto& c : cases) {
    FlashBudget budget = budget_of(0);
    budget.note(base::BootTime{}, {}, 0);
    EXPECT_EQ(budget.forecast().bytes, 0U) << c.name << ": nothing was changed";
    std::uint64_t written = 0;
    for (int i = 1; i <= c.writes; ++i) {
      written += 100;
      budget.note(base::BootTime{i * c.apart}, {}, written);
      budget.note(base::BootTime{i * c.apart}, {}, written);
    }
    const auto added = static_cast<double>(budget.forecast().bytes - written);
    EXPECT_NEAR(added / 1024, c.kib_each * c.writes, 0.02 * added / 1024) << c.name;
    EXPECT_NEAR(budget.account().bytes, static_cast<double>(written) + added, 0.01 * added) << c.name;
  }
}

TEST(FlashBudget, BelievesTheWallClockOnlySoFar) {
  const struct {
    const char* name;
    Millis jump;
    Millis counted;
  } cases[] = {
      {"StoodForANight", 12 * kHour, 12 * kHour},
      {"JumpsYearsAhead", 3650 * kDay, kFlashGapMax},
      {"JumpsBack", -365 * kDay, Millis{1000}},
      {"StoodForAMonth", 29 * kDay, 29 * kDay},
  };
  for (const auto& c : cases) {
    FlashBudget budget = budget_of(0);
    budget.note(base::BootTime{}, kNewYear, 1);
    budget.note(base::BootTime{Millis{1000}}, kNewYear + c.jump, 1);
    EXPECT_EQ(budget.account().age, c.counted) << c.name;
    budget.note(base::BootTime{Millis{2000}}, kNewYear + c.jump + Millis{1000}, 1);
    EXPECT_EQ(budget.account().age, c.counted + Millis{1000}) << c.name << ", once";
  }
}

TEST(FlashBudget, CountsTheBootAloneWhereNothingTellsTheTime) {
  FlashBudget budget = budget_of(0);
  budget.note(base::BootTime{}, {}, 1);
  budget.note(base::BootTime{Millis{5000}}, {}, 1);
  EXPECT_EQ(budget.account().age, Millis{5000});
}

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

Options with_limit(const std::filesystem::path& directory, double gb_per_year) {
  Options options = Rig::plain(directory);
  options.source_key.clear();
  options.flash_gb_per_year = gb_per_year;
  return options;
}

TEST(FlashBudget, OutlivesTheProcess) {
  TempDir dir;
  double before = 0;
  {
    Rig rig(with_limit(dir.path(), 0));
    rig.loop->set_anchor(kGnss);
    rig.open();
    for (int i = 0; i < 20; ++i) {
      rig.push(Lane::kBulk, numbered(i));
      rig.step_after(Millis{1000});
    }
    before = rig.loop->stats().flash.gb_per_year;
    EXPECT_GT(before, 0);
    rig.loop->finish(rig.now);
  }
  Rig rig(with_limit(dir.path(), 0));
  rig.open();
  EXPECT_GT(rig.loop->stats().flash.gb_per_year, 0.99 * before);
}

TEST(FlashBudget, ChargesABootThatDidNotEndCleanly) {
  TempDir dir;
  { Rig(with_limit(dir.path(), 0)).open(); }
  Rig rig(with_limit(dir.path(), 0));
  rig.open();
  EXPECT_GE(rig.loop->stats().flash.gb_per_year, static_cast<double>(kFlashSaveBytes) * 365 / 1e9);
}

TEST(FlashBudget, LengthensTheCommitIntervalOfTheLoop) {
  TempDir dir;
  Rig rig(with_limit(dir.path(), 0.001));
  rig.open();
  rig.flush();
  rig.step_after(Millis{1});
  EXPECT_EQ(rig.loop->stats().flash.bulk_interval, kBulkIntervalMax);
  rig.push(Lane::kBulk, numbered(1));
  rig.step_after(kBulkIntervalMax - Millis{1});
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 0U);
  rig.push(Lane::kEvent, numbered(2));
  rig.step_after(Millis{1});
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U);
  rig.step_after(Millis{250});
  EXPECT_EQ(rig.stats(Lane::kEvent).durable, 2U) << "events keep their time";
}

}  // namespace
}  // namespace odograph::outbox
