#include "agent/outbox/store.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "agent/outbox/boot_nonce.h"
#include "agent/outbox/lock_file.h"
#include "agent/outbox/quarantine.h"
#include "agent/outbox/wal_mend.h"
#include "lib/base/ids.h"

namespace odograph::outbox {
namespace {

using Step = Query::Step;
constexpr std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
constexpr std::uint64_t as_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }
constexpr std::uint32_t low32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

constexpr const char* kMetaTables =
    "CREATE TABLE meta(k TEXT PRIMARY KEY, v INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE anchors(boot INTEGER PRIMARY KEY, offset_ms INTEGER NOT NULL, quality INTEGER NOT NULL);"
    "CREATE TABLE source_marks(source_key TEXT, lane INTEGER, offset INTEGER NOT NULL, idx INTEGER NOT NULL,"
    " PRIMARY KEY(source_key, lane)) WITHOUT ROWID;";

std::string lane_table(model::Lane lane) {
  return std::string("CREATE TABLE ") + model::to_string(lane) +
         "(id INTEGER PRIMARY KEY, first_n INTEGER NOT NULL, n INTEGER NOT NULL, t0 INTEGER NOT NULL,"
         " t1 INTEGER NOT NULL, made INTEGER NOT NULL, flags INTEGER NOT NULL, crc INTEGER NOT NULL,"
         " payload BLOB NOT NULL);";
}

struct Pragma {
  std::string set;  ///< Empty if it is only read.
  std::string read;
  std::string want;
};

/// In this order: exclusive mode before WAL so that no -shm file is made.
std::vector<Pragma> pragmas(const FileSettings& settings) {
  const std::string synchronous = std::to_string(static_cast<int>(settings.synchronous));
  return {
      {"auto_vacuum=NONE", "auto_vacuum", "0"},
      {"locking_mode=EXCLUSIVE", "locking_mode", "exclusive"},
      {"journal_mode=WAL", "journal_mode", "wal"},
      {"synchronous=" + synchronous, "synchronous", synchronous},
      {"wal_autocheckpoint=0", "wal_autocheckpoint", "0"},
      {"journal_size_limit=-1", "journal_size_limit", "-1"},
      {"cache_size=-2048", "cache_size", "-2048"},
      {"temp_store=MEMORY", "temp_store", "2"},
      {"secure_delete=OFF", "secure_delete", "0"},
      {"mmap_size=0", "mmap_size", "0"},
      {"cell_size_check=ON", "cell_size_check", "1"},
      {"trusted_schema=OFF", "trusted_schema", "0"},
  };
}

}  // namespace

std::string tables_sql() {
  std::string sql = kMetaTables;
  for (const auto lane : model::kStoredLanes) sql += lane_table(lane);
  return sql;
}

Store::Opened Store::open(const Where& where) {
  std::unique_ptr<Store> store(new Store(where));
  if (auto failed = store->open_file()) return *std::move(failed);
  // What is not ours is refused before anything is set that would write to it, WAL mode above all.
  if (auto failed = store->check_or_make_again()) return *std::move(failed);
  if (auto failed = store->set_pragmas()) return *std::move(failed);
  if (auto failed = store->flush_names()) return *std::move(failed);
  if (auto failed = store->hold_room()) return *std::move(failed);
  if (auto failed = store->make_or_check_schema()) return *std::move(failed);
  if (auto failed = store->begin_wal_anew()) return *std::move(failed);
  // Not before: where the flush of a recovered WAL failed, another checkpoint would be flushed without error and write
  // into the database what only the cache still holds of the WAL.
  store->is_ours_ = true;
  if (auto failed = store->prepare()) return *std::move(failed);
  if (auto failed = store->load()) return *std::move(failed);
  // In exclusive mode it stays the one that was opened.
  store->wal_ = id_of(store->wal_path());
  return store;
}

Store::~Store() {
  // A file that was refused is left as it is. What fails here is done by the next start.
  if (is_ours_) static_cast<void>(begin_wal_anew());
}

