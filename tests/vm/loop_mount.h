#pragma once

#include <filesystem>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace odograph::vm {

/// Puts this process into a mount namespace of its own, so that its mounts are gone with it, whatever it dies of.
base::Status hide_mounts();

/// A disk that exists in memory, mounted as ext4 for as long as this lives: the kernel replays the journal as it would
/// at boot. Needs root.
class LoopMount {
 public:
  /// `kDrop` if the kernel refuses the file system.
  static base::Result<LoopMount> mount(const std::string& image, const std::filesystem::path& where);
  /// After `e2fsck -fy`.
  static base::Result<LoopMount> mend_and_mount(const std::string& image, const std::filesystem::path& where);
  LoopMount(LoopMount&& other) noexcept = default;
  LoopMount& operator=(LoopMount&& other) = delete;
  ~LoopMount();

 private:
  LoopMount() = default;
  static base::Result<LoopMount> mount_file(const base::UniqueFd& file, const std::filesystem::path& where);

  base::UniqueFd loop_;
  std::filesystem::path where_;  ///< Empty until it is mounted.
};

/// A directory to mount at, gone with it.
class MountPoint {
 public:
  MountPoint();
  ~MountPoint();
  MountPoint(const MountPoint&) = delete;
  MountPoint& operator=(const MountPoint&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace odograph::vm
