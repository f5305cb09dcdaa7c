#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace odograph::outbox {

/// How much of the buffer's room on the disk is its own, whatever others write there.
enum class Reserved {
  kNone,   ///< Nothing: blocks are taken as records come, and a full disk refuses them.
  kPart,   ///< All that the buffer may use, which is less than was configured, or all but its WAL's.
  kWhole,  ///< All of it.
};
/// As `status` tells it.
const char* to_string(Reserved reserved);

/// What the outbox got of the disk. Bytes of `outbox.db`; its WAL comes on top (kWalRoomBytes).
struct Room {
  std::uint64_t wanted = 0;
  std::uint64_t cap = 0;  ///< What it may use: no more than was wanted.
  Reserved reserved = Reserved::kNone;
  std::string reason;  ///< Why not all is held, in one line; empty for kWhole.
};

/// Of a file system, in bytes.
struct DiskSpace {
  std::uint64_t free = 0;  ///< For this process.
  std::uint64_t size = 0;
};

/// What is asked of the file system below SQLite. Empty members are the system's calls.
struct DiskCalls {
  /// Gives the file behind the descriptor blocks of its own for its first bytes and leaves its size as it is. Returns
  /// an errno, or 0. `EOPNOTSUPP`: this file system cannot.
  std::function<int(int fd, std::uint64_t bytes)> reserve;
  /// Of the file system on which that file is; nothing if it does not tell.
  std::function<std::optional<DiskSpace>(int fd)> space;
};

}  // namespace odograph::outbox
