// What an eMMC tells of its wear, read from a made-up sysfs, and how status and metrics tell it.
#include "agent/flash_wear.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <string>

#include "agent/metrics.h"
#include "agent/status.h"
#include "lib/base/test_folder.h"

namespace odograph::agent {
namespace {

namespace fs = std::filesystem;
using Reserve = FlashWear::Reserve;
using testing::HasSubstr;
using testing::Not;

struct Case {
  const char* name = nullptr;
  const char* life = nullptr;     ///< Nothing: no such file.
  const char* reserve = nullptr;  ///< The same.
  int percent = 0;                ///< 0: nothing is told.
  Reserve told = Reserve::kUntold;
};

const Case kCases[] = {
    {"New", "0x01 0x01\n", "0x01\n", 10, Reserve::kNormal},
    {"TheMoreWornPartCounts", "0x02 0x0A\n", "0x02\n", 100, Reserve::kWarning},
    {"OneTypeIsNotThere", "0x03 0x00\n", "0x03\n", 30, Reserve::kUrgent},
    {"BeyondItsLife", "0x0b 0x01\n", nullptr, 110, Reserve::kUntold},
    {"ReserveNotDefined", "0x01 0x01\n", "0x00\n", 10, Reserve::kUntold},
    {"ReserveOfAnotherKind", "0x01 0x01\n", "0x07\n", 10, Reserve::kUntold},
    {"NotAnEmmc", nullptr, nullptr, 0, Reserve::kUntold},
    {"NotDefined", "0x00 0x00\n", "0x01\n", 0, Reserve::kUntold},
    {"NoStepOfTheStandard", "0x0c 0x01\n", "0x01\n", 0, Reserve::kUntold},
    {"Negative", "-1 0x01\n", "0x01\n", 0, Reserve::kUntold},
    {"OneNumber", "0x01\n", "0x01\n", 0, Reserve::kUntold},
    {"NoNumber", "worn\n", "0x01\n", 0, Reserve::kUntold},
    {"Empty", "", "", 0, Reserve::kUntold},
};

void put(const fs::path& file, const char* text) {
  if (text != nullptr) std::ofstream(file) << text;
}

/// The disk `mmcblk0` with the partition that `directory` seems to be on, as the kernel lays them out.
void make_sysfs(const fs::path& sysfs, const fs::path& directory, const Case& c) {
  const fs::path disk = sysfs / "devices/mmc0/block/mmcblk0";
  fs::create_directories(disk / "mmcblk0p2");
  fs::create_directories(disk / "device");
  fs::create_directories(sysfs / "dev/block");
  put(disk / "device/life_time", c.life);
  put(disk / "device/pre_eol_info", c.reserve);
  struct stat file {};
  ASSERT_EQ(::stat(directory.c_str(), &file), 0);
  const std::string number = std::to_string(major(file.st_dev)) + ":" + std::to_string(minor(file.st_dev));
  fs::create_directory_symlink(disk / "mmcblk0p2", sysfs / "dev/block" / number);
}

class ToldWear : public testing::TestWithParam<Case> {};

TEST_P(ToldWear, IsWhatTheDiskOfThePartitionSays) {
  const Case& c = GetParam();
  const base::TestFolder dir;
  make_sysfs(dir.path() / "sys", dir.path(), c);
  const auto wear = flash_wear_of(dir.path(), dir.path() / "sys");
  ASSERT_EQ(wear.has_value(), c.percent > 0);
  if (!wear) return;
  EXPECT_EQ(wear->life_used_percent, c.percent);
  EXPECT_EQ(wear->reserve, c.told);
}

INSTANTIATE_TEST_SUITE_P(FlashWear, ToldWear, testing::ValuesIn(kCases),
                         [](const auto& row) { return row.param.name; });

TEST(FlashWear, IsUntoldWhereTheDirectoryOrItsDeviceIsUnknown) {
  const base::TestFolder dir;
  EXPECT_FALSE(flash_wear_of(dir.path(), dir.path() / "sys"));
  EXPECT_FALSE(flash_wear_of(dir.path() / "none", "/sys"));
}

TEST(DeviceBytes, AreThePartitionsSectors) {
  const struct {
    const char* name;
    const char* stat;
    std::optional<std::uint64_t> bytes;
  } cases[] = {
      {"Partition", "  11 0 88 4 1200 34 2048 77 0 9 81 0 0 0 0 3 2\n", 2048 * 512},
      {"OldKernel", "1 2 3 4 5 6 7 8 9 10 11\n", 7 * 512},
      {"Beyond32Bits", "1 2 3 4 5 6 123456789012 8 9 10 11\n", 123'456'789'012 * 512},
      {"CutShort", "1 2 3 4 5 6\n", {}},
      {"NoNumbers", "worn\n", {}},
      {"Empty", "", {}},
      {"NoSuchFile", nullptr, {}},
  };
  for (const auto& c : cases) {
    const base::TestFolder dir;
    make_sysfs(dir.path() / "sys", dir.path(), kCases[0]);
    put(dir.path() / "sys/devices/mmc0/block/mmcblk0/mmcblk0p2/stat", c.stat);
    put(dir.path() / "sys/devices/mmc0/block/mmcblk0/stat", "0 0 0 0 0 0 999 0 0 0 0\n");
    const auto device = block_device_of(dir.path(), dir.path() / "sys");
    ASSERT_TRUE(device) << c.name;
    EXPECT_EQ(device_bytes(*device), c.bytes) << c.name;
  }
  EXPECT_FALSE(block_device_of("/none", "/sys"));
}

TEST(DeviceBytes, AreInStatusAndMetricsWhereTheyAreTold) {
  Snapshot now;
  const auto metrics_of = [](const Snapshot& of) {
    return service::Metrics([&](service::Metrics& to) { put_metrics(of, to); }).text();
  };
  EXPECT_THAT(to_json(now), Not(HasSubstr("device_bytes")));
  EXPECT_THAT(metrics_of(now), Not(HasSubstr("odograph_flash_device_bytes_total")));
  now.device_bytes = 4'096;
  EXPECT_THAT(to_json(now), HasSubstr(R"("device_bytes": 4096)"));
  EXPECT_THAT(metrics_of(now), HasSubstr("odograph_flash_device_bytes_total 4096\n"));
}

TEST(FlashWear, IsInStatusAndMetrics) {
  Snapshot now;
  const auto metrics_of = [](const Snapshot& of) {
    return service::Metrics([&](service::Metrics& to) { put_metrics(of, to); }).text();
  };
  EXPECT_THAT(to_json(now), Not(HasSubstr("life_used_percent")));
  EXPECT_THAT(*to_words(to_json(now)), Not(HasSubstr("its life")));
  EXPECT_THAT(metrics_of(now), Not(HasSubstr("odograph_flash_life_used")));
  now.flash_wear = FlashWear{.life_used_percent = 80, .reserve = Reserve::kWarning};
  EXPECT_THAT(to_json(now), HasSubstr(R"("life_used_percent": 80)"));
  EXPECT_THAT(*to_words(to_json(now)),
              HasSubstr("; the eMMC tells that up to 80 % of its life are used, reserve warning"));
  EXPECT_THAT(metrics_of(now), HasSubstr("odograph_flash_life_used_ratio 0.8\n"));
  EXPECT_THAT(metrics_of(now), HasSubstr("odograph_flash_reserve_state 2\n"));
}

}  // namespace
}  // namespace odograph::agent
