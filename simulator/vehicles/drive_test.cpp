#include "simulator/vehicles/drive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "lib/model/geo.h"

namespace odograph::vehicles {
namespace {

const base::UtcTime kStart = *base::from_rfc3339("2026-03-01T08:00:00Z");

TEST(Drive, TheSameSeedGivesTheSameDrive) {
  Drive a({.seed = 7, .start = kStart});
  Drive b({.seed = 7, .start = kStart});
  Drive other({.seed = 8, .start = kStart});
  bool differs = false;
  for (int i = 0; i < 3'600; ++i) {
    const auto line = to_nmea(a.next());
    EXPECT_EQ(line, to_nmea(b.next()));
    differs = differs || line != to_nmea(other.next());
  }
  EXPECT_TRUE(differs);
}

TEST(Drive, MovesAsItsSpeedSaysAndWithinACarsMeans) {
  Drive drive({.seed = 3, .start = kStart, .noise_m = 0});
  Moment before = drive.next();
  std::int32_t top = 0;
  for (int i = 0; i < 7'200; ++i) {
    const Moment now = drive.next();
    EXPECT_NEAR(model::distance_m(before.position, now.position), now.speed_mmps / 1000.0, 0.6) << i;
    EXPECT_LE(now.speed_mmps - before.speed_mmps, 1'501) << i;
    EXPECT_GE(now.speed_mmps - before.speed_mmps, -2'501) << i;
    top = std::max(top, now.speed_mmps);
    before = now;
  }
  EXPECT_GT(top, 120'000 / 3.6);
  EXPECT_LT(top, 150'000 / 3.6);
}

TEST(Drive, HasVoidsAndTunnels) {
  Drive drive({.seed = 5, .start = kStart});
  int silent = 0;
  int voids = 0;
  for (int i = 0; i < 3 * 3'600; ++i) {
    const Moment moment = drive.next();
    silent += moment.silent ? 1 : 0;
    voids += !moment.silent && !moment.valid ? 1 : 0;
  }
  EXPECT_GT(silent, 60);
  EXPECT_GT(voids, 10);
}

TEST(ToNmea, WritesSentencesAsAReceiverDoes) {
  const Moment moment{.time = *base::from_rfc3339("2010-04-03T11:22:28.037Z"),
                      .position = {473'326'400, -78'207'800},
                      .alt_dm = 5'334,
                      .speed_mmps = 12'346,
                      .course_cdeg = 4'205,
                      .hdop_deci = 16,
                      .satellites = 7};
  EXPECT_EQ(to_nmea(moment),
            "$GPRMC,112228.037,A,4719.95840,N,00749.24680,W,24.00,42.05,030410,,,A*78\r\n"
            "$GPGGA,112228.037,4719.95840,N,00749.24680,W,1,07,1.6,533.4,M,48.0,M,,0000*44\r\n"
            "$GPGSA,A,3,04,17,13,23,20,07,32,,,,,,2.5,1.6,1.9*3F\r\n"
            "$GPVTG,42.05,T,,M,24.00,N,,K,A*26\r\n");
}

TEST(ToNmea, SaysNothingInATunnelAndVoidWithoutAFix) {
  EXPECT_EQ(to_nmea({.time = kStart, .silent = true}), "");
  EXPECT_EQ(to_nmea({.time = kStart, .valid = false}).substr(0, 40), "$GPRMC,080000.000,V,,,,,,,010326,,,N*43\r");
}

}  // namespace
}  // namespace odograph::vehicles
