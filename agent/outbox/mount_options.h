#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace odograph::outbox {

/// One line of /proc/self/mountinfo, with its octal escapes undone. Layout: proc(5).
struct Mount {
  std::string point;    ///< Absolute path.
  std::string type;     ///< "ext4", "tmpfs", "fuse.sshfs".
  std::string source;   ///< "/dev/mmcblk0p2".
  std::string options;  ///< Of the mount and of the file system, comma separated, the latter last.
};

/// The mounts of `mountinfo` in its order; lines that are not of that form are left out.
std::vector<Mount> parse_mountinfo(std::string_view mountinfo);

/// How far a flush can be believed where the data directory is.
enum class Durability {
  kFull,        ///< Nothing is known that speaks against it.
  kBestEffort,  ///< A power cut may lose what was reported as durable.
};

struct MountFinding {
  Durability durability = Durability::kFull;
  std::string reason;  ///< "/data is mounted nobarrier (ext4)"; empty for kFull.
};

/// What the mounts say about `directory`, an absolute path without links. Told are: file systems in memory, options
/// that leave out the flush of the device's cache, an overlay that skips `fsync`, and an overlay whose upper layer is
/// any of these. A path that no mount covers, and a layer that this process cannot see, count as kFull.
///
/// Options: ext4(5), xfs(5), btrfs(5), and the kernel's Documentation/filesystems/f2fs.rst and overlayfs.rst.
MountFinding find_durability(std::string_view mountinfo, const std::filesystem::path& directory);

/// The same for the running system: reads `mountinfo`, and resolves links in `directory`. kFull where it cannot.
MountFinding durability_of(const std::filesystem::path& mountinfo, const std::filesystem::path& directory);

}  // namespace odograph::outbox
