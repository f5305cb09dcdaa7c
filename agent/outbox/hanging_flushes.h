#pragma once

namespace odograph::outbox {

/// A medium that hangs: while one of these lives, every flush on `vfs` waits for its end and then succeeds. One at a
/// time; begin with a file that is open, from any thread.
class HangingFlushes {
 public:
  /// Of a VFS that writes as the system's does.
  static const char* vfs();
  HangingFlushes();
  ~HangingFlushes();
  HangingFlushes(const HangingFlushes&) = delete;
  HangingFlushes& operator=(const HangingFlushes&) = delete;
};

}  // namespace odograph::outbox
