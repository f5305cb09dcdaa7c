#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/powercut/dice.h"

namespace odograph::powercut {

/// What the device writes as a whole or not at all, and what a cut can garble.
inline constexpr std::size_t kSectorBytes = 512;

/// Of the page cache.
inline constexpr std::size_t kCachePageBytes = 4096;

/// How the medium is worse than it should be; the controls.
enum class Honesty {
  kHonest,
  kSyncLies,  ///< A flush returns success and makes nothing durable.
  kReadsLie,  ///< A read that should fail returns success and zeros.
};

/// What became of a change.
enum class Done { kOk, kPowerOff, kIoError, kNoSpace };

/// What a failed flush leaves of the changes that it was for.
enum class Dirty {
  kKept,  ///< The next flush writes them.
  /// As Linux does: their pages are marked clean, are seen by every read, and are not on the medium until something
  /// else is written to the same page.
  kDropped,
};

/// Files of which every change is first volatile, then durable by a flush of its file, as on a device with a write
/// cache. A power cut comes at a chosen change; it keeps what is durable and of the rest an arbitrary part:
///
/// - each change by itself is kept or lost, so a later one can be there without an earlier one (reordering);
/// - a write is cut into sectors of kSectorBytes, of which some are kept and some not (tearing);
/// - a sector that was being written can hold noise afterwards, its bytes outside of the write included (garbling);
/// - until the directory is flushed, a file made since may be missing, and one removed since may be back.
///
/// One thread at a time. Paths are only names.
class Medium {
 public:
  struct Faults {
    std::uint64_t first = std::numeric_limits<std::uint64_t>::max();  ///< The change that fails, counted from 0 ...
    std::uint64_t count = 0;                                          ///< ... and how many in all.
    Done how = Done::kIoError;
    Dirty dirty = Dirty::kKept;
  };
  /// Calls of one kind that fail as kIoError, beside Faults.
  struct Window {
    std::uint64_t first = std::numeric_limits<std::uint64_t>::max();  ///< The call that fails, counted from 0 ...
    std::uint64_t count = 0;                                          ///< ... and how many in all.
  };
  struct Seen {
    std::uint64_t flushes = 0;
    std::uint64_t failed = 0;  ///< The two below included.
    std::uint64_t failed_reads = 0;
    std::uint64_t failed_flushes = 0;  ///< Of fail_flushes.
    std::uint64_t no_space = 0;
    std::uint64_t sectors_lost = 0;
    std::uint64_t sectors_garbled = 0;
    std::uint64_t writes_torn = 0;
  };

  Medium(std::uint64_t seed, Honesty honesty) : dice_(seed), honesty_(honesty) {}

  // What a file system does.
  bool exists(const std::string& path) const { return files_.contains(path); }
  Done create(const std::string& path);
  Done remove(const std::string& path, bool flush_directory);
  /// Copies what is there; false if that is less than `size`, and the rest of `to` is zeroed.
  bool read(const std::string& path, std::uint64_t at, char* to, std::size_t size) const;
  Done write(const std::string& path, std::uint64_t at, std::string_view bytes);
  Done truncate(const std::string& path, std::uint64_t size);
  Done flush(const std::string& path);
  /// All names as they are now. No error is injected here: SQLite does not look at what its flush of a directory
  /// returns.
  void flush_directory();
  std::uint64_t size(const std::string& path) const;
  /// The next read sees what is on the medium, and what will still be written to it.
  void forget_cached(const std::string& path);

  // What the world does to it.
  /// The power goes at the `after`-th change from now (0: the next); from then on everything fails.
  void cut_after(std::uint64_t after) { changes_left_ = after; }
  void fail(const Faults& faults) { faults_ = faults, changes_ = 0; }
  /// `dirty` says what is left of what they were for.
  void fail_flushes(const Window& flushes, Dirty dirty) { flushes_to_fail_ = flushes, faults_.dirty = dirty; }
  void fail_reads(const Window& reads) { reads_to_fail_ = reads; }
  /// Whether this read, or this opening of a file that is there, is one of them.
  bool read_fails() { return is_hit(reads_to_fail_, seen_.failed_reads); }
  Honesty honesty() const { return honesty_; }
  bool is_off() const { return is_off_; }
  void power_off() { is_off_ = true; }
  /// After a cut: what is left of the files. Whoever had them open must be gone.
  void power_on();
  /// After the process died with the power on: the volatile contents are still there, and still volatile.
  void next_process();
  const Seen& seen() const { return seen_; }

 private:
  struct Change {
    enum class Kind { kWrite, kTruncate } kind;
    std::uint64_t at;  ///< Or the new size.
    std::string bytes;
  };
  struct File {
    std::string now;
    std::string durable;
    bool has_durable_name = false;
    std::vector<Change> changes;
    std::set<std::uint64_t> dropped;  ///< Pages of kCachePageBytes that are not on the medium and not dirty.
  };
  Done next_change();
  bool is_hit(Window& window, std::uint64_t& count);
  static void apply(std::string& image, const Change& change);
  void drop_dirty(File& file);
  static void dirty_again(File& file, std::uint64_t at, std::size_t size);
  void keep_part(std::string& image, const Change& change, std::uint64_t keep_percent);
  void garble(File& file);
  void cut(File& file);

  Dice dice_;
  Honesty honesty_;
  std::map<std::string, File> files_;
  std::map<std::string, File> removed_;  ///< Not durably.
  std::uint64_t changes_left_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t changes_ = 0;
  Faults faults_;
  Window flushes_to_fail_;
  Window reads_to_fail_;
  bool is_off_ = false;
  Seen seen_;
};

}  // namespace odograph::powercut
