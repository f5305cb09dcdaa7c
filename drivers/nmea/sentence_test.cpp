#include "drivers/nmea/sentence.h"

#include <gtest/gtest.h>

#include <string>

#include "drivers/nmea/test_support.h"

namespace odograph::nmea {
namespace {

/// Which of a decoder's counters one sentence ends in, or what its epoch says; of a flawed one, both.
enum class Says { kFix, kVoid, kNothing, kUnknown, kMalformed, kFlawedFix, kFlawedVoid };

struct Case {
  const char* name;
  std::string text;
  Says says;
};

Says says(const Decoded& decoded) {
  const bool flawed = decoded.counters.malformed != 0;
  if (decoded.counters.unknown_type != 0) return Says::kUnknown;
  if (decoded.readings.empty()) return flawed ? Says::kMalformed : Says::kNothing;
  if (decoded.fix(0).position) return flawed ? Says::kFlawedFix : Says::kFix;
  return flawed ? Says::kFlawedVoid : Says::kVoid;
}

const Case kCases[] = {
    // RMC: status A, a mode other than N, all of the position.
    {"Rmc", "GPRMC,101530.00,A,5231.2000,N,01324.6000,E,19.44,084.4,210625,,,A", Says::kFix},
    {"RmcOldWithoutMode", "GPRMC,101530,A,5231.2,N,01324.6,E,19.44,84.4,210625,,", Says::kFix},
    {"RmcNavStatusVoidOnGoodFix", "GNRMC,101530.00,A,5231.20000,N,01324.60000,E,0.004,,210625,,,A,V", Says::kFix},
    {"RmcRtkMode", "GNRMC,101530.00,A,5231.20000,N,01324.60000,E,0.004,,210625,,,F,V", Says::kFix},
    {"RmcAnyTalker", "QZRMC,101530,A,5231.2,N,01324.6,E,,,210625,,,A", Says::kFix},
    {"RmcLatitudeOfFiveDigits", "GPRMC,101530,A,05231.2,N,01324.6,E,,,210625,,,A", Says::kFix},
    {"RmcBlanksAroundFields", "GPRMC,101530,A, 5231.2 ,N,01324.6,E, 1.0,,210625,,,A", Says::kFix},
    {"RmcMalformedDateKeepsPosition", "GPRMC,101530,A,5231.2,N,01324.6,E,,,2208-1,,,A", Says::kFlawedFix},
    {"RmcVoidWithMalformedDate", "GPRMC,101530.00,V,,,,,,,310225,,,N", Says::kFlawedVoid},
    {"RmcVoid", "GPRMC,101530.00,V,,,,,,,210625,,,N", Says::kVoid},
    {"RmcVoidWithCoordinates", "GPRMC,101530,V,5231.2,N,01324.6,E,19.44,84.4,210625,,,N", Says::kVoid},
    {"RmcVoidInSpiteOfMode", "GPRMC,101530,V,5231.2,N,01324.6,E,,,210625,,,A", Says::kVoid},
    {"RmcValidButModeN", "GPRMC,101530,A,5231.2,N,01324.6,E,,,210625,,,N", Says::kVoid},
    {"RmcWithoutHemisphere", "GPRMC,101530,A,5231.2,,01324.6,E,,,210625,,,A", Says::kVoid},
    {"RmcWithoutLongitude", "GPRMC,101530,A,5231.2,N,,E,,,210625,,,A", Says::kVoid},
    {"RmcExactlyZero", "GPRMC,101530,A,0000.0000,N,00000.0000,E,,,210625,,,A", Says::kVoid},
    {"RmcAllEmpty", "GPRMC,,V,,,,,,,,,,N", Says::kVoid},
    {"RmcOnTheEquator", "GPRMC,101530,A,0000.0000,N,00000.0010,W,,,210625,,,A", Says::kFix},
    {"RmcLatitude91", "GPRMC,101530,A,9100.0,N,01324.6,E,,,210625,,,A", Says::kFlawedVoid},
    {"RmcJustBeyondThePole", "GPRMC,101530,A,9000.0001,N,01324.6,E,,,210625,,,A", Says::kFlawedVoid},
    {"RmcThePole", "GPRMC,101530,A,9000.00,N,01324.6,E,,,210625,,,A", Says::kFix},
    {"RmcMinutes60", "GPRMC,101530,A,5260.0,N,01324.6,E,,,210625,,,A", Says::kFlawedVoid},
    {"RmcLatitude91WithoutTime", "GPRMC,,A,9100.0,N,01324.6,E,,,210625,,,A", Says::kMalformed},
    {"RmcLatitude91AtTime256199", "GPRMC,256199,A,9100.0,N,01324.6,E,,,210625,,,A", Says::kMalformed},
    {"RmcMinutes75", "GPRMC,101530,A,5275.0,N,01324.6,E,,,210625,,,A", Says::kFlawedVoid},
    {"RmcLetterInLatitude", "GPRMC,101530,A,45x0.123,N,01324.6,E,,,210625,,,A", Says::kFlawedVoid},
    {"RmcLongitude181", "GPRMC,101530,A,5231.2,N,18100.0,E,,,210625,,,A", Says::kFlawedVoid},
    {"RmcTime256199", "GPRMC,256199,A,5231.2,N,01324.6,E,,,210625,,,A", Says::kMalformed},
    {"RmcHemisphereX", "GPRMC,101530,A,5231.2,X,01324.6,E,,,210625,,,A", Says::kFlawedVoid},
    {"RmcHemispheresSwapped", "GPRMC,101530,A,5231.2,E,01324.6,N,,,210625,,,A", Says::kFlawedVoid},
    {"RmcStatusX", "GPRMC,101530,X,5231.2,N,01324.6,E,,,210625,,,A", Says::kFlawedVoid},
    {"RmcSpeedIsNan", "GPRMC,101530.00,A,5231.2,N,01324.6,E,nan,084.4,210625,,,A", Says::kFlawedVoid},
    {"RmcSpeedNegative", "GPRMC,101530.00,A,5231.2,N,01324.6,E,-1.0,084.4,210625,,,A", Says::kFlawedVoid},
    {"RmcCourse361", "GPRMC,101530.00,A,5231.2,N,01324.6,E,1.0,361,210625,,,A", Says::kFlawedVoid},
    {"RmcTooShort", "GPRMC,101530.00,A,5231.2,N,01324.6,E", Says::kFlawedVoid},
    {"RmcTwoRunTogether", "GPRMC,101530,A,5231.2,N,01324.6,E,,,210625,,,A,,,,,,,,,,,,,,,,,,", Says::kMalformed},
    // GGA: quality 1 to 8, three satellites from GP and GN.
    {"Gga", "GPGGA,101530,5231.2,N,01324.6,E,1,08,1.6,533.4,M,48.0,M,,0000", Says::kFix},
    {"GgaWithoutAltitude", "GPGGA,101530,5231.2,N,01324.6,E,1,08,1.6,,M,,M,,", Says::kFix},
    {"GgaEstimated", "GPGGA,101530,5231.2,N,01324.6,E,6,00,99.99,533.4,M,48.0,M,,", Says::kFix},
    {"GgaOfGlonassWithTwoSatellites", "GLGGA,101530,5231.2,N,01324.6,E,1,02,1.6,533.4,M,48.0,M,,", Says::kFix},
    {"GgaNoFix", "GPGGA,101530,,,,,0,00,99.99,,,,,,", Says::kVoid},
    {"GgaQualityZeroWithPosition", "GPGGA,101530,5231.2,N,01324.6,E,0,03,1.6,5,M,48.0,M,,", Says::kVoid},
    {"GgaQualityEmpty", "GPGGA,101530,5231.2,N,01324.6,E,,08,1.6,533.4,M,48.0,M,,", Says::kVoid},
    {"GgaTwoSatellites", "GPGGA,101530,5231.2,N,01324.6,E,1,02,1.6,533.4,M,48.0,M,,", Says::kVoid},
    {"GgaQuality9", "GPGGA,101530,5231.2,N,01324.6,E,9,08,1.6,533.4,M,48.0,M,,", Says::kVoid},
    {"GgaQualityX", "GPGGA,101530,5231.2,N,01324.6,E,X,08,1.6,533.4,M,48.0,M,,", Says::kFlawedVoid},
    {"GgaAltitudeInWords", "GPGGA,101530,5231.2,N,01324.6,E,1,08,1.6,high,M,48.0,M,,", Says::kFlawedVoid},
    {"GgaHdopNegative", "GPGGA,101530,5231.2,N,01324.6,E,1,08,-1.6,5,M,48.0,M,,", Says::kFlawedVoid},
    {"GgaLatitude91", "GPGGA,101530,9100.0,N,01324.6,E,1,08,1.6,533.4,M,48.0,M,,", Says::kFlawedVoid},
    {"GgaLatitude91WithoutTime", "GPGGA,,9100.0,N,01324.6,E,1,08,1.6,533.4,M,48.0,M,,", Says::kMalformed},
    // GNS: one system that has a fix.
    {"Gns", "GNGNS,101530,5231.2,N,01324.6,E,AN,09,1.1,33.4,48.0,,", Says::kFix},
    {"GnsNone", "GNGNS,101530,5231.2,N,01324.6,E,NNN,09,1.1,33.4,48.0,,", Says::kVoid},
    {"GnsEmpty", "GNGNS,101530,,,,,,00,,,,,", Says::kVoid},
    {"GnsDigitAsMode", "GNGNS,101530,5231.2,N,01324.6,E,1,09,1.1,33.4,48.0,,", Says::kFlawedVoid},
    {"GnsLongitude181", "GNGNS,101530,5231.2,N,18100.0,E,AN,09,1.1,33.4,48.0,,", Says::kFlawedVoid},
    // GLL.
    {"Gll", "GPGLL,5231.2,N,01324.6,E,101530,A,A", Says::kFix},
    {"GllVoid", "GPGLL,5231.2,N,01324.6,E,101530,V,N", Says::kVoid},
    {"GllWithoutStatus", "GPGLL,5231.2,N,01324.6,E", Says::kVoid},
    {"GllMinutes60WithoutTime", "GPGLL,5260.0,N,01324.6,E,,A,A", Says::kMalformed},
    {"GllMinutes60", "GPGLL,5260.0,N,01324.6,E,101530,A,A", Says::kFlawedVoid},
    // Time and nothing else begins no epoch.
    {"Zda", "GPZDA,101530.00,21,06,2025,00,00", Says::kNothing},
    {"ZdaMalformedDate", "GPZDA,101530.00,31,02,2025,00,00", Says::kMalformed},
    {"ZdaMalformedDateWithoutTime", "GPZDA,,31,02,2025,00,00", Says::kMalformed},
    {"ZdaEmpty", "GPZDA,,,,,,", Says::kNothing},
    {"ZdaTimeOfLetters", "GPZDA,10:15:30,21,06,2025,00,00", Says::kMalformed},
    {"Gst", "GPGST,101530,3.2,6.6,4.7,47.3,5.8,5.6,22.0", Says::kNothing},
    // Without a time of their own.
    {"Vtg", "GPVTG,84.4,T,,M,19.44,N,36.0,K,A", Says::kNothing},
    {"VtgCourseOfLetters", "GPVTG,x,T,,M,19.44,N,36.0,K,A", Says::kMalformed},
    {"Gsa", "GPGSA,A,3,04,17,13,23,,,,,,,,,2.7,2.5,1.0", Says::kNothing},
    {"GsaTooShort", "GPGSA,A,1,,,,", Says::kMalformed},
    {"GsaTooLong", "GPGSA,A,3,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,1,1,1", Says::kMalformed},
    {"Gsv", "GPGSV,3,1,11,23,78,065,35,13,69,222,40,04,52,292,41,20,49,093,32", Says::kNothing},
    // Not ours.
    {"Proprietary", "PGRMC,A,5231.2,N,01324.6,E,1,2,3,4,5,6", Says::kUnknown},
    {"ProprietaryThatLooksLikeRmc", "PxRMC,101530.00,A,5231.2,N,01324.6,E,1,2,210625,,,A", Says::kUnknown},
    {"InvalidTalker", "SNRSTAT,1,1,0,0,0", Says::kUnknown},
    {"Text", "GPTXT,01,01,02,ANTSTATUS=OK^2A", Says::kUnknown},
    {"TagOnly", "GPRMC", Says::kUnknown},
    {"Empty", "", Says::kUnknown},
};

TEST(Sentence, IsAFixVoidOrRefused) {
  for (const Case& row : kCases) EXPECT_EQ(says(decode(line(row.text))), row.says) << row.name;
}

TEST(Sentence, ZeroPositionIsAFixWhenAskedFor) {
  const DecoderSettings settings{.zero_position = ZeroPosition::kValid};
  EXPECT_EQ(says(decode(line("GPRMC,101530,A,0000.0000,N,00000.0000,E,,,210625,,,A"), settings)), Says::kFix);
}

TEST(Sentence, WithoutChecksumIsRefusedUnlessAskedFor) {
  const std::string bytes = "$GPRMC,101530,A,5231.2,N,01324.6,E,,,210625,,,A\r\n";
  EXPECT_EQ(says(decode(bytes)), Says::kNothing);
  EXPECT_EQ(says(decode(bytes, {.missing_checksum = MissingChecksum::kAccept})), Says::kFix);
}

TEST(Sentence, TellsExactIntegers) {
  const Decoded decoded =
      decode(line("GPRMC,101530.250,A,4134.49821229,N,09345.03351845,W,12.3456,359.999,210625,,,A") +
             line("GPGGA,101530.250,4134.49821229,N,09345.03351845,W,1,08,1.6,-533.456,M,48.0,M,,"));
  ASSERT_EQ(decoded.readings.size(), 1U);
  const model::Fix& fix = decoded.fix(0);
  EXPECT_EQ(fix.position, (model::Position{415'749'702, -937'505'586}));
  EXPECT_EQ(fix.speed_mmps, 6'351);  // 12.3456 * 1852 / 3.6 = 6351.125
  EXPECT_EQ(fix.course_cdeg, 0);     // 360.00 is 0.
  EXPECT_EQ(fix.alt_cm, -53'346);
  EXPECT_EQ(fix.hdop_centi, 160);
  EXPECT_EQ(fix.satellites, 8);
  EXPECT_EQ(fix.mode, model::FixMode::k3d);
  ASSERT_TRUE(fix.time);
  EXPECT_EQ(base::to_rfc3339(*fix.time), "2025-06-21T10:15:30.250Z");
}

TEST(Sentence, SouthIsNegative) {
  const Decoded decoded = decode(line("GPGLL,8959.99999999,S,18000.0000,W,101530,A,A"));
  ASSERT_EQ(decoded.readings.size(), 1U);
  EXPECT_EQ(decoded.fix(0).position, (model::Position{-900'000'000, -1'800'000'000}));
}

struct SpeedCase {
  const char* knots;
  std::int32_t mmps;
};

TEST(Sentence, KnotsAreMillimetresPerSecondToTheNearest) {
  const SpeedCase rows[] = {{"0.00", 0},     {"1", 514},      {"9", 4'630},           {"19.44", 10'001},
                            {"0.000971", 0}, {"0.000972", 1}, {"100.000001", 51'444}, {"64.794816414686825", 33'333}};
  for (const SpeedCase& row : rows) {
    const Decoded decoded =
        decode(line("GPRMC,101530,A,5231.2,N,01324.6,E," + std::string(row.knots) + ",,210625,,,A"));
    ASSERT_EQ(decoded.readings.size(), 1U) << row.knots;
    EXPECT_EQ(decoded.fix(0).speed_mmps, row.mmps) << row.knots;
    EXPECT_EQ(decoded.fix(0).course_cdeg, std::nullopt) << "an empty course is not north";
  }
}

TEST(Sentence, PlaceholderDopsTellNothing) {
  for (const char* hdop : {"99.99", "99.0", "0.00", "90", ""}) {
    const Decoded decoded = decode(line("GPGGA,101530,5231.2,N,01324.6,E,1,08," + std::string(hdop) + ",5,M,48,M,,"));
    ASSERT_EQ(decoded.readings.size(), 1U) << hdop;
    EXPECT_EQ(decoded.fix(0).hdop_centi, std::nullopt) << hdop;
    EXPECT_TRUE(decoded.fix(0).position) << hdop;
  }
}

}  // namespace
}  // namespace odograph::nmea
