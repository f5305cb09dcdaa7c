#include "tests/powercut/medium_vfs.h"

#include <sqlite3.h>

#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace odograph::powercut {
namespace {

constexpr int kTellsSectorBytes = 4096;

struct OpenFile {
  sqlite3_file head;
  Medium* medium;
  std::string* path;
  int powersafe_overwrite;
  bool is_new_journal;  ///< Its first flush is one of the directory too, as in SQLite's own VFS.
};

OpenFile* self(sqlite3_file* file) { return reinterpret_cast<OpenFile*>(file); }
Medium& medium_of(sqlite3_file* file) { return *self(file)->medium; }
const std::string& path_of(sqlite3_file* file) { return *self(file)->path; }
std::uint64_t place(sqlite3_int64 at) { return static_cast<std::uint64_t>(at); }

int code_of(Done done, int io_error) {
  switch (done) {
    case Done::kOk: return SQLITE_OK;
    case Done::kNoSpace: return SQLITE_FULL;
    case Done::kPowerOff:
    case Done::kIoError: break;
  }
  return io_error;
}

int close_file(sqlite3_file* f) {
  delete self(f)->path;
  return SQLITE_OK;
}
int read_file(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  if (medium_of(f).is_off()) return SQLITE_IOERR_READ;
  if (medium_of(f).read_fails()) {
    if (medium_of(f).honesty() != Honesty::kReadsLie) return SQLITE_IOERR_READ;
    std::memset(to, 0, static_cast<std::size_t>(n));
    return SQLITE_OK;
  }
  const bool whole = medium_of(f).read(path_of(f), place(at), static_cast<char*>(to), static_cast<std::size_t>(n));
  return whole ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}
int write_file(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(n));
  return code_of(medium_of(f).write(path_of(f), place(at), bytes), SQLITE_IOERR_WRITE);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  return code_of(medium_of(f).truncate(path_of(f), place(size)), SQLITE_IOERR_TRUNCATE);
}
// A flush has no way to say that there is no space.
int sync_file(sqlite3_file* f, int) {
  if (medium_of(f).flush(path_of(f)) != Done::kOk) return SQLITE_IOERR_FSYNC;
  if (std::exchange(self(f)->is_new_journal, false)) medium_of(f).flush_directory();
  return SQLITE_OK;
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  if (medium_of(f).is_off()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(medium_of(f).size(path_of(f)));
  return SQLITE_OK;
}
int lock_file(sqlite3_file*, int) { return SQLITE_OK; }
int check_lock(sqlite3_file*, int* held) {
  *held = 0;
  return SQLITE_OK;
}
int control_file(sqlite3_file* f, int op, void* arg) {
  if (op == SQLITE_FCNTL_MMAP_SIZE) {
    *static_cast<sqlite3_int64*>(arg) = 0;
    return SQLITE_OK;
  }
  if (op != SQLITE_FCNTL_POWERSAFE_OVERWRITE) return SQLITE_NOTFOUND;
  int* value = static_cast<int*>(arg);
  if (*value >= 0) self(f)->powersafe_overwrite = *value;
  *value = self(f)->powersafe_overwrite;
  return SQLITE_OK;
}
int sector_size(sqlite3_file*) { return kTellsSectorBytes; }
int characteristics(sqlite3_file* f) {
  return self(f)->powersafe_overwrite != 0 ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

const sqlite3_io_methods kMethods = {
    1,         close_file, read_file,  write_file,   truncate_file, sync_file,       file_size,
    lock_file, lock_file,  check_lock, control_file, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,    nullptr,    nullptr,      nullptr};

Medium& medium_of(sqlite3_vfs* vfs) { return *static_cast<Medium*>(vfs->pAppData); }

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* mine = self(file);
  mine->head.pMethods = nullptr;
  Medium& medium = medium_of(vfs);
  mine->is_new_journal = false;
  if (path == nullptr || medium.is_off()) return SQLITE_CANTOPEN;
  if (medium.exists(path) && medium.read_fails()) return SQLITE_CANTOPEN;
  if (!medium.exists(path)) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (const Done done = medium.create(path); done != Done::kOk) return code_of(done, SQLITE_CANTOPEN);
    mine->is_new_journal = (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
  }
  mine->medium = &medium;
  mine->path = new std::string(path);
  mine->powersafe_overwrite = sqlite3_uri_boolean((flags & SQLITE_OPEN_URI) != 0 ? path : nullptr, "psow", 1);
  mine->head.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* v, const char* path, int flush_directory) {
  if (medium_of(v).is_off()) return SQLITE_IOERR_DELETE;
  if (!medium_of(v).exists(path)) return SQLITE_IOERR_DELETE_NOENT;
  return code_of(medium_of(v).remove(path, flush_directory != 0), SQLITE_IOERR_DELETE);
}
int access_file(sqlite3_vfs* v, const char* path, int flags, int* out) {
  if (medium_of(v).is_off()) return SQLITE_IOERR_ACCESS;
  // As SQLite's own: an empty journal does not exist.
  *out = medium_of(v).exists(path) && (flags != SQLITE_ACCESS_EXISTS || medium_of(v).size(path) > 0);
  return SQLITE_OK;
}
int full_path(sqlite3_vfs*, const char* path, int n, char* out) {
  sqlite3_snprintf(n, out, "%s", path);
  return SQLITE_OK;
}
int randomness(sqlite3_vfs*, int n, char* out) {
  std::memset(out, 0, static_cast<std::size_t>(n));
  return n;
}
int sleep_us(sqlite3_vfs*, int us) { return us; }
int current_time(sqlite3_vfs*, double* out) {
  *out = 2461000.5;
  return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs vfs{};

}  // namespace

MediumVfs::MediumVfs(Medium& medium) {
  vfs = {};
  vfs.iVersion = 1;
  vfs.szOsFile = static_cast<int>(sizeof(OpenFile));
  vfs.mxPathname = 512;
  vfs.zName = name();
  vfs.pAppData = &medium;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep_us;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&vfs, 0);
}

MediumVfs::~MediumVfs() { sqlite3_vfs_unregister(&vfs); }

void seed_sqlite(std::uint64_t seed) {
  sqlite3_initialize();
  // 0 would mean: from the system.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed & 0x7FFFFFFF) | 1, nullptr);
}

}  // namespace odograph::powercut
