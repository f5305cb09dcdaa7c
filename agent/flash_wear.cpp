#include "agent/flash_wear.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <fstream>
#include <ios>
#include <string>
#include <system_error>

namespace odograph::agent {
namespace fs = std::filesystem;
namespace {

constexpr int kWornOut = 11;  // The last of the steps of 10 %.

}  // namespace

const char* to_string(FlashWear::Reserve reserve) {
  switch (reserve) {
    case FlashWear::Reserve::kUntold: break;
    case FlashWear::Reserve::kNormal: return "normal";
    case FlashWear::Reserve::kWarning: return "warning";
    case FlashWear::Reserve::kUrgent: return "urgent";
  }
  return "untold";
}

std::optional<fs::path> block_device_of(const fs::path& directory, const fs::path& sysfs) {
  struct stat file {};
  if (::stat(directory.c_str(), &file) != 0) return std::nullopt;
  const std::string number = std::to_string(major(file.st_dev)) + ":" + std::to_string(minor(file.st_dev));
  std::error_code error;
  auto block = fs::canonical(sysfs / "dev/block" / number, error);
  if (error) return std::nullopt;
  return block;
}

std::optional<FlashWear> flash_wear_of(const fs::path& directory, const fs::path& sysfs) {
  const auto block = block_device_of(directory, sysfs);
  if (!block) return std::nullopt;
  // A partition lies in its disk, which is the device's.
  for (const fs::path& disk : {*block, block->parent_path()}) {
    int type_a = 0;
    int type_b = 0;
    std::ifstream life(disk / "device/life_time");
    if (!(life >> std::hex >> type_a >> type_b)) continue;
    // A part that is not used, or whose wear is not told, is 0.
    const int step = std::max(type_a, type_b);
    if (std::min(type_a, type_b) < 0 || step < 1 || step > kWornOut) return std::nullopt;
    FlashWear wear{.life_used_percent = step * 10};
    int reserve = 0;
    std::ifstream reserved(disk / "device/pre_eol_info");
    if (reserved >> std::hex >> reserve && reserve >= 1 && reserve <= 3) {
      wear.reserve = static_cast<FlashWear::Reserve>(reserve);
    }
    return wear;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> device_bytes(const fs::path& block_device) {
  constexpr int kSectorsWritten = 7;
  constexpr std::uint64_t kSectorBytes = 512;
  std::ifstream stat(block_device / "stat");
  std::uint64_t value = 0;
  for (int i = 0; i < kSectorsWritten; ++i) {
    if (!(stat >> value)) return std::nullopt;
  }
  return value * kSectorBytes;
}

}  // namespace odograph::agent