std::optional<Failure> Store::open_file() {
  auto locked = take_lock(where_.directory);
  if (auto* failed = std::get_if<Failure>(&locked)) return *failed;
  lock_ = std::move(std::get<base::UniqueFd>(locked));
  // The files of a test's own medium are not where this looks.
  if (where_.vfs.empty()) {
    auto finished = finish_quarantine(where_.directory, where_.settings);
    if (auto* failed = std::get_if<Failure>(&finished)) return *failed;
    if (std::get<bool>(finished) && where_.repairs != nullptr) ++where_.repairs->wals_put_aside;
  }
  // What a broken file keeps beyond its end may be all the room that there is for the one in its place.
  for (const auto& path : find_quarantines(where_.directory).paths) give_back_blocks(path);
  forget_cached_files();
  if (auto failed = mend_wal()) return failed;
  return open_database();
}

std::optional<Failure> Store::open_database() {
  auto opened = Database::open(path(), where_.vfs, where_.settings.torn_sector);
  if (auto* failed = std::get_if<Failure>(&opened)) return *failed;
  database_ = std::move(std::get<std::unique_ptr<Database>>(opened));
  database_->on_came_back(where_.settings.came_back);
  file_ = id_of(path());
  return {};
}

// What is put right here nobody misses. The rest is for salvage, which checks each row and tells what is not there.
std::optional<Failure> Store::mend_wal() {
  const auto file = where_.directory / "outbox.db";
  const auto page_bytes = where_.vfs.empty() ? page_size_of_ours(file) : std::nullopt;
  if (!page_bytes) return {};
  auto mended = mend_wal_of(file, *page_bytes, WalPages::kExact, where_.settings);
  if (auto* failed = std::get_if<Failure>(&mended)) return std::move(*failed);
  if (std::get<WalState>(mended) == WalState::kMended && where_.repairs != nullptr) ++where_.repairs->wals_mended;
  if (std::get<WalState>(mended) != WalState::kPatched) return {};
  return Failure{Trouble::kCorrupt, "outbox " + file.string() + ": its WAL has rotted", Part::kWal};
}

std::optional<Store::FileId> Store::id_of(const std::filesystem::path& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return {};
  return FileId{file.st_dev, file.st_ino};
}

bool Store::is_same(const std::filesystem::path& path, const std::optional<FileId>& opened) {
  errno = 0;
  const auto now = id_of(path);
  // A medium that does not let anybody look is another trouble.
  return now ? !opened || now == opened : errno != ENOENT && errno != ENOTDIR;
}

bool Store::is_in_place() const { return !where_.vfs.empty() || (is_same(path(), file_) && is_same(wal_path(), wal_)); }

bool Store::is_wal_astray() const { return where_.vfs.empty() && is_same(path(), file_) && !is_same(wal_path(), wal_); }

std::optional<Failure> Store::take_in_wal() {
  if (auto failed = Database::remove(wal_path(), where_.vfs)) return failed;
  return checkpoint(Database::Checkpoint::kRestart);
}

// After a flush that failed Linux takes the pages as written: every read sees them, and the medium does not have them.
// A WAL recovered from such pages would be checkpointed over a database that a power cut then leaves without its WAL.
void Store::forget_cached_files() {
  const auto& forget = where_.settings.forget_cached;
  for (const char* name : {"outbox.db-wal", "outbox.db-journal", "outbox.db"}) {
    const auto path = where_.directory / name;
    if (forget) {
      forget(path);
    } else {
      forget_cached(path);
    }
  }
}

