#include "lib/config/notation.h"

#include <gtest/gtest.h>

namespace odograph::config {
namespace {

TEST(Duration, ReadsAWholeNumberAndAUnit) {
  using std::chrono::hours;
  EXPECT_EQ(parse_duration("20ms"), base::Millis{20});
  EXPECT_EQ(parse_duration("1s"), base::Millis{1000});
  EXPECT_EQ(parse_duration("5min"), base::Millis{300'000});
  EXPECT_EQ(parse_duration("24h"), base::Millis{hours{24}});
  EXPECT_EQ(parse_duration("7d"), base::Millis{hours{168}});
  EXPECT_EQ(parse_duration("0s"), base::Millis{0});
  EXPECT_EQ(parse_duration("36500d"), base::Millis{hours{24 * 36500}});
  for (const char* bad : {"", "20", "ms", "-1s", "+1s", "1.5s", "1 s", " 1s", "1s ", "1m", "1S", "1h30min", "36501d",
                          "99999999999999999999ms", "9223372036854775807h"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Duration, IsWrittenInTheLargestWholeUnit) {
  EXPECT_EQ(format_duration(base::Millis{0}), "0ms");
  EXPECT_EQ(format_duration(base::Millis{1500}), "1500ms");
  EXPECT_EQ(format_duration(base::Millis{90'000}), "90s");
  EXPECT_EQ(format_duration(base::Millis{300'000}), "5min");
  EXPECT_EQ(format_duration(std::chrono::hours{24}), "1d");
}

TEST(Bytes, ReadsAWholeNumberAndABinaryUnit) {
  EXPECT_EQ(parse_bytes("0B"), 0U);
  EXPECT_EQ(parse_bytes("512B"), 512U);
  EXPECT_EQ(parse_bytes("64KiB"), 64U << 10);
  EXPECT_EQ(parse_bytes("256MiB"), 256U << 20);
  EXPECT_EQ(parse_bytes("8GiB"), 8ULL << 30);
  for (const char* bad : {"", "256", "MiB", "-1B", "1.5GiB", "1 MiB", "1MB", "1kB", "1mib", "1073741824GiB"}) {
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(format_bytes(256U << 20), "256MiB");
  EXPECT_EQ(format_bytes(1025), "1025B");
  EXPECT_EQ(format_bytes(0), "0B");
}

TEST(Number, KeepsItsPointAndItsValue) {
  EXPECT_EQ(format_number(2.5), "2.5");
  EXPECT_EQ(format_number(120), "120.0");
  EXPECT_EQ(format_number(1e300), "1e+300");
}

TEST(Quote, EscapesWhatTomlCannotHold) {
  EXPECT_EQ(quote("a"), R"("a")");
  EXPECT_EQ(quote(R"(C:\x "y")"), R"("C:\\x \"y\"")");
  EXPECT_EQ(quote("a\nb\x7F"), R"("a\u000Ab\u007F")");
  EXPECT_EQ(quote("Zürich"), R"("Zürich")");
}

}  // namespace
}  // namespace odograph::config
