#include "agent/track/trusted_time.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace odograph::track {
namespace {

using Fit = TrustedTime::Fit;
using Standing = TrustedTime::Standing;

const base::UtcTime kBuild = *base::from_rfc3339("2026-11-01T00:00:00Z");
const base::UtcTime kNow = *base::from_rfc3339("2026-11-22T12:00:00Z");  ///< At boot time 0.

base::BootTime boot(std::int64_t ms) { return base::BootTime{base::Millis{ms}}; }

struct Step {
  std::int64_t at_ms;
  std::int64_t off_ms;  ///< The receiver's time minus the truth.
  char what = 'g';      ///< Good, p(oor), n(othing told).
};

struct Case {
  const char* name;
  std::vector<Step> steps;
  /// Per step "-" without utc, else "=" (the fix's own) or "~" (the trusted one); "?" if it contradicts; "A<offset ms>"
  /// where it anchored (from kNow), "R<offset ms>" where anew.
  const char* expected;
};

std::string run(TrustedTime& time, const std::vector<Step>& steps) {
  std::string result;
  for (const Step& step : steps) {
    const base::UtcTime told = kNow + base::Millis{step.at_ms + step.off_ms};
    const auto verdict = time.on_fix(boot(step.at_ms), step.what == 'n' ? std::nullopt : std::optional(told),
                                     step.what == 'g' ? Standing::kGood : Standing::kPoor);
    result += !verdict.utc ? "-" : step.what != 'n' && *verdict.utc == told ? "=" : "~";
    if (verdict.fit == Fit::kContradicts) result += '?';
    if (verdict.anchor) {
      EXPECT_EQ(verdict.anchor->quality, model::TimeQuality::kGnss);
      result += verdict.anew ? 'R' : 'A';
      result += std::to_string((verdict.anchor->offset - kNow.time_since_epoch()).count());
    }
    result += ' ';
  }
  result.pop_back();
  return result;
}

const Case kLive[] = {
    {"TrustsTheThird", {{0, 0}, {1000, 0}, {2000, 0}, {3000, 0}}, "- - =A0 ="},
    {"OnceTrustedItIsSoAtOnce", {{0, 100}, {1000, 100}, {2000, 100}, {3000, 100}}, "- - =A100 ="},
    {"StepsWithin200ms", {{0, 0}, {1000, 200}, {2000, 0}}, "- - =A0"},
    {"AStepOff201msStartsOver", {{0, 0}, {1000, 201}, {2000, 201}, {3000, 201}}, "- - - =A201"},
    {"APoorFixStartsOver", {{0, 0}, {1000, 0}, {2000, 0, 'p'}, {3000, 0}, {4000, 0}, {5000, 0}}, "- - - - - =A0"},
    {"AnUntimedFixStartsOver", {{0, 0}, {1000, 0}, {2000, 0, 'n'}, {3000, 0}, {4000, 0}}, "- - - - -"},
    {"BeforeTheBuildDateNothingIsTrusted",
     {{0, -1'900'800'000}, {1000, -1'900'800'000}, {2000, -1'900'800'000}, {3000, -1'900'800'000}},
     "- - - -"},
    {"TheBuildDateItselfIs",
     {{0, -1'857'600'000}, {1000, -1'857'600'000}, {2000, -1'857'600'000}},
     "- - =A-1857600000"},
    {"AgreesUpTo2s", {{0, 0}, {1000, 0}, {2000, 0}, {3000, 2000}, {4000, -1999}}, "- - =A0 = ="},
    {"ContradictsFrom2s", {{0, 0}, {1000, 0}, {2000, 0}, {3000, 2001}, {4000, -2001}, {5000, 0}}, "- - =A0 ~? ~? ="},
    {"AVoidFixIsStampedToo",
     {{0, 0}, {1000, 0}, {2000, 0}, {3000, 50, 'p'}, {4000, 9999, 'p'}, {5000, 0, 'n'}},
     "- - =A0 = ~? ~"},
    {"NotBeforeItPersisted60s",
     {{0, 0}, {1000, 0}, {2000, 0}, {3000, 9000}, {33'000, 9000}, {62'999, 9000}},
     "- - =A0 ~? ~? ~?"},
    {"PersistedFor60s",
     {{0, 0}, {1000, 0}, {2000, 0}, {3000, 9000}, {33'000, 9000}, {63'000, 9000}, {64'000, 9000}},
     "- - =A0 ~? ~? =R9000 ="},
    {"TwoAreTooFewToPersist", {{0, 0}, {1000, 0}, {2000, 0}, {3000, 9000}, {90'000, 9000}}, "- - =A0 ~? ~?"},
    {"AgreeingOnceStartsThePersistingOver",
     {{0, 0}, {1000, 0}, {2000, 0}, {3000, 9000}, {33'000, 9000}, {34'000, 0}, {63'000, 9000}, {64'000, 9000}},
     "- - =A0 ~? ~? = ~? ~?"},
    {"AThirdTimeStartsThePersistingOver",
     {{0, 0}, {1000, 0}, {2000, 0}, {3000, 9000}, {33'000, 5000}, {63'000, 5000}, {64'000, 5000}},
     "- - =A0 ~? ~? ~? ~?"},
    {"PoorFixesDoNotPersist",
     {{0, 0}, {1000, 0}, {2000, 0}, {3000, 9000, 'p'}, {33'000, 9000, 'p'}, {64'000, 9000, 'p'}},
     "- - =A0 ~? ~? ~?"},
    {"The1980sDoNotPersist",
     {{0, 0}, {1000, 0}, {2000, 0}, {3000, -1'900'800'000}, {33'000, -1'900'800'000}, {64'000, -1'900'800'000}},
     "- - =A0 ~? ~? ~?"},
};

TEST(TrustedTime, TrustsGnssAfterThreeGoodFixes) {
  for (const Case& row : kLive) {
    TrustedTime time(Setting::kLive, kBuild);
    EXPECT_EQ(run(time, row.steps), row.expected) << row.name;
  }
}

TEST(TrustedTime, ARecordingMayBeOld) {
  TrustedTime time(Setting::kReplay, kBuild);
  EXPECT_EQ(run(time, {{0, -500'000'000'000}, {1000, -500'000'000'000}, {2000, -500'000'000'000}}),
            "- - =A-500000000000");
}

TEST(TrustedTime, ARecordingsReceiverMayNotKnowItsDateEither) {
  for (const char* date : {"1980-01-06T12:00:00Z", "2080-01-06T12:00:00Z"}) {
    TrustedTime time(Setting::kReplay, kBuild);
    const base::Millis told = *base::from_rfc3339(date) - kBuild;
    EXPECT_EQ(run(time, {{0, told.count()}, {1000, told.count()}, {2000, told.count()}, {3000, told.count()}}),
              "- - - -")
        << date;
  }
}

TEST(TrustedTime, FollowsAClockThatDrifts) {
  TrustedTime time(Setting::kLive, kBuild);
  // 1 ms every 10 s is 100 ppm: after a day 8.6 s.
  for (std::int64_t s = 0; s < 86'400; ++s) {
    const auto verdict = time.on_fix(boot(s * 1000), kNow + base::Millis{s * 1000 + s / 10}, Standing::kGood);
    ASSERT_NE(verdict.fit, Fit::kContradicts) << s;
  }
}

struct SystemStep {
  std::int64_t at_ms;
  std::int64_t off_ms;
  bool synchronised;
  const char* expected;  ///< Quality of a new anchor; empty for none.
};

const SystemStep kSystemSteps[] = {
    {0, -2'000'000'000, false, ""},  // before the build date: a board without a battery
    {1000, 5000, false, "rtc"},
    {2000, -7000, false, ""},  // jumps about
    {3000, -2'000'000'000, false, ""},
    {4000, 0, true, "ntp"},
    {5000, 60'000, false, ""},  // lost NTP and jumps
    {6000, 10, true, ""},
};

TEST(TrustedTime, TakesTheSystemClockForWantOfABetterOne) {
  TrustedTime time(Setting::kLive, kBuild);
  for (const SystemStep& step : kSystemSteps) {
    const base::SystemUtc system{kNow + base::Millis{step.at_ms + step.off_ms}, step.synchronised};
    const std::optional<Anchor> anchor = time.on_system_clock(boot(step.at_ms), system);
    EXPECT_EQ(anchor ? to_string(anchor->quality) : std::string(), step.expected) << step.at_ms;
    if (anchor) EXPECT_EQ(anchor->offset, kNow.time_since_epoch() + base::Millis{step.off_ms});
    EXPECT_EQ(time.utc_at(boot(step.at_ms)), std::nullopt) << "records wait for GNSS or for the anchor";
  }
  EXPECT_EQ(run(time, {{7000, 0}, {8000, 0}, {9000, 0}}), "- - =A0") << "GNSS is better than NTP";
  EXPECT_EQ(time.on_system_clock(boot(10'000), {kNow, true}), std::nullopt) << "and NTP not better than GNSS";
  EXPECT_EQ(time.utc_at(boot(10'000)), kNow + base::Millis{10'000});
}

TEST(TrustedTime, ASystemClockMeansNothingInAReplay) {
  TrustedTime time(Setting::kReplay, kBuild);
  EXPECT_EQ(time.on_system_clock(boot(0), {kNow, true}), std::nullopt);
}

struct WeekCase {
  const char* told;
  const char* reference;
  const char* expected;
};

const WeekCase kWeeks[] = {
    {"2026-11-22T12:00:00Z", "2026-11-01T00:00:00Z", "2026-11-22T12:00:00.000Z"},
    {"2007-04-08T12:00:00Z", "2026-11-01T00:00:00Z", "2026-11-22T12:00:00.000Z"},  // one round behind
    {"1987-08-23T12:00:00Z", "2026-11-01T00:00:00Z", "2026-11-22T12:00:00.000Z"},  // two
    {"2046-07-08T12:00:00Z", "2026-11-01T00:00:00Z", "2026-11-22T12:00:00.000Z"},  // one ahead
    {"2035-01-01T00:00:00Z", "2026-11-01T00:00:00Z", "2035-01-01T00:00:00.000Z"},  // an old program, a right date
    {"1980-01-06T00:00:00Z", "2026-11-01T00:00:00Z", "2019-04-07T00:00:00.000Z"},  // week 0: whatever, but in the past
    {"2019-04-07T00:00:01Z", "2039-01-01T00:00:00Z", "2038-11-21T00:00:01.000Z"},  // the next roll-over
};

TEST(NearestWeekEpoch, MovesByWholeRounds) {
  for (const WeekCase& row : kWeeks) {
    EXPECT_EQ(base::to_rfc3339(nearest_week_epoch(*base::from_rfc3339(row.told), *base::from_rfc3339(row.reference))),
              row.expected)
        << row.told;
  }
}

}  // namespace
}  // namespace odograph::track
