#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "agent/outbox/counting_vfs.h"
#include "agent/outbox/failure.h"
#include "agent/outbox/file_settings.h"

struct sqlite3;
struct sqlite3_stmt;

namespace odograph::outbox {

/// A prepared statement; lives no longer than its Database.
class Statement {
 public:
  Statement() = default;

 private:
  friend class Database;
  friend class Query;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One run of a statement: binds, steps, and resets it at the end of its scope, because a statement that was not reset
/// holds a read transaction open and so blocks checkpoints.
class Query {
 public:
  explicit Query(Statement& statement) : statement_(statement.statement_.get()) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Parameters are counted from 1. `blob` and `text` are not copied: they must live until the last `step`.
  Query& integer(int index, std::int64_t value);
  Query& blob(int index, std::string_view value);
  Query& text(int index, std::string_view value);

  enum class Step { kRow, kDone, kFailed };
  Step step();

  /// Columns are counted from 0; a blob is valid until the next `step`.
  std::int64_t integer_at(int column) const;
  std::string_view blob_at(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// One SQLite connection; with counting_vfs.cpp the only place that sees sqlite3.h. One thread at a time.
class Database {
 public:
  /// Opens or makes `path` on the VFS `vfs` (empty: the default one).
  static std::variant<std::unique_ptr<Database>, Failure> open(
      const std::filesystem::path& path, const std::string& vfs,
      TornSector torn_sector = TornSector::kLosesItsOtherBytes);
  /// Whether `path` is there and not empty.
  static bool exists(const std::filesystem::path& path, const std::string& vfs);
  /// Removes a file that no connection has open, durably.
  static std::optional<Failure> remove(const std::filesystem::path& path, const std::string& vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::optional<Failure> exec(const std::string& sql);
  std::optional<Failure> prepare(const char* sql, Statement& out);
  /// The first column of the first row as text; empty if there is no row.
  std::variant<std::string, Failure> value(const std::string& sql);

  /// False if SQLite has rolled back by itself, as it does on some errors.
  bool in_transaction() const;
  /// Why the last call failed; `doing` says what was attempted.
  Failure failure(std::string_view doing) const;

  enum class Checkpoint { kPassive, kRestart, kTruncate };
  std::optional<Failure> checkpoint(Checkpoint mode);
  /// Frames in the WAL as of the last commit.
  int wal_pages() const { return wal_pages_; }
  /// Of the WAL's file, written or not; 0 if there is none.
  std::uint64_t wal_file_bytes() const;
  /// Of the database's file; nothing if the medium does not tell.
  std::optional<std::uint64_t> file_bytes() const;
  enum class File { kDatabase, kWal };
  /// Bytes of a file as they lie there, at most `bytes` of them; none behind its end, or where it is not there.
  std::variant<std::string, Failure> read(File file, std::uint64_t from, std::size_t bytes) const;
  /// Counts WAL frames from now on; `PRAGMA wal_autocheckpoint` takes the place of this.
  void watch_wal();
  /// False if the connection believes that a write to a sector leaves its other bytes alone.
  bool assumes_torn_sectors() const;
  std::uint64_t bytes_written() const { return vfs_->bytes_written(); }
  /// See CountingVfs.
  void on_truncated(std::function<void()> call) { vfs_->on_truncated(std::move(call)); }
  void on_came_back(std::function<void()> call) { vfs_->on_came_back(std::move(call)); }

 private:
  Database(std::filesystem::path path, std::unique_ptr<CountingVfs> vfs)
      : path_(std::move(path)), vfs_(std::move(vfs)) {}

  std::filesystem::path path_;
  std::unique_ptr<CountingVfs> vfs_;
  sqlite3* db_ = nullptr;
  int wal_pages_ = 0;
};

}  // namespace odograph::outbox
