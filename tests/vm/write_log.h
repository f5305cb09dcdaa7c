#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "tests/powercut/dice.h"

namespace odograph::vm {

/// The disk's, which dm-log-writes counts in: 512 bytes, and what a power cut keeps or loses as a whole.
inline constexpr std::size_t kSectorBytes = 512;
/// Largest disk, and longest log, that is looked at.
inline constexpr std::uint64_t kDiskBytesMax = 1ULL << 30;
inline constexpr std::uint64_t kEntriesMax = 1'000'000;

/// One thing that dm-log-writes logged. Plain writes stand in the log right before the flush that made them durable,
/// in the order in which they were completed; flushes and writes that bypass the disk's cache (FUA) where they
/// completed; marks where they were sent.
struct Entry {
  enum class Kind { kWrite, kFlush, kFua, kDiscard, kMark };
  Kind kind = Kind::kWrite;
  std::uint64_t sector = 0;
  std::uint64_t sectors = 0;
  std::uint64_t data_at = 0;           ///< Of its bytes in the log.
  std::optional<std::uint64_t> lines;  ///< Of a mark that is a number: EventLog's.
};

/// What was written to a disk, as dm-log-writes kept it (Linux: Documentation/admin-guide/device-mapper/
/// log-writes.rst and drivers/md/dm-log-writes.c): little-endian, a super block, then for each entry a sector that
/// describes it and its data.
class WriteLog {
 public:
  /// `kStop` if it is not such a log, or one that ends before its super block says.
  static base::Result<WriteLog> read(const std::filesystem::path& path);

  const std::vector<Entry>& entries() const { return entries_; }
  base::Result<std::string> data(const Entry& entry) const;

 private:
  WriteLog() = default;
  base::Status read_entries(std::uint64_t count, std::uint64_t sector_bytes);

  base::UniqueFd file_;
  std::vector<Entry> entries_;
};

/// A moment at which the power goes.
///
/// Without dice: what was durable when the first `at` entries were; every one of them is there and nothing else. With
/// dice: `at` is a flush that has not come back, so of the plain writes it was for an arbitrary part is there, sector
/// by sector; only ext4's superblock is written as a whole.
struct Moment {
  std::size_t at = 0;
  std::optional<std::uint64_t> dice;
};

/// The disk at one moment after another.
class Disk {
 public:
  static base::Result<Disk> read(const std::filesystem::path& image);

  const std::string& image() const { return image_; }
  /// Entries ascend.
  base::Status go_to(const WriteLog& log, std::size_t at);
  /// Goes there without what is written on the way.
  void drop_to(std::size_t at) { at_ = at; }
  /// As it would be at that moment; valid until the next call.
  base::Result<const std::string*> at(const WriteLog& log, const Moment& moment);

 private:
  struct Part {
    powercut::Dice& dice;
    std::uint64_t keep_percent;
  };
  base::Status apply_part(const WriteLog& log, const Entry& entry, Part part);
  static base::Status apply(const WriteLog& log, const Entry& entry, std::string& image);

  std::string image_;
  std::string torn_;
  std::size_t at_ = 0;
};

/// The first of the plain writes that the flush `at` is for; `at` itself if there is none.
std::size_t first_of_flush(const std::vector<Entry>& entries, std::size_t at);

}  // namespace odograph::vm
