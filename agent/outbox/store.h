#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/outbox/boot_vehicle.h"
#include "agent/outbox/database.h"
#include "agent/outbox/failure.h"
#include "agent/outbox/file_copy.h"
#include "agent/outbox/outbox.h"
#include "agent/outbox/repairs.h"
#include "agent/outbox/reservation.h"
#include "agent/outbox/row.h"
#include "lib/base/unique_fd.h"

namespace odograph::outbox {

/// "Odog": tells our files from other people's.
inline constexpr std::int64_t kApplicationId = 0x4F646F67;
inline constexpr std::int64_t kSchemaVersion = 1;

/// Boots are counted up to here; what says more than this is rot. The last one closes a stream (salvage.h).
inline constexpr std::uint32_t kBootMax = 0x7FFF'FFFE;

/// The statements that make the tables, in their order: the same ones give the same root pages.
std::string tables_sql();

/// The row from a query's first seven columns: id, first_n, n, t0, t1, made, flags.
Row row_from(const Query& query, model::Lane lane);

/// How far the salvage of a broken file's stream has come: everything up to this chunk was acknowledged.
struct SalvageMark {
  std::uint64_t stream_id = 0;
  model::Lane lane = model::Lane::kAlert;
  std::uint64_t id = 0;
  friend bool operator==(const SalvageMark&, const SalvageMark&) = default;
};

/// Consecutive ids of one lane, both ends included.
struct IdRange {
  model::Lane lane = model::Lane::kBulk;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// Everything that becomes durable together, or not at all.
struct Transaction {
  std::vector<Row> rows;
  std::array<std::optional<std::uint64_t>, kLanes> acked;  ///< Deletes every id up to and including it.
  std::vector<IdRange> evicted;
  std::vector<Row> rewritten;    ///< In the place of rows of `evicted`, under an id of one of them.
  std::optional<Anchor> anchor;  ///< Of `boot`.
  SourceMarks marks;             ///< Of `source_key`, where present.
  std::string source_key;
  std::uint32_t boot = 0;
  std::optional<model::LaneEnds> ends;  ///< Told when a lane loses its last row of `boot`, and with it its last number.
  std::optional<FlashAccount> flash;
  bool clean_end = false;
};

/// What `open` found of the boots before this one.
struct PreviousBoot {
  std::uint32_t boot = 0;  ///< 0 for a new file.
  bool clean = false;
  model::LaneEnds ends;
};

/// What is in a lane's table.
struct LaneUse {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;    ///< Payloads and kRowOverheadBytes each.
  std::uint64_t last_id = 0;  ///< 0 if empty.
};

/// Where a lane's numbering stands in one boot.
struct LaneEnd {
  std::uint32_t chunk_no = 0;
  std::uint32_t n = 0;
};

/// The outbox's file: schema, transactions, reads. It decides nothing and has no thread; one thread at a time uses it.
///
/// Opening takes `outbox.lock`, has the kernel forget what it cached of the files, opens `outbox.db`, sets and reads
/// back every pragma, flushes the directory, makes or checks the schema, and checkpoints so that the WAL begins anew,
/// all of it before anything is appended. Destroying it does the same checkpoint and closes.
class Store {
 public:
  struct Where {
    std::filesystem::path directory;
    std::uint64_t cap_bytes = 0;
    std::string vfs;  ///< Registered SQLite VFS to work on; empty for the default one.
    FileSettings settings;
    Repairs* repairs = nullptr;  ///< Counts what this does; outlives the store. Null: nobody counts.
  };
  using Opened = std::variant<std::unique_ptr<Store>, Failure>;
  static Opened open(const Where& where);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::uint64_t stream_id() const { return stream_id_; }
  std::map<std::uint32_t, Anchor>& anchors() { return anchors_; }
  /// As in wire::BatchHeader; 0 if it is not known.
  std::uint32_t boot_nonce(std::uint32_t boot) const;

  /// Under which that boot made its records; empty if it is not known.
  std::string vehicle_id(std::uint32_t boot) const { return vehicle_of(boot_vehicles_, boot); }

  /// The boot before, from its rows and from what it told of itself.
  std::variant<PreviousBoot, Failure> previous_boot();
  /// Commits `boot` as the one that now appends, with its nonce and vehicle id, and forgets those and the anchors of
  /// boots that have no row any more.
  std::optional<Failure> begin_boot(std::uint32_t boot, std::uint32_t nonce, const std::string& vehicle_id);
  std::variant<FlashAccount, Failure> flash_account();
  std::variant<SourceMarks, Failure> source_marks(const std::string& source_key);
  std::optional<Failure> forget_source(const std::string& source_key);

  /// Nothing if committed. On any failure nothing of it is, and no transaction is left open. A failure of kIo may
  /// still turn out to have been committed once the file is opened anew.
  std::optional<Failure> commit(const Transaction& transaction);

