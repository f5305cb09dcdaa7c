#include "agent/outbox/hanging_flushes.h"

#include <sqlite3.h>

#include <condition_variable>
#include <mutex>

namespace odograph::outbox {
namespace {

// What SQLite calls are plain functions, so what they need has to lie beside them.
struct Gate {
  std::mutex mutex;
  std::condition_variable opened;
  bool is_shut = false;
};

Gate& gate() {
  static Gate gate;
  return gate;
}

sqlite3_vfs hang_vfs;
int (*system_sync)(sqlite3_file*, int) = nullptr;
// SQLite's own differ in their locks: those of the database itself, and those of the WAL beside it.
sqlite3_io_methods database_methods;
sqlite3_io_methods other_methods;

int hanging_sync(sqlite3_file* file, int flags) {
  std::unique_lock lock(gate().mutex);
  gate().opened.wait(lock, [] { return !gate().is_shut; });
  lock.unlock();
  return system_sync(file, flags);
}

int open_with_hanging_sync(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  const int rc = system->xOpen(system, path, file, flags, out_flags);
  if (file->pMethods == nullptr) return rc;
  sqlite3_io_methods& methods = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? database_methods : other_methods;
  methods = *file->pMethods;
  system_sync = methods.xSync;
  methods.xSync = hanging_sync;
  file->pMethods = &methods;
  return rc;
}

void set_shut(bool is_shut) {
  const std::lock_guard lock(gate().mutex);
  gate().is_shut = is_shut;
}

}  // namespace

const char* HangingFlushes::vfs() {
  if (hang_vfs.zName == nullptr) {
    hang_vfs = *sqlite3_vfs_find(nullptr);
    hang_vfs.zName = "flushes-hang";
    hang_vfs.xOpen = open_with_hanging_sync;
    sqlite3_vfs_register(&hang_vfs, 0);
  }
  return hang_vfs.zName;
}

HangingFlushes::HangingFlushes() { set_shut(true); }

HangingFlushes::~HangingFlushes() {
  set_shut(false);
  gate().opened.notify_all();
}

}  // namespace odograph::outbox
