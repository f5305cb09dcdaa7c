#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace odograph::agent {

/// What an eMMC tells of its own wear (from version 5.0 on).
struct FlashWear {
  int life_used_percent = 0;  ///< At the most, in steps of 10; 110 where it is worn beyond what it was made for.
  /// How many of the blocks that take the place of bad ones are used up.
  enum class Reserve { kUntold, kNormal, kWarning, kUrgent };
  Reserve reserve = Reserve::kUntold;  ///< kWarning from 80 % on, kUrgent from 90 % on.
};
/// As `status` tells it.
const char* to_string(FlashWear::Reserve reserve);

/// Of the device that `directory` is on; nothing where that is no eMMC, or tells nothing. `sysfs`: where the kernel
/// tells of devices.
std::optional<FlashWear> flash_wear_of(const std::filesystem::path& directory,
                                       const std::filesystem::path& sysfs = "/sys");

/// Where the kernel tells of the device or the partition that `directory` is on; nothing where it does not, as of
/// tmpfs, overlays and btrfs.
std::optional<std::filesystem::path> block_device_of(const std::filesystem::path& directory,
                                                     const std::filesystem::path& sysfs = "/sys");

/// What `block_device` was given to write since it is there, whoever wrote it; nothing if that is not told. Touches no
/// medium. Field 7 of https://docs.kernel.org/block/stat.html: sectors of 512 bytes, whatever the device's own are.
std::optional<std::uint64_t> device_bytes(const std::filesystem::path& block_device);

}  // namespace odograph::agent
