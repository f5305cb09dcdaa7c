#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "lib/base/result.h"

namespace odograph::collect {

/// What a recording may be read from.
enum class Origin {
  kFile,  ///< A regular file: what was left off can be taken up again.
  kAny,   ///< Also a pipe, a FIFO or a device; "-" is standard input.
};

/// Reads a recording from its beginning: plain, gzip or zstd, told apart by the first bytes and not by the name.
class Recording {
 public:
  /// `kStop`, naming the file, if it cannot be opened, is not of that origin, or is packed or written in a way that is
  /// not read (xz, bzip2, zip, lz4, UTF-16). With kAny it waits for the first bytes.
  static base::Result<std::unique_ptr<Recording>> open(const std::filesystem::path& path,
                                                       Origin origin = Origin::kFile);
  virtual ~Recording() = default;

  /// Fills as much of `buffer` as there is; 0 at the end. `kStop` for a read error or damaged compression, naming the
  /// file and the place; what was given out before is good.
  virtual base::Result<std::size_t> read(std::span<char> buffer) = 0;

  /// How much of the file on disk is behind us, 0..1; for a progress bar. 1 where that is not known.
  virtual double progress() const = 0;

  /// The same for the same file and hardly ever for another: made of its size and the CRC-32C of its first 64 KiB.
  /// Means nothing where the origin is no file.
  virtual std::uint64_t fingerprint() const = 0;
};

}  // namespace odograph::collect
