#include "agent/outbox/failing_writes.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace odograph::outbox {
namespace {

// SQLite offers its system calls for replacement as plain functions, so what they do has to lie beside them.
int failing_with = 0;
int writes_left = 0;

bool fails() {
  if (writes_left-- > 0) return false;
  errno = failing_with;
  return true;
}

ssize_t failing_pwrite(int fd, const void* from, size_t size, off_t at) {
  return fails() ? -1 : ::pwrite(fd, from, size, at);
}
ssize_t failing_write(int fd, const void* from, size_t size) { return fails() ? -1 : ::write(fd, from, size); }

std::int64_t reads_from = 0;
std::int64_t reads_to = 0;
int reads_left = 0;
int reads_failed = 0;

ssize_t failing_pread(int fd, void* to, size_t size, off_t at) {
  if (at < reads_from || at >= reads_to || reads_left == 0) return ::pread(fd, to, size, at);
  --reads_left;
  ++reads_failed;
  errno = EIO;
  return -1;
}

ssize_t failing_read(int fd, void* to, size_t size) {
  const off_t at = ::lseek(fd, 0, SEEK_CUR);
  if (at < reads_from || at >= reads_to || reads_left == 0) return ::read(fd, to, size);
  return failing_pread(fd, to, size, at);
}

int flushes_left = 0;
sqlite3_vfs flush_vfs;
int (*system_sync)(sqlite3_file*, int) = nullptr;
// SQLite's own differ in their locks: those of the database itself, and those of the WAL beside it.
sqlite3_io_methods database_methods;
sqlite3_io_methods other_methods;

int failing_sync(sqlite3_file* file, int flags) {
  if (flushes_left == 0) return system_sync(file, flags);
  if (flushes_left > 0) --flushes_left;
  return SQLITE_IOERR_FSYNC;
}

int open_with_failing_sync(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  const int rc = system->xOpen(system, path, file, flags, out_flags);
  if (file->pMethods == nullptr) return rc;
  sqlite3_io_methods& methods = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? database_methods : other_methods;
  methods = *file->pMethods;
  system_sync = methods.xSync;
  methods.xSync = failing_sync;
  file->pMethods = &methods;
  return rc;
}

void replace(const char* name, sqlite3_syscall_ptr by) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, name, by);
}

}  // namespace

FailingWrites::FailingWrites(int error, int after) {
  failing_with = error;
  writes_left = after;
  replace("pwrite", reinterpret_cast<sqlite3_syscall_ptr>(failing_pwrite));
  replace("pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(failing_pwrite));
  replace("write", reinterpret_cast<sqlite3_syscall_ptr>(failing_write));
}

FailingWrites::~FailingWrites() {
  for (const char* name : {"pwrite", "pwrite64", "write"}) replace(name, nullptr);
}

FailingReads::FailingReads(std::int64_t from, std::int64_t to, int times) {
  reads_from = from;
  reads_to = to;
  reads_left = times;
  reads_failed = 0;
  for (const char* name : {"pread", "pread64"}) replace(name, reinterpret_cast<sqlite3_syscall_ptr>(failing_pread));
  replace("read", reinterpret_cast<sqlite3_syscall_ptr>(failing_read));
}

FailingReads::~FailingReads() {
  for (const char* name : {"pread", "pread64", "read"}) replace(name, nullptr);
}

int FailingReads::failed() { return reads_failed; }

const char* FailingFlushes::vfs() {
  if (flush_vfs.zName == nullptr) {
    flush_vfs = *sqlite3_vfs_find(nullptr);
    flush_vfs.zName = "flushes-fail";
    flush_vfs.xOpen = open_with_failing_sync;
    sqlite3_vfs_register(&flush_vfs, 0);
  }
  return flush_vfs.zName;
}

FailingFlushes::FailingFlushes(int count) { flushes_left = count; }
FailingFlushes::~FailingFlushes() { flushes_left = 0; }

}  // namespace odograph::outbox
