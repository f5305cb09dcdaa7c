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

}  // namespace odograph::outbox