std::optional<Failure> Store::check_ours() {
  const std::string where = "outbox " + (where_.directory / "outbox.db").string() + ": ";
  // Before the first look at the file, which may be in WAL mode already: no -shm file is made then.
  if (auto failed = database_->exec("PRAGMA locking_mode=EXCLUSIVE")) return failed;
  std::array<std::string, 3> found;
  constexpr const char* kTables =
      "SELECT coalesce(group_concat(sql||';',''),'') FROM (SELECT sql FROM sqlite_master"
      " WHERE type='table' ORDER BY rootpage)";
  const char* questions[] = {"PRAGMA application_id", "PRAGMA user_version", kTables};
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto value = database_->value(questions[i]);
    if (auto* failed = std::get_if<Failure>(&value)) return *failed;
    found[i] = std::get<std::string>(value);
  }
  const auto& [application, version, tables] = found;
  if (application == "0" && tables.empty()) return {};
  if (application != std::to_string(kApplicationId)) {
    // Nobody else makes these tables under this name, so it is the header that is wrong.
    if (tables == tables_sql()) return Failure{Trouble::kCorrupt, where + "its header is damaged"};
    return Failure{Trouble::kNotOurs, where + "is the database of another program"};
  }
  if (version == std::to_string(kSchemaVersion)) return {};
  return Failure{Trouble::kNotOurs,
                 where + "has schema " + version + ", this agent knows " + std::to_string(kSchemaVersion)};
}

std::optional<Failure> Store::set_pragmas() {
  if (auto failed = take_page_size()) return failed;
  const std::string where = "outbox " + (where_.directory / "outbox.db").string() + ": ";
  for (const Pragma& pragma : pragmas(where_.settings)) {
    if (auto failed = database_->exec("PRAGMA " + pragma.set)) return failed;
    auto got = database_->value("PRAGMA " + pragma.read);
    if (auto* failed = std::get_if<Failure>(&got)) return *failed;
    if (std::get<std::string>(got) == pragma.want) continue;
    return Failure{Trouble::kIo, where + "pragma " + pragma.set + " was not taken: " + std::get<std::string>(got)};
  }
  const bool pads = where_.settings.torn_sector == TornSector::kLosesItsOtherBytes;
  if (database_->assumes_torn_sectors() != pads) return Failure{Trouble::kIo, where + "psow was not taken"};
  // Also the first read of a new file, which makes its WAL.
  if (auto failed = set_cap(where_.cap_bytes)) return failed;
  database_->watch_wal();
  return {};
}

// A file that has a page already keeps the size it was made with, whatever is asked for now.
std::optional<Failure> Store::take_page_size() {
  if (auto failed = database_->exec("PRAGMA page_size=" + std::to_string(where_.settings.page_bytes))) return failed;
  auto got = database_->value("PRAGMA page_size");
  if (auto* failed = std::get_if<Failure>(&got)) return *failed;
  page_bytes_ = std::strtoull(std::get<std::string>(got).c_str(), nullptr, 10);
  if (page_bytes_ != 0) return {};
  return Failure{Trouble::kIo, "outbox " + (where_.directory / "outbox.db").string() + ": has no page size"};
}

std::optional<Failure> Store::make_or_check_schema() {
  auto application = database_->value("PRAGMA application_id");
  if (auto* failed = std::get_if<Failure>(&application)) return *failed;
  if (std::get<std::string>(application) == std::to_string(kApplicationId)) return {};
  // One transaction: after a cut there is either nothing yet or all of it.
  std::string sql = "BEGIN IMMEDIATE;";
  sql += "PRAGMA application_id=" + std::to_string(kApplicationId) + ";";
  sql += "PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";";
  sql += tables_sql();
  sql += "INSERT INTO meta VALUES('stream_id'," + std::to_string(as_signed(base::random_u64())) + ");COMMIT;";
  return database_->exec(sql);
}

// SQLite flushes the directory only in the process that made a file. If that one dies between making the WAL and its
// first commit, the WAL's name may never become durable, nor the removal of the journal with which the database was
// made: a power cut later on brings that journal back, and with it the empty file. It has to come before the first
// checkpoint too, which writes to a database that the WAL alone can mend.
std::optional<Failure> Store::flush_names() {
  const auto& flush = where_.settings.flush_directory;
  const int error = flush ? flush(where_.directory) : flush_directory(where_.directory);
  if (error == 0) return {};
  return directory_failure(where_.directory, error);
}

