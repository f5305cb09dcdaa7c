#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "agent/outbox/hang_watch.h"
#include "agent/outbox/medium_times.h"
#include "agent/outbox/room.h"

namespace odograph::outbox {

/// Of a database file that is made; one that is there keeps its own. docs/decisions/0006 says why this size.
inline constexpr std::uint64_t kPageBytes = 4096;
/// WAL pages after which a commit is followed by a checkpoint. A WAL that has come to its length is written over and
/// over: the sooner it has, the fewer commits pay for the file system's journal too.
inline constexpr int kCheckpointPages = 128;
/// A WAL that a start or an end finds longer than this is cut; a shorter one keeps its place on the medium.
inline constexpr std::uint64_t kWalKeptBytesMax = 1 << 20;
/// Unless the disk holds room for so much: about 1,100 pages, for what kCheckpointPages leave and one transaction.
inline constexpr std::uint64_t kWalRoomBytes = 4608ULL << 10;

/// SQLite's pragma of that name.
enum class Synchronous { kOff = 0, kNormal = 1, kFull = 2 };
/// What a power cut does to a sector that is being written.
enum class TornSector {
  kLosesItsOtherBytes,  ///< `psow=0`: commits are padded to whole sectors.
  kKeepsItsOtherBytes,  ///< `psow=1`, SQLite's default.
};

/// How SQLite treats the file. The agent has no option for any of it: tests/powercut changes one at a time to show that
/// without it records are lost.
struct FileSettings {
  std::uint64_t page_bytes = kPageBytes;
  int checkpoint_pages = kCheckpointPages;
  Synchronous synchronous = Synchronous::kFull;
  TornSector torn_sector = TornSector::kLosesItsOtherBytes;
  /// Makes the names in a directory durable; an errno, or 0. Empty: the system's, for a `vfs` that is not.
  std::function<int(const std::filesystem::path&)> flush_directory;
  /// Makes the next read of a file come from the medium. Empty: as above.
  std::function<void(const std::filesystem::path&)> forget_cached;
  DiskCalls disk;  ///< With a `vfs` whose files are none of the system's, nothing is reserved.
  /// Makes the nonce of a boot. Empty: random, from the kernel, never 0.
  std::function<std::uint32_t()> make_boot_nonce;
  MediumTimes::Stopwatch stopwatch;  ///< Tells how long commits take. Empty: the system's.
  std::function<void()> came_back;   ///< Called when the medium came back from a call of SQLite's. Empty: nobody is.
  base::Millis hangs_after = kHangsAfter;                    ///< Of such a call.
  std::filesystem::path mountinfo = "/proc/self/mountinfo";  ///< Tells how the data directory is mounted.
};

}  // namespace odograph::outbox
