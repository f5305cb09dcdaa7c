#pragma once

#include <cstdint>
#include <filesystem>

#include "agent/outbox/file_settings.h"
#include "agent/outbox/room.h"
#include "lib/base/unique_fd.h"

namespace odograph::outbox {

/// A new file is not begun with less, unless less was asked for.
inline constexpr std::uint64_t kCapBytesMin = 8ULL << 20;
/// The file that takes a broken one's place, on a disk that has no more.
inline constexpr std::uint64_t kCapBytesBesideQuarantine = 1ULL << 20;
/// Of the file system so much is left to others: this share of it in percent, but no less and no more than so much.
inline constexpr std::uint64_t kLeftFreePercent = 5;
inline constexpr std::uint64_t kLeftFreeBytesMin = 1ULL << 20;
inline constexpr std::uint64_t kLeftFreeBytesMax = 64ULL << 20;
/// Blocks that file systems give a file behind its end by themselves are no more than this.
inline constexpr std::uint64_t kSurplusBytesMax = 256ULL << 10;

/// What there is, in bytes.
struct Space {
  std::uint64_t wanted = 0;    ///< The cap that was asked for.
  std::uint64_t wal = 0;       ///< What the WAL needs beside it.
  std::uint64_t used = 0;      ///< The pages that the database has.
  std::uint64_t held = 0;      ///< Blocks of the database,
  std::uint64_t wal_held = 0;  ///< and of the WAL.
  std::uint64_t free = 0;      ///< On the file system, for this process.
  std::uint64_t left = 0;      ///< Of that, for others.
};
/// How much of a file system is left to others.
std::uint64_t left_to_others(std::uint64_t disk_bytes);
/// The cap that fits: never more than was wanted, never less than what is used or held already.
std::uint64_t plan_cap(const Space& space);

/// Blocks on the disk for `outbox.db` and its WAL, behind their ends: while the outbox has them, a full disk refuses no
/// write to either. Neither file's size is changed, so what SQLite reads and what a power cut may do stays as it was
/// (docs/decisions/0009). File systems give such blocks back when a file is truncated, to its own size too.
///
/// One thread. It keeps both files open, because closing a descriptor gives up the locks that SQLite has on the file:
/// it is made after SQLite's connection and goes after it.
class Reservation {
 public:
  /// `directory`: with both files in it. What cannot be opened is not held.
  Reservation(const std::filesystem::path& directory, DiskCalls calls);

  struct Wish {
    std::uint64_t cap = 0;
    std::uint64_t used = 0;  ///< The pages that the database has.
    enum class Others { kAreLeftTheirShare, kAreLeftNothing } others = Others::kAreLeftTheirShare;
  };
  /// Gets what is missing, gives back what is too much. What was had before is kept where there is no more.
  void take(const Wish& wish);
  /// After SQLite truncated a file.
  void renew();
  const Room& room() const { return room_; }

 private:
  int reserve(int fd, std::uint64_t bytes) const;
  std::uint64_t plan(const Wish& wish) const;
  int reserve_wal() const;
  void reserve_database(std::uint64_t planned, std::uint64_t used);
  void give_up(int error);

  DiskCalls calls_;
  base::UniqueFd database_;
  base::UniqueFd wal_;
  Room room_;
};

/// Gives back the blocks that the files of a data directory, or of a quarantine, have behind their ends.
void give_back_blocks(const std::filesystem::path& directory);

}  // namespace odograph::outbox