  struct Found {
    Row row;
    bool sound = false;  ///< Its checksum holds.
  };
  /// The oldest row of `lane` with an id above `after`.
  std::variant<std::optional<Found>, Failure> next(model::Lane lane, std::uint64_t after);
  struct Weighed {
    Row row;  ///< Without its payload.
    std::uint64_t bytes = 0;
  };
  /// Rows of `lane` above `after`, oldest first, until they hold `bytes`.
  std::variant<std::vector<Weighed>, Failure> oldest(model::Lane lane, std::uint64_t after, std::uint64_t bytes);
  /// Records and bytes with ids up to `through`.
  std::variant<LaneUse, Failure> use_through(model::Lane lane, std::uint64_t through);
  std::variant<LaneUse, Failure> use(model::Lane lane);
  /// Last numbers of `boot` that are still in the table.
  std::variant<LaneEnd, Failure> end_of(model::Lane lane, std::uint32_t boot);

  std::uint64_t used_bytes();  ///< Of the file, what is not free inside it.
  std::uint64_t page_bytes() const { return page_bytes_; }
  std::variant<SalvageMark, Failure> salvage_mark();
  std::optional<Failure> put_salvage_mark(const SalvageMark& mark);

  /// False if the file is no longer where it was opened: what is committed now would be gone with this process.
  bool is_in_place() const;
  /// True if that is so of the WAL alone: `take_in_wal` helps.
  bool is_wal_astray() const;
  /// Brings all that is in the WAL into the file. What lies under the WAL's name now goes: with this file it would be
  /// taken for its WAL.
  std::optional<Failure> take_in_wal();
  /// Takes as much of it as the disk has; `room` says how much that is. Every time that it is called it looks anew.
  std::optional<Failure> set_cap(std::uint64_t cap_bytes);
  const Room& room() const { return room_; }
  std::optional<Failure> checkpoint(Database::Checkpoint mode) { return database_->checkpoint(mode); }
  /// Copies its files, as they are, into `folder`: also where they have no name any more.
  std::optional<Failure> copy_to(const std::filesystem::path& folder) const { return copy_files(*database_, folder); }
  int wal_pages() const { return database_->wal_pages(); }
  std::uint64_t bytes_written() const { return database_->bytes_written(); }

 private:
  /// A file's device and its number there.
  struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
  };
  static std::optional<FileId> id_of(const std::filesystem::path& path);
  static bool is_same(const std::filesystem::path& path, const std::optional<FileId>& opened);
  struct LaneStatements {
    Statement insert, erase, next, oldest, use_through, end;
  };
  explicit Store(Where where) : where_(std::move(where)) {}

  std::filesystem::path path() const { return where_.directory / "outbox.db"; }
  std::optional<Failure> open_file();
  std::optional<Failure> open_database();
  std::filesystem::path wal_path() const { return where_.directory / "outbox.db-wal"; }
  void forget_cached_files();
  std::optional<Failure> check_ours();
  std::optional<Failure> check_or_make_again();
  bool is_unmade() const;
  std::optional<Failure> set_pragmas();
  std::optional<Failure> hold_room();
  bool is_beside_quarantine() const;
  std::optional<Failure> take_page_size();
  std::optional<Failure> make_or_check_schema();
  std::optional<Failure> flush_names();
  std::optional<Failure> begin_wal_anew();
  std::optional<Failure> prepare();
  std::optional<Failure> load();
  std::optional<Failure> load_boot_nonces();
  std::optional<Failure> mend_wal();
  std::optional<Failure> apply(const Transaction& transaction);
  std::optional<Failure> insert(const Row& row);
  std::optional<Failure> erase(const IdRange& range);
  std::optional<Failure> put_anchor(std::uint32_t boot, const Anchor& anchor);
  std::optional<Failure> put_marks(const std::string& source_key, const SourceMarks& marks);
  std::optional<Failure> put_flash(const FlashAccount& account);
  std::optional<Failure> put_ends(std::uint32_t boot, const model::LaneEnds& ends);
  std::optional<Failure> run(Query& query, std::string_view doing);
  std::optional<Failure> put_meta(std::string_view key, std::int64_t value);
  std::variant<std::int64_t, Failure> meta(std::string_view key);
  LaneStatements& of(model::Lane lane) { return lanes_[index_of(lane)]; }

  // In the order of their making: statements go before the database, which goes before the lock.
  Where where_;
  base::UniqueFd lock_;
  Room room_;
  std::optional<Reservation> reservation_;
  std::unique_ptr<Database> database_;
  std::array<LaneStatements, kLanes> lanes_;
  Statement get_meta_, set_meta_, set_anchor_, set_mark_, page_count_, freelist_count_;
  std::uint64_t page_bytes_ = 0;
  std::optional<FileId> file_;  ///< When they were opened.
  std::optional<FileId> wal_;
  bool is_ours_ = false;  ///< Looked at, may be written, and its WAL is on the medium.
  std::uint64_t stream_id_ = 0;
  std::map<std::uint32_t, Anchor> anchors_;
  std::map<std::uint32_t, std::uint32_t> boot_nonces_;
  BootVehicles boot_vehicles_;
};

}  // namespace odograph::outbox
