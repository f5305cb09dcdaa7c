#include "agent/outbox/counting_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <utility>

namespace odograph::outbox {

namespace {

/// What the C callbacks find behind `pAppData`.
struct AppData {
  sqlite3_vfs* base = nullptr;
  std::atomic<std::uint64_t> bytes{0};
  // The connection's thread only.
  CountingVfs::Fault fault;
  std::function<void()> truncated;
  std::function<void()> came_back;
};

/// SQLite allocates `szOsFile` bytes for us; the base's file lies right behind our own.
struct CountingFile {
  sqlite3_file head;
  sqlite3_file* real;
  AppData* data;
};

CountingFile* self(sqlite3_file* file) { return reinterpret_cast<CountingFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file)->real; }

/// Whatever came of it.
int back(sqlite3_file* f, int rc) {
  if (const auto& came_back = self(f)->data->came_back) came_back();
  return rc;
}

int close_file(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
int read_file(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  const int rc = back(f, real(f)->pMethods->xRead(real(f), to, n, at));
  if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) self(f)->data->fault.read = true;
  return rc;
}
int noted(sqlite3_file* f, int rc) {
  sqlite3_vfs* base = self(f)->data->base;
  if (rc != SQLITE_OK) self(f)->data->fault.write_errno = base->xGetLastError(base, 0, nullptr);
  return rc;
}
int write_file(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  const int rc = back(f, real(f)->pMethods->xWrite(real(f), from, n, at));
  if (rc == SQLITE_OK) self(f)->data->bytes.fetch_add(static_cast<std::uint64_t>(n), std::memory_order_relaxed);
  return noted(f, rc);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  const auto& truncated = self(f)->data->truncated;
  sqlite3_int64 now = -1;
  if (truncated && real(f)->pMethods->xFileSize(real(f), &now) == SQLITE_OK && now == size) return SQLITE_OK;
  const int rc = back(f, real(f)->pMethods->xTruncate(real(f), size));
  if (rc == SQLITE_OK && truncated) truncated();
  return rc;
}
int sync_file(sqlite3_file* f, int flags) { return noted(f, back(f, real(f)->pMethods->xSync(real(f), flags))); }
int file_size(sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); }
int lock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_lock(sqlite3_file* f, int* held) { return real(f)->pMethods->xCheckReservedLock(real(f), held); }
int control_file(sqlite3_file* f, int op, void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }
int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int characteristics(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }

// Version 1 has neither shared memory nor memory mapping: SQLite then refuses WAL outside of exclusive mode.
const sqlite3_io_methods kMethods = {
    1,         close_file,  read_file,  write_file,   truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_lock, control_file, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,     nullptr,    nullptr,      nullptr};

sqlite3_vfs* base_of(sqlite3_vfs* vfs) { return static_cast<AppData*>(vfs->pAppData)->base; }

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* mine = self(file);
  mine->head.pMethods = nullptr;
  mine->real = reinterpret_cast<sqlite3_file*>(mine + 1);
  mine->data = static_cast<AppData*>(vfs->pAppData);
  const int rc = base_of(vfs)->xOpen(base_of(vfs), path, mine->real, flags, out_flags);
  // A base that failed half way may still want its xClose: it says so by having set its methods.
  if (mine->real->pMethods != nullptr) mine->head.pMethods = &kMethods;
  return rc;
}

int delete_file(sqlite3_vfs* v, const char* path, int sync) { return base_of(v)->xDelete(base_of(v), path, sync); }
int access_file(sqlite3_vfs* v, const char* path, int flags, int* out) {
  return base_of(v)->xAccess(base_of(v), path, flags, out);
}
int full_path(sqlite3_vfs* v, const char* path, int n, char* out) {
  return base_of(v)->xFullPathname(base_of(v), path, n, out);
}
int randomness(sqlite3_vfs* v, int n, char* out) { return base_of(v)->xRandomness(base_of(v), n, out); }
int sleep_us(sqlite3_vfs* v, int us) { return base_of(v)->xSleep(base_of(v), us); }
int current_time(sqlite3_vfs* v, double* out) { return base_of(v)->xCurrentTime(base_of(v), out); }
int last_error(sqlite3_vfs* v, int n, char* out) { return base_of(v)->xGetLastError(base_of(v), n, out); }

}  // namespace

struct CountingVfs::Impl {
  std::string name;
  AppData data;
  sqlite3_vfs vfs{};
};

CountingVfs::CountingVfs(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<CountingVfs> CountingVfs::over(const std::string& base) {
  sqlite3_vfs* found = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
  if (found == nullptr) return nullptr;
  auto impl = std::make_unique<Impl>();
  impl->data.base = found;
  // Two outboxes in one process (tests) must not meet under one name.
  impl->name = "odograph-" + std::to_string(reinterpret_cast<std::uintptr_t>(impl.get()));
  sqlite3_vfs& vfs = impl->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = static_cast<int>(sizeof(CountingFile)) + found->szOsFile;
  vfs.mxPathname = found->mxPathname;
  vfs.zName = impl->name.c_str();
  vfs.pAppData = &impl->data;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep_us;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&vfs, 0);
  return std::unique_ptr<CountingVfs>(new CountingVfs(std::move(impl)));
}

CountingVfs::~CountingVfs() { sqlite3_vfs_unregister(&impl_->vfs); }

void CountingVfs::on_truncated(std::function<void()> call) { impl_->data.truncated = std::move(call); }
void CountingVfs::on_came_back(std::function<void()> call) { impl_->data.came_back = std::move(call); }
CountingVfs::Fault CountingVfs::take_fault() { return std::exchange(impl_->data.fault, {}); }
const char* CountingVfs::name() const { return impl_->name.c_str(); }
std::uint64_t CountingVfs::bytes_written() const { return impl_->data.bytes.load(std::memory_order_relaxed); }

}  // namespace odograph::outbox
