#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "drivers/nmea/test_support.h"

namespace odograph::nmea {
namespace {

using model::FixMode;

std::string rmc(const std::string& time, const std::string& date = "210625", const std::string& status = "A") {
  const std::string where = status == "A" ? "5231.2000,N,01324.6000,E,19.44,084.4" : ",,,,,";
  return line("GPRMC," + time + "," + status + "," + where + "," + date + ",,," + (status == "A" ? "A" : "N"));
}

std::string gga(const std::string& time, const std::string& talker = "GP") {
  return line(talker + "GGA," + time + ",5231.3000,N,01324.7000,E,1,08,1.6,533.4,M,48.0,M,,");
}

const std::string kVtg = line("GPVTG,90.5,T,,M,10.0,N,18.5,K,A");
const std::string kGsa3d = line("GPGSA,A,3,04,17,13,23,,,,,,,,,2.7,2.5,1.0");
const std::string kGsa2d = line("GPGSA,A,2,04,17,13,,,,,,,,,,2.7,2.5,1.0");

std::string time_of(const model::Fix& fix) { return fix.time ? base::to_rfc3339(*fix.time) : "none"; }

std::vector<std::string> times_of(const Decoded& decoded) {
  std::vector<std::string> times;
  for (const auto& reading : decoded.readings) times.push_back(time_of(fix_of(reading)).substr(0, 23));
  return times;
}

TEST(Epoch, IsOneReadingForOneInstantWhateverTellsIt) {
  const std::string one = gga("101530.00") + kGsa3d + rmc("101530") + kVtg + gga("101530.000", "GN") +
                          line("GPGLL,5231.2,N,01324.6,E,101530.00,A,A") + line("GPGST,101530,1,1,1,1,1,1,1") +
                          line("GPZDA,101530.00,21,06,2025,00,00");
  const Decoded decoded = decode(one + rmc("101531"));
  EXPECT_EQ(times_of(decoded), (std::vector<std::string>{"2025-06-21T10:15:30.000", "2025-06-21T10:15:31.000"}));
  const model::Fix& fix = decoded.fix(0);
  EXPECT_EQ(fix.position, (model::Position{525'200'000, 134'100'000})) << "RMC's position outweighs GGA's";
  EXPECT_EQ(fix.speed_mmps, 10'001) << "RMC's speed outweighs VTG's";
  EXPECT_EQ(fix.course_cdeg, 8'440);
  EXPECT_EQ(fix.alt_cm, 53'340);
  EXPECT_EQ(fix.hdop_centi, 160) << "GGA's HDOP outweighs GSA's";
  EXPECT_EQ(fix.satellites, 8);
  EXPECT_EQ(fix.mode, FixMode::k3d);
  EXPECT_FALSE(fix.latched) << "two talkers that tell the same instant are no latched receiver";
  EXPECT_EQ(decoded.readings[0].offset, one.size());
  EXPECT_EQ(decoded.readings[1].offset, one.size() + rmc("101531").size());
}

TEST(Epoch, AGsaBelongsToTheFixThatItComesBeforeInThisReceiversOrder) {
  const Decoded decoded =
      decode(gga("101530") + kGsa3d + rmc("101530") + kGsa2d + rmc("101531") + kGsa3d + rmc("101532") + kGsa2d);
  ASSERT_EQ(decoded.readings.size(), 3U);
  const FixMode expected[] = {FixMode::k3d, FixMode::k2d, FixMode::k3d};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(decoded.fix(i).mode, expected[i]) << i;
    EXPECT_EQ(decoded.fix(i).hdop_centi, i == 0 ? 160 : 250) << i;
  }
}

TEST(Epoch, TellsNothingThatWasNotToldInIt) {
  const Decoded decoded = decode(gga("101530") + kGsa3d + rmc("101530") + rmc("101531"));
  ASSERT_EQ(decoded.readings.size(), 2U);
  EXPECT_EQ(decoded.fix(1).alt_cm, std::nullopt);
  EXPECT_EQ(decoded.fix(1).hdop_centi, std::nullopt);
  EXPECT_EQ(decoded.fix(1).satellites, std::nullopt);
  EXPECT_EQ(decoded.fix(1).mode, FixMode::k2d) << "RMC alone says nothing about height";
}

struct ModeCase {
  const char* name;
  std::string bytes;
  FixMode mode;
};

TEST(Epoch, ModeIsGsasElseWhatGgaSupports) {
  const std::string three = "GPGGA,101530,5231.3,N,01324.7,E,1,03,1.6,533.4,M,48.0,M,,";
  const std::string no_altitude = "GPGGA,101530,5231.3,N,01324.7,E,1,08,1.6,,M,48.0,M,,";
  const ModeCase rows[] = {
      {"Gga", gga("101530"), FixMode::k3d},
      {"GgaAndGsa2d", gga("101530") + kGsa2d, FixMode::k2d},
      {"RmcAndGsa3d", rmc("101530") + kGsa3d, FixMode::k3d},
      {"GsaBeforeTheFirstEpoch", kGsa3d + rmc("101530"), FixMode::k3d},
      {"GgaOfThreeSatellites", line(three), FixMode::k2d},
      {"GgaWithoutAltitude", line(no_altitude), FixMode::k2d},
      {"GsaSaysNoFixRmcDoes", rmc("101530") + line("GPGSA,A,1,,,,,,,,,,,,,,,"), FixMode::k2d},
      {"VoidRmcOutweighsGgaAndGsa", gga("101530") + rmc("101530", "210625", "V") + kGsa3d, FixMode::kNone},
      {"VoidGgaOutweighsGll", line("GPGGA,101530,,,,,0,,,,,,,,") + line("GPGLL,5231.2,N,01324.6,E,101530,A,A"),
       FixMode::kNone},
      {"ValidRmcOutweighsVoidGga", line("GPGGA,101530,,,,,0,,,,,,,,") + rmc("101530"), FixMode::k2d},
      {"OneTalkersGgaIsEnough", line("GLGGA,101530,,,,,0,,,,,,,,") + gga("101530"), FixMode::k3d},
  };
  for (const ModeCase& row : rows) {
    const Decoded decoded = decode(row.bytes);
    ASSERT_EQ(decoded.readings.size(), 1U) << row.name;
    EXPECT_EQ(decoded.fix(0).mode, row.mode) << row.name;
    EXPECT_EQ(decoded.fix(0).position.has_value(), row.mode != FixMode::kNone) << row.name;
  }
}

TEST(Epoch, WithoutPositionKeepsItsTimeAndNothingThatGoesWithAPosition) {
  const Decoded decoded = decode(rmc("101530", "210625", "V") + gga("101530") + kVtg);
  ASSERT_EQ(decoded.readings.size(), 1U);
  EXPECT_EQ(time_of(decoded.fix(0)), "2025-06-21T10:15:30.000Z");
  EXPECT_EQ(decoded.fix(0).speed_mmps, std::nullopt);
  EXPECT_EQ(decoded.fix(0).course_cdeg, std::nullopt);
  EXPECT_EQ(decoded.fix(0).alt_cm, std::nullopt);
}

TEST(Epoch, VtgFillsWhatRmcDoesNotTell) {
  const Decoded decoded = decode(line("GPRMC,101530,A,5231.2,N,01324.6,E,,,210625,,,A") + kVtg + gga("101531") +
                                 line("GPVTG,90.5,T,,M,10.0,N,18.5,K,N") + gga("101532") + line("GPVTG,,T,,M,,N,,K,A"));
  ASSERT_EQ(decoded.readings.size(), 3U);
  EXPECT_EQ(decoded.fix(0).speed_mmps, 5'144);
  EXPECT_EQ(decoded.fix(0).course_cdeg, 9'050);
  EXPECT_EQ(decoded.fix(1).speed_mmps, std::nullopt) << "mode N";
  EXPECT_EQ(decoded.fix(2).speed_mmps, std::nullopt) << "empty";
}

TEST(Epoch, FlagsWhatIsNotMeasured) {
  const Decoded decoded = decode(line("GPRMC,101530,A,5231.2,N,01324.6,E,,,210625,,,E") +
                                 line("GPGGA,101531,5231.3,N,01324.7,E,8,05,1.6,533.4,M,48.0,M,,") +
                                 line("GNGNS,101532,5231.2,N,01324.6,E,EE,00,1.1,33.4,48.0,,") +
                                 line("GNGNS,101533,5231.2,N,01324.6,E,EA,09,1.1,33.4,48.0,,"));
  ASSERT_EQ(decoded.readings.size(), 4U);
  EXPECT_TRUE(decoded.fix(0).estimated);
  EXPECT_FALSE(decoded.fix(0).simulated);
  EXPECT_TRUE(decoded.fix(1).simulated);
  EXPECT_TRUE(decoded.fix(2).estimated);
  EXPECT_FALSE(decoded.fix(3).estimated);
}

struct TimeCase {
  const char* name;
  std::string bytes;
  std::vector<std::string> times;
  std::vector<bool> uncertain;
};

TEST(Epoch, TimeIsToldOrCountedOnFromTheLastDate) {
  const std::string none = "none";
  const TimeCase rows[] = {
      {"NoneBeforeADate",
       gga("101530") + rmc("101531") + gga("101532"),
       {none, "2025-06-21T10:15:31.000", "2025-06-21T10:15:32.000"},
       {false, false, false}},
      {"MidnightWithoutDates",
       rmc("235958") + gga("235959") + gga("000000") + gga("000001"),
       {"2025-06-21T23:59:58.000", "2025-06-21T23:59:59.000", "2025-06-22T00:00:00.000", "2025-06-22T00:00:01.000"},
       {false, false, true, true}},
      {"DateConfirmsTheGuess",
       rmc("235959") + gga("000000") + rmc("000001", "220625") + gga("000002"),
       {"2025-06-21T23:59:59.000", "2025-06-22T00:00:00.000", "2025-06-22T00:00:01.000", "2025-06-22T00:00:02.000"},
       {false, true, false, false}},
      {"DateOfTheSameEpochComesLast",
       rmc("235959") + gga("000000") + rmc("000000", "220625"),
       {"2025-06-21T23:59:59.000", "2025-06-22T00:00:00.000"},
       {false, false}},
      {"PairIsTrusted",
       rmc("235959") + rmc("000000", "210625"),
       {"2025-06-21T23:59:59.000", "2025-06-21T00:00:00.000"},
       {false, false}},
      {"SmallStepBackIsNoMidnight",
       rmc("101531") + gga("101530"),
       {"2025-06-21T10:15:31.000", "2025-06-21T10:15:30.000"},
       {false, false}},
      {"MalformedDate",
       rmc("101530", "2208-1") + rmc("101531") + rmc("101532", "310225"),
       {none, "2025-06-21T10:15:31.000", "2025-06-21T10:15:32.000"},
       {true, false, true}},
      {"Of1980AndOf2080",
       rmc("000013", "060180") + gga("000014") + line("GPZDA,000014,06,01,2080,,"),
       {"1980-01-06T00:00:13.000", "2080-01-06T00:00:14.000"},
       {false, false}},
      {"SameTimeOnAnotherDayIsAnotherInstant",
       rmc("120000") + rmc("120000", "220625"),
       {"2025-06-21T12:00:00.000", "2025-06-22T12:00:00.000"},
       {false, false}},
      {"ZdaBeforeItsEpoch",
       line("GPZDA,101530,21,06,2025,,") + gga("101530") + line("GPZDA,101531,22,06,2025,,") + gga("101531"),
       {"2025-06-21T10:15:30.000", "2025-06-22T10:15:31.000"},
       {false, false}},
      {"ZdaTwoSecondsAheadSwallowsNoFix",
       gga("101530") + line("GPZDA,101532,21,06,2025,,") + gga("101531") + line("GPZDA,101533,21,06,2025,,") +
           gga("101532") + line("GPZDA,101534,21,06,2025,,") + gga("101533"),
       {"2025-06-21T10:15:30.000", "2025-06-21T10:15:31.000", "2025-06-21T10:15:32.000", "2025-06-21T10:15:33.000"},
       {false, false, false, false}},
      {"MalformedZda",
       rmc("101530") + gga("101531") + line("GPZDA,101531,31,02,2025,,"),
       {"2025-06-21T10:15:30.000", "2025-06-21T10:15:31.000"},
       {false, true}},
      {"LeapSecond",
       rmc("235959") + rmc("235960") + rmc("000000", "220625"),
       {"2025-06-21T23:59:59.000", "2025-06-21T23:59:59.999", "2025-06-22T00:00:00.000"},
       {false, false, false}},
  };
  for (const TimeCase& row : rows) {
    const Decoded decoded = decode(row.bytes);
    std::vector<bool> uncertain;
    for (const auto& reading : decoded.readings) uncertain.push_back(fix_of(reading).time_uncertain);
    EXPECT_EQ(times_of(decoded), row.times) << row.name;
    EXPECT_EQ(uncertain, row.uncertain) << row.name;
  }
}

TEST(Epoch, OfALeapSecondSaysSo) {
  const Decoded decoded = decode(rmc("235960") + rmc("000000", "220625"));
  ASSERT_EQ(decoded.readings.size(), 2U);
  EXPECT_TRUE(decoded.fix(0).leap_second);
  EXPECT_FALSE(decoded.fix(1).leap_second);
}

TEST(Epoch, OfALatchedReceiverIsFlaggedAndStaysOne) {
  const Decoded decoded = decode(gga("101529") + gga("101530") + gga("101530") + gga("101530") + gga("101531"));
  ASSERT_EQ(decoded.readings.size(), 3U);
  EXPECT_FALSE(decoded.fix(0).latched);
  EXPECT_TRUE(decoded.fix(1).latched);
  EXPECT_FALSE(decoded.fix(2).latched);
}

TEST(Epoch, LateSentencesAreCountedAndMakeNoSecondEpoch) {
  const std::string gll = "GPGLL,5231.2,N,01324.6,E,";
  const Decoded decoded = decode(rmc("101530") + rmc("101531") + line(gll + "101530,A,A") + rmc("101532") +
                                 line(gll + "101531,A,A") + rmc("101533"));
  EXPECT_EQ(decoded.readings.size(), 4U);
  EXPECT_EQ(decoded.counters.late, 2U);
}

TEST(Epoch, OfAReceiverWithoutClockIsSeenOnceACycle) {
  const std::string cycle = line("GPRMC,,V,,,,,,,,,,N") + line("GPVTG,,,,,,,,,N") +
                            line("GPGGA,,,,,,0,00,99.99,,,,,,") + line("GPGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99") +
                            line("GPGLL,,,,,,V,N");
  const Decoded decoded = decode(cycle + cycle + cycle + rmc("101530"));
  EXPECT_EQ(times_of(decoded), (std::vector<std::string>{"none", "none", "none", "2025-06-21T10:15:30.000"}));
  EXPECT_EQ(decoded.fix(0).mode, FixMode::kNone);
}

}  // namespace
}  // namespace odograph::nmea
