#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace odograph::fulldisk {

/// Somebody else on the same file system, who takes every byte that there is, and root's share too.
class Filler {
 public:
  explicit Filler(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    ODOGRAPH_ASSERT(fd_);
  }
  void fill() {
    static const std::string kBytes(1 << 20, 'x');
    // A flush may give back what a file system had set aside for the writing.
    for (bool more = true; more;) {
      more = false;
      for (std::size_t size = kBytes.size(); size > 0; size /= 8) {
        while (::write(fd_.get(), kBytes.data(), size) > 0) more = true;
        ODOGRAPH_ASSERT(errno == ENOSPC);
      }
      static_cast<void>(::fsync(fd_.get()));
    }
  }

 private:
  base::UniqueFd fd_;
};

}  // namespace odograph::fulldisk
