#pragma once

#include <cstdint>

namespace odograph::outbox {

/// While it lives, every write of SQLite's in this process fails with `error` (an errno), from the `after`-th on.
class FailingWrites {
 public:
  explicit FailingWrites(int error, int after = 0);
  ~FailingWrites();
  FailingWrites(const FailingWrites&) = delete;
  FailingWrites& operator=(const FailingWrites&) = delete;
};

/// While it lives, every read of SQLite's in this process that begins within [from, to) of a file fails with EIO, as
/// from a sector that the medium cannot read any more; the first `times` of them, then all is well.
class FailingReads {
 public:
  FailingReads(std::int64_t from, std::int64_t to, int times);
  ~FailingReads();
  FailingReads(const FailingReads&) = delete;
  FailingReads& operator=(const FailingReads&) = delete;
  static int failed();  ///< So far.
};

/// A VFS that writes as the system's does; while one of these lives, its flushes fail: what was written is there and
/// nobody may count on it.
class FailingFlushes {
 public:
  static const char* vfs();
  static constexpr int kAll = -1;
  /// `count`: how many of them, the first ones.
  explicit FailingFlushes(int count = kAll);
  ~FailingFlushes();
  FailingFlushes(const FailingFlushes&) = delete;
  FailingFlushes& operator=(const FailingFlushes&) = delete;
};

}  // namespace odograph::outbox
