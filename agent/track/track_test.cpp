#include "agent/track/track.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace odograph::track {
namespace {

namespace flag = model::flag;

const base::UtcTime kNow = *base::from_rfc3339("2026-11-22T12:00:00Z");  ///< At boot time 0.

Config live() {
  Config config;
  config.build_date = *base::from_rfc3339("2026-11-01T00:00:00Z");
  return config;
}

base::BootTime boot(std::int64_t s) { return base::BootTime{std::chrono::seconds{s}}; }

/// A good fix at second `s`, driving north at 10 m/s.
model::Fix fix_at(std::int64_t s) {
  model::Fix fix;
  fix.time = kNow + std::chrono::seconds{s};
  fix.mode = model::FixMode::k3d;
  fix.position = model::Position{470'000'000 + static_cast<std::int32_t>(s) * 899, 80'000'000};
  fix.alt_cm = 45'000;
  fix.speed_mmps = 10'000;
  fix.course_cdeg = 0;
  fix.hdop_centi = 90;
  fix.satellites = 9;
  return fix;
}

model::Fix void_at(std::int64_t s) {
  model::Fix fix;
  fix.time = kNow + std::chrono::seconds{s};
  return fix;
}

/// After three good fixes, at seconds 0 to 2.
Track settled(const Config& config) {
  Track track(config);
  for (std::int64_t s = 0; s < 3; ++s) track.on_fix(boot(s), fix_at(s), std::nullopt);
  return track;
}

TEST(Track, TranslatesWithoutLosingAnything) {
  Track track(live());
  const model::Record record = track.on_fix(boot(5), fix_at(5), std::nullopt).record;
  EXPECT_EQ(record.boot_time, boot(5));
  EXPECT_EQ(record.utc, std::nullopt) << "nothing is trusted yet";
  EXPECT_EQ(record.time_quality, model::TimeQuality::kNone);
  EXPECT_EQ(record.flags, 0U);
  EXPECT_EQ(record.mode, model::FixMode::k3d);
  EXPECT_EQ(record.position, fix_at(5).position);
  EXPECT_EQ(record.alt_cm, 45'000);
  EXPECT_EQ(record.speed_cmps, 1000);
  EXPECT_EQ(record.course_cdeg, 0);
  EXPECT_EQ(record.hdop_centi, 90);
  EXPECT_EQ(record.satellites, 9);
}

TEST(Track, RoundsSpeedToTheNearest) {
  const std::pair<std::int32_t, std::int32_t> rows[] = {
      {0, 0}, {4, 0}, {5, 1}, {14, 1}, {33'334, 3333}, {33'335, 3334}, {2'147'483'647, 214'748'365}};
  for (const auto& [mmps, cmps] : rows) {
    model::Fix fix = fix_at(0);
    fix.speed_mmps = mmps;
    EXPECT_EQ(Track(live()).on_fix(boot(0), fix, std::nullopt).record.speed_cmps, cmps) << mmps;
  }
}

TEST(Track, AVoidFixIsARecordWithoutPosition) {
  Track track = settled(live());
  const model::Record record = track.on_fix(boot(3), void_at(3), std::nullopt).record;
  EXPECT_EQ(record.mode, model::FixMode::kNone);
  EXPECT_EQ(record.position, std::nullopt);
  EXPECT_EQ(record.speed_cmps, std::nullopt);
  EXPECT_EQ(record.hdop_centi, std::nullopt) << "what an epoch does not tell is not kept from the one before";
  EXPECT_EQ(record.utc, kNow + std::chrono::seconds{3});
  EXPECT_EQ(record.flags, 0U);
  EXPECT_EQ(track.counters().fixes, 4U);
  EXPECT_EQ(track.counters().void_fixes, 1U);
}

struct FlagCase {
  const char* name;
  std::function<void(model::Fix&)> change;
  std::uint32_t flags;
};

const FlagCase kFlags[] = {
    {"Good", [](auto&) {}, 0},
    {"HdopAtTheWarningGate", [](auto& f) { f.hdop_centi = 500; }, 0},
    {"HdopAboveTheWarningGate", [](auto& f) { f.hdop_centi = 501; }, flag::kHdopWarn},
    {"HdopAtTheQualityGate", [](auto& f) { f.hdop_centi = 1000; }, flag::kHdopWarn},
    {"HdopAboveTheQualityGate", [](auto& f) { f.hdop_centi = 1001; }, flag::kHdopWarn | flag::kHdopBad},
    {"Hdop40", [](auto& f) { f.hdop_centi = 4000; }, flag::kHdopWarn | flag::kHdopBad},
    {"NoHdop", [](auto& f) { f.hdop_centi.reset(); }, 0},
    {"Latched", [](auto& f) { f.latched = true; }, flag::kLatched},
    {"Estimated", [](auto& f) { f.estimated = true; }, flag::kEstimated},
    {"Simulated", [](auto& f) { f.simulated = true; }, flag::kSimulated},
    {"DeadSea", [](auto& f) { f.alt_cm = -50'000; }, 0},
    {"UnderTheDeadSea", [](auto& f) { f.alt_cm = -50'001; }, flag::kAltitudeOdd},
    {"Everest", [](auto& f) { f.alt_cm = 900'000; }, 0},
    {"AboveEverest", [](auto& f) { f.alt_cm = 900'001; }, flag::kAltitudeOdd},
    {"NoAltitude", [](auto& f) { f.alt_cm.reset(); }, 0},
    {"SameTime", [](auto& f) { *f.time -= std::chrono::seconds{1}; }, flag::kTimeBackwards},
    {"EarlierTime", [](auto& f) { *f.time -= std::chrono::seconds{2}; }, flag::kTimeBackwards},
    {"MuchEarlierTime", [](auto& f) { *f.time -= std::chrono::seconds{9}; },
     flag::kTimeBackwards | flag::kTimeUncertain},
    {"MuchLaterTime", [](auto& f) { *f.time += std::chrono::seconds{9}; }, flag::kTimeUncertain},
    {"GuessedButRightTime", [](auto& f) { f.time_uncertain = true; }, 0},
    {"GuessedAndWrongTime", [](auto& f) { f.time_uncertain = true, *f.time += std::chrono::days{1}; },
     flag::kTimeUncertain},
    {"NoTime", [](auto& f) { f.time.reset(); }, 0},
    {"AKilometreOff", [](auto& f) { f.position->lon_e7 += 132'000; }, flag::kJump},
    {"OneRoundOfWeeksBehind", [](auto& f) { *f.time -= std::chrono::weeks{1024}; }, flag::kWeekRepaired},
    {"TwoAtOnce", [](auto& f) { f.latched = true, f.hdop_centi = 600; }, flag::kLatched | flag::kHdopWarn},
};

TEST(Track, FlagsAndLeavesThePositionAlone) {
  for (const FlagCase& row : kFlags) {
    SCOPED_TRACE(row.name);
    Track track = settled(live());
    model::Fix fix = fix_at(3);
    row.change(fix);
    const model::Record record = track.on_fix(boot(3), fix, std::nullopt).record;
    EXPECT_EQ(record.flags, row.flags);
    EXPECT_EQ(record.position, fix.position);
    EXPECT_EQ(record.alt_cm, fix.alt_cm);
    EXPECT_LE(std::chrono::abs(*record.utc - (kNow + std::chrono::seconds{3})), TrustedTime::kAgreement);
    for (std::size_t bit = 0; bit < kFlagCount; ++bit) {
      EXPECT_EQ(track.counters().flagged[bit], row.flags >> bit & 1U) << "bit " << bit;
    }
  }
}

TEST(Track, AGuessedTimeIsUncertainWhereNothingConfirmsIt) {
  model::Fix fix = fix_at(0);
  fix.time_uncertain = true;
  EXPECT_EQ(Track(live()).on_fix(boot(0), fix, std::nullopt).record.flags, flag::kTimeUncertain);
}

TEST(Track, AnchorsOnceAndStampsFromThere) {
  Track track(live());
  const base::SystemUtc rtc{kNow + std::chrono::hours{1}, false};
  const Tracked first = track.on_fix(boot(0), fix_at(0), rtc);
  ASSERT_TRUE(first.anchor.has_value());
  EXPECT_EQ(first.anchor->quality, model::TimeQuality::kRtc);
  EXPECT_EQ(first.record.utc, std::nullopt) << "the anchor may become a better one before it is sent";
  EXPECT_EQ(track.on_fix(boot(1), fix_at(1), rtc).anchor, std::nullopt);
  const Tracked third = track.on_fix(boot(2), fix_at(2), rtc);
  EXPECT_EQ(third.anchor, (Anchor{kNow.time_since_epoch(), model::TimeQuality::kGnss}));
  EXPECT_EQ(third.record.utc, fix_at(2).time);
  EXPECT_EQ(third.record.time_quality, model::TimeQuality::kGnss);
  const Tracked fourth = track.on_fix(boot(3), fix_at(3), rtc);
  EXPECT_EQ(fourth.anchor, std::nullopt);
  EXPECT_EQ(fourth.record.utc, fix_at(3).time);
}

const std::function<void(model::Fix&)> kNoTimeToTrust[] = {
    [](auto& f) { f = void_at(1); },
    [](auto& f) { f.latched = true; },
    [](auto& f) { f.simulated = true; },
    [](auto& f) { f.time_uncertain = true; },
    [](auto& f) { f.time = kNow; },  // that of the fix before
    [](auto& f) { f.time = *base::from_rfc3339("1980-01-06T00:00:01Z"); },
};

TEST(Track, TrustsNoTimeThatIsNotGood) {
  for (const auto& change : kNoTimeToTrust) {
    Track track(live());
    for (std::int64_t s = 0; s < 3; ++s) {
      model::Fix fix = fix_at(s);
      if (s == 1) change(fix);
      EXPECT_EQ(track.on_fix(boot(s), fix, std::nullopt).anchor, std::nullopt);
    }
  }
}

TEST(Track, RepairsWeeksAgainstASynchronisedClock) {
  // A program of 2026 in 2046: only the synchronised clock knows that the receiver's 2027 is 2046.
  const base::UtcTime later = kNow + std::chrono::weeks{1040};
  model::Fix fix = fix_at(0);
  fix.time = later - std::chrono::weeks{1024};
  EXPECT_EQ(Track(live()).on_fix(boot(0), fix, base::SystemUtc{later, true}).record.flags, flag::kWeekRepaired);
  EXPECT_EQ(Track(live()).on_fix(boot(0), fix, base::SystemUtc{later, false}).record.flags, 0U);
  Config off = live();
  off.week_repair = WeekRepair::kOff;
  EXPECT_EQ(Track(off).on_fix(boot(0), fix, base::SystemUtc{later, true}).record.flags, 0U);
}

TEST(Track, AReplayTakesTheRecordingsTimeAndSaysSo) {
  Config config = live();
  config.setting = Setting::kReplay;
  Track track(config);
  Tracked tracked;
  for (std::int64_t s = 0; s < 3; ++s) {
    model::Fix fix = fix_at(s);
    *fix.time -= std::chrono::weeks{1024};
    fix.simulated = true;
    tracked = track.on_fix(boot(s), fix, std::nullopt);
    EXPECT_EQ(tracked.record.flags, flag::kReplayed | flag::kSimulated);
  }
  EXPECT_EQ(tracked.record.utc, *fix_at(2).time - std::chrono::weeks{1024});
  EXPECT_TRUE(tracked.anchor.has_value());
}

TEST(Track, ReAnchorsAndCountsIt) {
  Track track = settled(live());
  std::optional<Anchor> anchor;
  for (std::int64_t s = 3; s <= 63; ++s) {
    model::Fix fix = fix_at(s);
    *fix.time += std::chrono::seconds{18};
    const Tracked tracked = track.on_fix(boot(s), fix, std::nullopt);
    EXPECT_EQ(tracked.record.flags, s < 63 ? flag::kTimeUncertain : 0U) << s;
    if (tracked.anchor) anchor = tracked.anchor;
  }
  EXPECT_EQ(anchor, (Anchor{kNow.time_since_epoch() + std::chrono::seconds{18}, model::TimeQuality::kGnss}));
  EXPECT_EQ(track.counters().re_anchored, 1U);
}

TEST(Track, ConfigNamesWhatIsWrong) {
  EXPECT_TRUE(validate(live()).has_value());
  for (const auto& [warn, bad] : {std::pair{0, 1000}, {9000, 9000}, {500, 499}, {500, 9000}}) {
    Config config = live();
    config.hdop_warn_centi = warn;
    config.hdop_bad_centi = bad;
    ASSERT_FALSE(validate(config).has_value()) << warn << ' ' << bad;
    EXPECT_EQ(validate(config).error().action, base::Action::kStop);
  }
}

}  // namespace
}  // namespace odograph::track
