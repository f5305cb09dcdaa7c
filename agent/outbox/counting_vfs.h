#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace odograph::outbox {

/// An SQLite VFS over another one that counts the bytes written to its files, WAL and database alike. Registered under
/// a name of its own while it lives; outlives the connections opened on it. Offers no shared memory, which WAL does not
/// need with `locking_mode=EXCLUSIVE`.
class CountingVfs {
 public:
  /// `base`: a registered VFS, empty for the default one. Null if there is none of that name.
  static std::unique_ptr<CountingVfs> over(const std::string& base);
  ~CountingVfs();
  CountingVfs(const CountingVfs&) = delete;
  CountingVfs& operator=(const CountingVfs&) = delete;

  const char* name() const;
  /// What the base refused since the last call. SQLite tells too little of it: an errno is not kept for a COMMIT, and a
  /// medium that cannot read is reported as a corrupt database.
  struct Fault {
    bool read = false;    ///< A read failed.
    int write_errno = 0;  ///< Of the last write or flush that failed; 0 if none did.
  };
  Fault take_fault();
  /// To be called after a file has been truncated. From then on a truncation to the size that a file has already is
  /// left out: to SQLite it is the same, and file systems take it as giving back the blocks behind the end.
  void on_truncated(std::function<void()> call);
  /// To be called whenever the base came back from a read, a write, a truncation or a flush; by the connection's
  /// thread.
  void on_came_back(std::function<void()> call);
  /// Any thread.
  std::uint64_t bytes_written() const;

 private:
  struct Impl;
  explicit CountingVfs(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace odograph::outbox
