#pragma once

namespace odograph::outbox {

/// While it lives, every write of SQLite's in this process fails with `error` (an errno), from the `after`-th on.
class FailingWrites {
 public:
  explicit FailingWrites(int error, int after = 0);
  ~FailingWrites();
  FailingWrites(const FailingWrites&) = delete;
  FailingWrites& operator=(const FailingWrites&) = delete;
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
