#include "agent/outbox/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace odograph::outbox {
namespace {

Trouble classify(int code, int system_errno) {
  // Only these two set the errno; after others it is left over from an earlier failure.
  const int primary = code & 0xFF;
  if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN) system_errno = 0;
  if (system_errno == ENOSPC || system_errno == EDQUOT) return Trouble::kFull;
  if (code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ) return Trouble::kUnreadable;
  switch (primary) {
    case SQLITE_FULL: return Trouble::kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM: return Trouble::kReadonly;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Trouble::kInUse;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Trouble::kCorrupt;
    default: break;
  }
  return system_errno == EROFS || system_errno == EACCES ? Trouble::kReadonly : Trouble::kIo;
}

int wal_hook(void* pages, sqlite3*, const char*, int frames) {
  *static_cast<int*>(pages) = frames;
  return SQLITE_OK;
}

/// A path as the path of a `file:` URI: what would end it or be decoded is escaped.
std::string uri_of(const std::filesystem::path& path, TornSector torn_sector) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    switch (c) {
      case '%': uri += "%25"; break;
      case '?': uri += "%3f"; break;
      case '#': uri += "%23"; break;
      default: uri += c;
    }
  }
  return uri + (torn_sector == TornSector::kLosesItsOtherBytes ? "?psow=0" : "?psow=1");
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::integer(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_, index, value);
  return *this;
}

Query& Query::blob(int index, std::string_view value) {
  sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC);
  return *this;
}

Query& Query::text(int index, std::string_view value) {
  sqlite3_bind_text64(statement_, index, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Query::Step Query::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW: return Step::kRow;
    case SQLITE_DONE: return Step::kDone;
    default: return Step::kFailed;
  }
}

std::int64_t Query::integer_at(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Query::blob_at(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

std::variant<std::unique_ptr<Database>, Failure> Database::open(const std::filesystem::path& path,
                                                                const std::string& vfs, TornSector torn_sector) {
  auto counting = CountingVfs::over(vfs);
  if (!counting) return Failure{Trouble::kIo, "open " + path.string() + ": no SQLite VFS named " + vfs};
  std::unique_ptr<Database> database(new Database(path, std::move(counting)));
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(uri_of(path, torn_sector).c_str(), &database->db_, flags, database->vfs_->name());
  if (database->db_ == nullptr) return Failure{Trouble::kIo, "open " + path.string() + ": out of memory"};
  if (code != SQLITE_OK) return database->failure("open");
  // Closing must not write into a file that turns out not to be ours; Store checkpoints by itself.
  sqlite3_db_config(database->db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return database;
}

bool Database::exists(const std::filesystem::path& path, const std::string& vfs) {
  sqlite3_vfs* found = sqlite3_vfs_find(vfs.empty() ? nullptr : vfs.c_str());
  int there = 0;
  return found != nullptr && found->xAccess(found, path.c_str(), SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK &&
         there != 0;
}

std::optional<Failure> Database::remove(const std::filesystem::path& path, const std::string& vfs) {
  sqlite3_vfs* found = sqlite3_vfs_find(vfs.empty() ? nullptr : vfs.c_str());
  constexpr int kFlushDirectory = 1;
  const int code = found == nullptr ? SQLITE_ERROR : found->xDelete(found, path.c_str(), kFlushDirectory);
  if (code == SQLITE_OK || code == SQLITE_IOERR_DELETE_NOENT) return {};
  const int system_errno = found == nullptr ? 0 : found->xGetLastError(found, 0, nullptr);
  return Failure{classify(code, system_errno), "outbox " + path.string() + ": remove: " + sqlite3_errstr(code)};
}

Database::~Database() { sqlite3_close(db_); }

std::optional<Failure> Database::exec(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failure(sql.substr(0, sql.find_first_of(";(\n")));
}

std::optional<Failure> Database::prepare(const char* sql, Statement& out) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return failure("prepare");
  }
  out = Statement(statement);
  return {};
}

std::variant<std::string, Failure> Database::value(const std::string& sql) {
  Statement statement;
  if (auto failed = prepare(sql.c_str(), statement)) return *std::move(failed);
  Query query(statement);
  switch (query.step()) {
    case Query::Step::kRow: return std::string(query.blob_at(0));
    case Query::Step::kDone: return std::string();
    case Query::Step::kFailed: break;
  }
  return failure(sql);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

Failure Database::failure(std::string_view doing) const {
  const auto fault = vfs_->take_fault();
  const int system_errno = fault.write_errno != 0 ? fault.write_errno : sqlite3_system_errno(db_);
  std::string what = "outbox " + path_.string() + ": " + std::string(doing) + ": " + sqlite3_errmsg(db_);
  Trouble trouble = classify(sqlite3_extended_errcode(db_), system_errno);
  if (fault.read && (trouble == Trouble::kCorrupt || trouble == Trouble::kIo)) {
    trouble = Trouble::kUnreadable;
    what += ", the medium could not be read";
  }
  const int primary = sqlite3_errcode(db_) & 0xFF;
  if (system_errno != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN))
    what += std::string(" (") + std::strerror(system_errno) + ")";
  return {trouble, std::move(what)};
}

std::optional<Failure> Database::checkpoint(Checkpoint mode) {
  int how = SQLITE_CHECKPOINT_PASSIVE;
  if (mode == Checkpoint::kRestart) how = SQLITE_CHECKPOINT_RESTART;
  if (mode == Checkpoint::kTruncate) how = SQLITE_CHECKPOINT_TRUNCATE;
  if (sqlite3_wal_checkpoint_v2(db_, "main", how, nullptr, nullptr) != SQLITE_OK) return failure("checkpoint");
  wal_pages_ = 0;
  return {};
}

void Database::watch_wal() { sqlite3_wal_hook(db_, wal_hook, &wal_pages_); }

std::uint64_t Database::wal_file_bytes() const {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
  sqlite3_int64 size = 0;
  if (file == nullptr || file->pMethods == nullptr || file->pMethods->xFileSize(file, &size) != SQLITE_OK) return 0;
  return static_cast<std::uint64_t>(size);
}

std::optional<std::uint64_t> Database::file_bytes() const {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_int64 size = 0;
  if (file == nullptr || file->pMethods == nullptr || file->pMethods->xFileSize(file, &size) != SQLITE_OK) return {};
  return static_cast<std::uint64_t>(size);
}

std::variant<std::string, Failure> Database::read(File file, std::uint64_t from, std::size_t bytes) const {
  const std::uint64_t size = file == File::kWal ? wal_file_bytes() : file_bytes().value_or(0);
  std::string read(static_cast<std::size_t>(std::min<std::uint64_t>(size - std::min(size, from), bytes)), '\0');
  if (read.empty()) return read;
  sqlite3_file* of = nullptr;
  sqlite3_file_control(db_, "main", file == File::kWal ? SQLITE_FCNTL_JOURNAL_POINTER : SQLITE_FCNTL_FILE_POINTER, &of);
  const int code =
      of->pMethods->xRead(of, read.data(), static_cast<int>(read.size()), static_cast<sqlite3_int64>(from));
  if (code == SQLITE_OK) return read;
  return Failure{Trouble::kUnreadable, "outbox " + path_.string() + ": read: " + sqlite3_errstr(code)};
}

bool Database::assumes_torn_sectors() const {
  int powersafe_overwrite = -1;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_POWERSAFE_OVERWRITE, &powersafe_overwrite);
  return powersafe_overwrite == 0;
}

}  // namespace odograph::outbox
