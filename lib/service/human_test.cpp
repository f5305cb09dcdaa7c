#include "lib/service/human.h"

#include <gtest/gtest.h>

#include <limits>

namespace odograph::service {
namespace {

using base::Millis;

TEST(HumanCount, GroupsThousands) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1,000");
  EXPECT_EQ(human_count(41212), "41,212");
  EXPECT_EQ(human_count(1234567), "1,234,567");
  EXPECT_EQ(human_count(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(HumanDuration, SaysTheLargestUnitOfWhichThereAreTwo) {
  const std::pair<Millis, const char*> rows[] = {{Millis{-5}, "0 s"},
                                                 {Millis{999}, "0 s"},
                                                 {Millis{1000}, "1 s"},
                                                 {Millis{119'999}, "119 s"},
                                                 {Millis{120'000}, "2 min"},
                                                 {Millis{180'000}, "3 min"},
                                                 {Millis{7'199'999}, "119 min"},
                                                 {Millis{7'200'000}, "2 h"},
                                                 {std::chrono::hours{47}, "47 h"},
                                                 {std::chrono::hours{48}, "2 d"},
                                                 {std::chrono::hours{9 * 24 + 23}, "9 d"}};
  for (const auto& [duration, text] : rows) EXPECT_EQ(human_duration(duration), text);
}

TEST(HumanBytes, KeepsThreeDigits) {
  const std::pair<std::uint64_t, const char*> rows[] = {{0, "0 B"},
                                                        {1023, "1023 B"},
                                                        {1024, "1.0 KiB"},
                                                        {1536, "1.5 KiB"},
                                                        {64U << 10, "64.0 KiB"},
                                                        {256U << 20, "256 MiB"},
                                                        {(256U << 20) - 1, "255 MiB"},
                                                        {8ULL << 30, "8.0 GiB"},
                                                        {std::numeric_limits<std::uint64_t>::max(), "15.9 EiB"}};
  for (const auto& [bytes, text] : rows) EXPECT_EQ(human_bytes(bytes), text);
}

TEST(ProgressLine, ShowsLabelShareBarAndTime) {
  const Progress half{0.42, Millis{180'000}, "drive.nmea"};
  EXPECT_EQ(progress_line(half, 50), "drive.nmea  42 % [########............] 3 min left");
  EXPECT_EQ(progress_line({0, std::nullopt, ""}, 20), "  0 % [............]");
  EXPECT_EQ(progress_line({1, std::nullopt, ""}, 20), "100 % [############]");
}

TEST(ProgressLine, GivesWayInANarrowTerminal) {
  const Progress half{0.5, Millis{180'000}, "drive.nmea"};
  EXPECT_EQ(progress_line(half, 29), "drive.nmea  50 % [#####.....]");
  EXPECT_EQ(progress_line(half, 20), "drive.nmea  50 %");
  EXPECT_EQ(progress_line(half, 10), " 50 %");
  EXPECT_EQ(progress_line(half, 0), "");
  for (std::size_t width = 0; width < 200; ++width) EXPECT_LE(progress_line(half, width).size(), width);
}

TEST(ProgressLine, TakesAnyFraction) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double low : {-1.0, nan}) EXPECT_EQ(progress_line({low, std::nullopt, ""}, 5), "  0 %");
  EXPECT_EQ(progress_line({1e300, std::nullopt, ""}, 5), "100 %");
}

}  // namespace
}  // namespace odograph::service
