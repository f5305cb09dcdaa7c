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
  LoopMount(LoopMount&& other) noexcept = default;
  LoopMount& operator=(LoopMount&& other) = delete;
  ~LoopMount();

 private:
  LoopMount() = default;
  base::UniqueFd loop_;
  std::filesystem::path where_;  ///< Empty until it is mounted.
};

}  // namespace odograph::vm
