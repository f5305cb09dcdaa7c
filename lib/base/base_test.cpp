#include <gtest/gtest.h>

#include <memory>

#include "lib/base/crc32c.h"
#include "lib/base/ids.h"
#include "lib/base/result.h"
#include "lib/base/test_folder.h"
#include "lib/base/time.h"
#include "lib/base/wake_fd.h"

namespace odograph::base {
namespace {

TEST(Result, HoldsAValueOrTheError) {
  Result<std::unique_ptr<int>> good = std::make_unique<int>(7);
  ASSERT_TRUE(good);
  EXPECT_EQ(**good, 7);
  Result<std::unique_ptr<int>> bad = retry_error("open /dev/x: no such device");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().action, Action::kRetry);
  EXPECT_EQ(bad.error().what, "open /dev/x: no such device");
}

TEST(ResultDeathTest, AskingAnErrorForItsValueEndsTheProgram) {
  Result<int> bad = drop_error("x");
  EXPECT_DEATH(static_cast<void>(*bad), "assertion failed");
}

TEST(Crc32c, AgreesWithTheStandardsCheckValues) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720 B.4
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, ContinuesWhereItsSeedEnded) {
  const std::string text = "positions and signals, in two parts";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(std::string_view(text).substr(cut), crc32c(std::string_view(text).substr(0, cut))), crc32c(text));
  }
}

TEST(Ids, HexIsSixteenDigitsBothWays) {
  EXPECT_EQ(to_hex16(0xAB), "00000000000000ab");
  EXPECT_EQ(from_hex16("00000000000000ab"), 0xABU);
  EXPECT_EQ(from_hex16(to_hex16(~0ULL)), ~0ULL);
  for (const char* bad : {"", "ab", "00000000000000ag", "00000000000000abc", "0x000000000000ab"}) {
    EXPECT_EQ(from_hex16(bad), std::nullopt) << bad;
  }
}

TEST(Ids, VehicleIdsAreShortAndPlain) {
  for (const char* good : {"a", "truck-17", "WVWZZZ1JZXW000001", "A.b_c-9"}) EXPECT_TRUE(is_vehicle_id(good)) << good;
  EXPECT_TRUE(is_vehicle_id(std::string(64, 'x')));
  for (const char* bad : {"", "a b", "a/b", "ü", "a\n"}) EXPECT_FALSE(is_vehicle_id(bad)) << bad;
  EXPECT_FALSE(is_vehicle_id(std::string(65, 'x')));
}

TEST(Ids, ABrokerIsAHostAndAPort) {
  for (const char* good : {"a:1", "broker-1.example.net:9094", "10.0.0.1:65535", "[::1]:9092"}) {
    EXPECT_TRUE(is_host_port(good)) << good;
  }
  for (const char* bad : {"", "a", ":1", "a:", "a:0", "a:65536", "a:1x", "::1:9092", "a b:1", "a:1,b:2", "tcp://a:1"}) {
    EXPECT_FALSE(is_host_port(bad)) << bad;
  }
}

struct TimeCase {
  const char* text;
  std::optional<std::int64_t> ms;
};

TEST(Time, ReadsWholeRfc3339AndRefusesTheRest) {
  const TimeCase cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2010-04-03T11:22:25.844Z", 1270293745844},
      {"2010-04-03T13:22:25.844+02:00", 1270293745844},
      {"2010-04-03 11:22:25.8445Z", 1270293745844},
      {"2016-12-31T23:59:60Z", 1483228799999},
      {"2024-02-30T00:00:00Z", {}},
      {"2024-13-01T00:00:00Z", {}},
      {"2024-01-01T24:00:00Z", {}},
      {"2024-01-01T00:00:00", {}},
      {"2024-01-01T00:00:00.Z", {}},
      {"2024-01-01T00:00:00Zx", {}},
      {"2024-1-01T00:00:00Z", {}},
  };
  for (const auto& c : cases) {
    const auto got = from_rfc3339(c.text);
    ASSERT_EQ(got.has_value(), c.ms.has_value()) << c.text;
    if (got) EXPECT_EQ(got->time_since_epoch().count(), *c.ms) << c.text;
  }
  EXPECT_EQ(to_rfc3339(UtcTime{Millis{1270293745844}}), "2010-04-03T11:22:25.844Z");
}

TEST(Time, TheVirtualClockNeverStepsBack) {
  VirtualClock clock{BootTime{Millis{100}}};
  clock.advance_to(BootTime{Millis{90}});
  EXPECT_EQ(clock.boot_now(), BootTime{Millis{100}});
  clock.advance_to(BootTime{Millis{110}});
  EXPECT_EQ(clock.boot_now(), BootTime{Millis{110}});
}

TEST(Time, TheRealClockRuns) {
  const RealClock clock;
  EXPECT_GT(clock.boot_now().time_since_epoch().count(), 0);
  ASSERT_TRUE(clock.utc_now());
}

TEST(TestFolder, GoesWithEverythingInIt) {
  std::filesystem::path path;
  {
    const TestFolder folder;
    const TestFolder other;
    path = folder.path();
    EXPECT_NE(path, other.path());
    const std::string file = folder.write("a", std::string("x\0y", 3));
    EXPECT_EQ(file, path / "a");
    EXPECT_EQ(std::filesystem::file_size(file), 3U);
    EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms{0600});
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace odograph::base
