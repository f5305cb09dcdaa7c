// Sound sentences with impossible content: an epoch for each instant all the same, nothing believed that cannot be.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "drivers/nmea/test_support.h"

namespace odograph::nmea {
namespace {

const std::string kRmc = line("GPRMC,101530,A,5231.2,N,01324.6,E,19.44,84.4,210625,,,A");
const std::string kGga = line("GPGGA,101530,5231.3,N,01324.7,E,1,08,1.6,533.4,M,48.0,M,,");
const std::string kGll = line("GPGLL,5231.4,N,01324.8,E,101530,A,A");
const std::string kRmcBeyondThePole = line("GPRMC,101530,A,9100.0,N,01324.6,E,19.44,84.4,210625,,,A");
const std::string kRmcVoid = line("GPRMC,101530,V,,,,,,,210625,,,N");
const std::string kGgaMinutes60 = line("GPGGA,101530,5231.3,N,01360.0,E,1,08,1.6,533.4,M,48.0,M,,");
const std::string kGllLongitude181 = line("GPGLL,5231.4,N,18100.0,E,101530,A,A");

constexpr model::Position kOfRmc{525'200'000, 134'100'000};
constexpr model::Position kOfGga{525'216'667, 134'116'667};
constexpr model::Position kOfGll{525'233'333, 134'133'333};

std::string time_of(const model::Fix& fix) { return fix.time ? base::to_rfc3339(*fix.time) : "none"; }

struct PositionCase {
  const char* name;
  std::string bytes;
  std::optional<model::Position> position;
  std::uint64_t malformed;
};

TEST(Flawed, APositionThatCannotBeLeavesTheWordToTheInstantsOtherSentences) {
  const PositionCase rows[] = {
      {"RmcAlone", kRmcBeyondThePole, {}, 1},
      {"RmcAndVtg", kRmcBeyondThePole + line("GPVTG,90.5,T,,M,10.0,N,18.5,K,A"), {}, 1},
      {"RmcThenGga", kRmcBeyondThePole + kGga, kOfGga, 1},
      {"GgaThenRmc", kGga + kRmcBeyondThePole, kOfGga, 1},
      {"RmcThenGll", kRmcBeyondThePole + kGll, kOfGll, 1},
      {"RmcOfTwoTalkers", kRmcBeyondThePole + line("GNRMC,101530,A,5231.2,N,01324.6,E,9.72,,210625,,,A"), kOfRmc, 1},
      {"GgaThenRmcGood", kGgaMinutes60 + kRmc, kOfRmc, 1},
      {"RmcGoodThenGga", kRmc + kGgaMinutes60, kOfRmc, 1},
      {"GgaThenGll", line("GPRMC,101529,V,,,,,,,210625,,,N") + kGgaMinutes60 + kGll, kOfGll, 1},
      {"RmcGoodThenGll", kRmc + kGllLongitude181, kOfRmc, 1},
      {"AllOfThem", kRmcBeyondThePole + kGgaMinutes60 + kGllLongitude181, {}, 3},
      {"VoidRmcStillOutweighsGga", kRmcVoid + kGgaMinutes60 + kGga, {}, 1},
      {"OnlyTheOrdinary", kRmc + kGga + kGll, kOfRmc, 0},
  };
  for (const PositionCase& row : rows) {
    const Decoded decoded = decode(row.bytes);
    ASSERT_FALSE(decoded.readings.empty()) << row.name;
    const model::Fix& fix = fix_of(decoded.readings.back());
    EXPECT_EQ(time_of(fix), "2025-06-21T10:15:30.000Z") << row.name;
    EXPECT_EQ(fix.position, row.position) << row.name;
    EXPECT_EQ(fix.mode == model::FixMode::kNone, !row.position) << row.name;
    EXPECT_EQ(fix.speed_mmps.has_value(), row.position == kOfRmc) << row.name << ": only a sound RMC's is believed";
    EXPECT_EQ(decoded.counters.malformed, row.malformed) << row.name;
  }
}

TEST(Flawed, EveryInstantHasItsEpochAndOnlyOne) {
  const Decoded decoded = decode(line("GPRMC,101529,A,5231.2,N,01324.6,E,19.44,84.4,210625,,,A") + kRmcBeyondThePole +
                                 kGgaMinutes60 + line("GPRMC,101531,A,5231.2,N,18100.0,E,19.44,84.4,210625,,,A") +
                                 line("GPRMC,101532,A,5231.2,N,01324.6,E,19.44,84.4,210625,,,A"));
  ASSERT_EQ(decoded.readings.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(time_of(decoded.fix(i)), "2025-06-21T10:15:" + std::to_string(29 + i) + ".000Z");
    EXPECT_EQ(decoded.fix(i).position.has_value(), i == 0 || i == 3) << i;
  }
}

std::string rmc(const std::string& time, const std::string& date) {
  return line("GPRMC," + time + ",A,5231.2,N,01324.6,E,19.44,84.4," + date + ",,,A");
}

TEST(Flawed, ADateIsOneOfTheCalendarOrRefusedAndCounted) {
  for (const char* date : {"280226", "290224", "290200", "311226", "010126", "300426"}) {
    const Decoded decoded = decode(rmc("101530", date));
    ASSERT_EQ(decoded.readings.size(), 1U) << date;
    EXPECT_TRUE(decoded.fix(0).time) << date;
    EXPECT_FALSE(decoded.fix(0).time_uncertain) << date;
    EXPECT_EQ(decoded.counters.malformed, 0U) << date;
  }
  for (const char* date : {"310226", "290223", "290226", "000126", "011326", "010026", "320126", "310426", "000000",
                           "2208-1", "31022", "3102026", "-10226", "aabbcc"}) {
    const Decoded decoded = decode(rmc("101530", date));
    ASSERT_EQ(decoded.readings.size(), 1U) << date;
    EXPECT_EQ(time_of(decoded.fix(0)), "none") << date << ": no day was told before";
    EXPECT_TRUE(decoded.fix(0).time_uncertain) << date;
    EXPECT_TRUE(decoded.fix(0).position) << date << " costs the date, not the position";
    EXPECT_EQ(decoded.counters.malformed, 1U) << date;
  }
}

struct DayCase {
  const char* name;
  std::string bytes;
  std::vector<std::string> times;
  std::vector<bool> uncertain;
};

TEST(Flawed, AfterARefusedDateTheLastDayHoldsButIsUncertainUntilOneIsTold) {
  const std::string gga_next = line("GPGGA,101531,5231.3,N,01324.7,E,1,08,1.6,533.4,M,48.0,M,,");
  const DayCase rows[] = {
      {"UntilADateIsTold",
       rmc("101529", "270226") + rmc("101530", "310226") + gga_next + rmc("101532", "270226"),
       {"27T10:15:29", "27T10:15:30", "27T10:15:31", "27T10:15:32"},
       {false, true, true, false}},
      {"OverMidnight",
       rmc("235959", "270226") + rmc("000000", "310226") + rmc("000001", "280226"),
       {"27T23:59:59", "28T00:00:00", "28T00:00:01"},
       {false, true, false}},
      {"MidnightIsCountedOnce",
       rmc("235959", "270226") + rmc("000000", "310226") + rmc("000001", "310226"),
       {"27T23:59:59", "28T00:00:00", "28T00:00:01"},
       {false, true, true}},
      {"SmallStepBackIsNoMidnight",
       rmc("101530", "270226") + rmc("101529", "310226"),
       {"27T10:15:30", "27T10:15:29"},
       {false, true}},
      {"ZdaOfTheInstantTellsTheDay",
       rmc("101530", "310226") + line("GPZDA,101530,27,02,2026,00,00"),
       {"27T10:15:30"},
       {false}},
      {"RmcOfAnotherTalkerTellsTheDay",
       rmc("101530", "310226") + line("GNRMC,101530,A,5231.2,N,01324.6,E,,,270226,,,A"),
       {"27T10:15:30"},
       {false}},
      {"RefusedZdaDoesNotUnseatRmc",
       rmc("101530", "270226") + line("GPZDA,101530,31,02,2026,00,00"),
       {"27T10:15:30"},
       {false}},
  };
  for (const DayCase& row : rows) {
    const Decoded decoded = decode(row.bytes);
    std::vector<std::string> times;
    std::vector<bool> uncertain;
    for (const auto& reading : decoded.readings) {
      const std::string time = time_of(fix_of(reading));
      EXPECT_EQ(time.substr(0, 8), "2026-02-") << row.name;
      times.push_back(time.size() > 19 ? time.substr(8, 11) : time);
      uncertain.push_back(fix_of(reading).time_uncertain);
    }
    EXPECT_EQ(times, row.times) << row.name;
    EXPECT_EQ(uncertain, row.uncertain) << row.name;
  }
}

}  // namespace
}  // namespace odograph::nmea