// A frame of an earlier power cut may share its sector with what would be written next: the next commit has to go to
// the WAL's beginning. Cutting the file to nothing does that too, but then each commit makes it grow again, and the
// file system writes its journal with each.
std::optional<Failure> Store::begin_wal_anew() {
  const std::uint64_t kept = room_.reserved == Reserved::kNone ? kWalKeptBytesMax : kWalRoomBytes;
  const bool is_long = database_->wal_file_bytes() > kept;
  return checkpoint(is_long ? Database::Checkpoint::kTruncate : Database::Checkpoint::kRestart);
}

std::optional<Failure> Store::prepare() {
  const std::string columns = "id,first_n,n,t0,t1,made,flags";
  for (const auto lane : model::kStoredLanes) {
    const std::string table = model::to_string(lane);
    auto& s = of(lane);
    const std::pair<std::string, Statement*> lane_statements[] = {
        {"INSERT INTO " + table + "(" + columns + ",crc,payload) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)", &s.insert},
        {"DELETE FROM " + table + " WHERE id BETWEEN ?1 AND ?2", &s.erase},
        {"SELECT " + columns + ",crc,payload FROM " + table + " WHERE id>?1 ORDER BY id LIMIT 1", &s.next},
        {"SELECT " + columns + ",length(payload) FROM " + table + " WHERE id>?1 ORDER BY id", &s.oldest},
        {"SELECT coalesce(sum(n),0),coalesce(sum(length(payload)),0),count(*),coalesce(max(id),0) FROM " + table +
             " WHERE id<=?1",
         &s.use_through},
        {"SELECT id,first_n,n FROM " + table + " WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1", &s.end},
    };
    for (const auto& [sql, statement] : lane_statements) {
      if (auto failed = database_->prepare(sql.c_str(), *statement)) return failed;
    }
  }
  const std::pair<const char*, Statement*> statements[] = {
      {"SELECT v FROM meta WHERE k=?1", &get_meta_},
      {"INSERT INTO meta VALUES(?1,?2) ON CONFLICT(k) DO UPDATE SET v=excluded.v", &set_meta_},
      {"INSERT OR REPLACE INTO anchors VALUES(?1,?2,?3)", &set_anchor_},
      {"INSERT OR REPLACE INTO source_marks VALUES(?1,?2,?3,?4)", &set_mark_},
      {"PRAGMA page_count", &page_count_},
      {"PRAGMA freelist_count", &freelist_count_},
  };
  for (const auto& [sql, statement] : statements) {
    if (auto failed = database_->prepare(sql, *statement)) return failed;
  }
  return {};
}

std::optional<Failure> Store::load() {
  auto stream = meta("stream_id");
  if (auto* failed = std::get_if<Failure>(&stream)) return *failed;
  stream_id_ = as_unsigned(std::get<std::int64_t>(stream));
  Statement select;
  if (auto failed = database_->prepare("SELECT boot,offset_ms,quality FROM anchors", select)) return failed;
  Query query(select);
  Step step = query.step();
  for (; step == Step::kRow; step = query.step()) {
    anchors_[low32(query.integer_at(0))] = {base::Millis{query.integer_at(1)},
                                            static_cast<model::TimeQuality>(query.integer_at(2))};
  }
  if (step == Step::kFailed) return database_->failure("read anchors");
  if (auto failed = load_boot_nonces()) return failed;
  auto vehicles = load_vehicles(*database_);
  if (auto* failed = std::get_if<Failure>(&vehicles)) return *failed;
  boot_vehicles_ = std::get<BootVehicles>(std::move(vehicles));
  if (where_.vfs.empty()) keep_stream_beside(where_.directory, stream_id_);
  return {};
}

std::optional<Failure> Store::load_boot_nonces() {
  Statement select;
  const char* sql = "SELECT CAST(substr(k,7) AS INTEGER),v FROM meta WHERE k>='nonce_' AND k<'nonce`'";
  if (auto failed = database_->prepare(sql, select)) return failed;
  Query query(select);
  Step step = query.step();
  for (; step == Step::kRow; step = query.step()) {
    const std::uint32_t boot = low32(query.integer_at(0));
    boot_nonces_[boot] = nonce_from(boot, query.integer_at(1));
  }
  if (step == Step::kFailed) return database_->failure("read boot nonces");
  return {};
}

}  // namespace odograph::outbox
