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

}  // namespace odograph::outbox
