#include "agent/outbox/salvage_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <limits>
#include <set>
#include <system_error>
#include <utility>

#include "agent/outbox/boot_nonce.h"
#include "agent/outbox/boot_vehicle.h"
#include "agent/outbox/lock_file.h"
#include "agent/outbox/original_file.h"
#include "agent/outbox/row_format.h"
#include "agent/outbox/store.h"
#include "agent/outbox/wal_mend.h"
#include "lib/base/assert.h"

namespace odograph::outbox {
namespace fs = std::filesystem;
namespace {

// https://www.sqlite.org/fileformat2.html, section 1.3.
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kPageSizeAt = 16;
constexpr std::size_t kChangesAt = 24;
constexpr std::size_t kPagesAt = 28;
constexpr std::size_t kFreeTrunkAt = 32;
constexpr std::size_t kFreePagesAt = 36;
constexpr std::size_t kValidForAt = 92;
/// `put_schema_in` writes to none behind these, whatever the size of a page.
constexpr std::uint64_t kSchemaPagesMax = 32;
/// 8 GiB in pages of 512 bytes; a header that tells more is not believed.
constexpr std::uint64_t kPagesMax = (8ULL << 30) / 512;

std::uint64_t number_at(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

void put_number(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (24 - 8 * i) & 0xFF);
}

std::string header_of(const fs::path& path) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string header(kHeaderBytes, '\0');
  if (!fd || ::pread(fd.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) return {};
  return header.starts_with(kMagic) ? header : std::string();
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

std::variant<std::unique_ptr<Database>, Failure> open_exclusive(const fs::path& path) {
  auto opened = Database::open(path, "");
  if (std::holds_alternative<Failure>(opened)) return opened;
  // No -shm file beside it.
  if (auto failed = std::get<0>(opened)->exec("PRAGMA locking_mode=EXCLUSIVE")) return *std::move(failed);
  return opened;
}

/// What a new file with the same tables has in the pages that hold the schema.
struct Template {
  std::set<std::uint32_t> schema_pages;
  std::unique_ptr<RawPages> pages;
};

std::variant<Template, Failure> make_template(const fs::path& path, std::uint64_t page_bytes) {
  auto opened = open_exclusive(path);
  if (auto* failed = std::get_if<Failure>(&opened)) return *failed;
  auto& database = *std::get<0>(opened);
  const std::string steps[] = {"PRAGMA page_size=" + std::to_string(page_bytes), "PRAGMA auto_vacuum=NONE",
                               "PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF",
                               "BEGIN;PRAGMA application_id=" + std::to_string(kApplicationId) +
                                   ";PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";" + tables_sql() +
                                   "COMMIT"};
  for (const auto& step : steps) {
    if (auto failed = database.exec(step)) return *std::move(failed);
  }
  if (auto failed = database.checkpoint(Database::Checkpoint::kTruncate)) return *std::move(failed);
  base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return directory_failure(path.parent_path(), errno);
  Template made;
  made.pages = std::make_unique<RawPages>(std::move(fd), static_cast<std::size_t>(page_bytes));
  for (std::uint32_t page = 1; page <= made.pages->count(); ++page) made.schema_pages.insert(page);
  Statement roots;
  if (auto failed = database.prepare("SELECT rootpage FROM sqlite_master", roots)) return *std::move(failed);
  Query query(roots);
  while (query.step() == Query::Step::kRow) made.schema_pages.erase(static_cast<std::uint32_t>(query.integer_at(0)));
  return made;
}

}  // namespace

std::variant<std::unique_ptr<SalvageFile>, Failure> SalvageFile::open(const fs::path& quarantine,
                                                                      std::uint64_t page_bytes) {
  std::unique_ptr<SalvageFile> file(new SalvageFile(quarantine / "outbox.db", page_bytes));
  file->take_page_size();
  if (header_of(file->path_).empty() && size_of(file->path_) > 0) {
    if (auto failed = keep_original(file->path_, size_of(file->path_), kSchemaPagesMax * file->page_bytes_)) {
      return *std::move(failed);
    }
  }
  file->pad();
  auto mended = mend_wal_of(file->path_, static_cast<std::uint32_t>(file->page_bytes_), WalPages::kDoubtful, {});
  if (auto* failed = std::get_if<Failure>(&mended)) return std::move(*failed);
  auto broken = file->open_database();
  const bool has_its_header = !broken;
  // A medium that is full or refuses to write may take the WAL in later; without it the file is not to be read.
  if (broken && broken->trouble == Trouble::kCorrupt) {
    if (auto failed = file->put_schema_in()) return *std::move(failed);
    broken = file->open_database();
  }
  if (broken && broken->trouble != Trouble::kCorrupt) return *std::move(broken);
  base::UniqueFd fd(::open(file->path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return directory_failure(quarantine, errno);
  file->pages_ = std::make_unique<RawPages>(std::move(fd), static_cast<std::size_t>(file->page_bytes_));
  if (has_its_header) file->free_ = free_pages(*file->pages_);
  return file;
}

void SalvageFile::take_page_size() {
  const std::string header = header_of(path_);
  if (header.empty()) return;
  const std::uint64_t told = number_at(header, kPageSizeAt, 2) == 1 ? 65536 : number_at(header, kPageSizeAt, 2);
  if (told >= 512 && std::has_single_bit(told)) page_bytes_ = told;
}

void SalvageFile::pad() {
  const std::uint64_t size = size_of(path_);
  const std::string header = header_of(path_);
  std::uint64_t pages = (size + page_bytes_ - 1) / page_bytes_;
  const std::uint64_t told = header.empty() ? 0 : number_at(header, kPagesAt, 4);
  if (told <= kPagesMax) pages = std::max(pages, told);
  std::error_code ignored;
  if (size > 0 && pages * page_bytes_ > size) fs::resize_file(path_, pages * page_bytes_, ignored);
}

/// kCorrupt where the medium did its work and the file makes no sense, unreadable pages included.
std::optional<Failure> SalvageFile::open_database() {
  const Failure corrupt{Trouble::kCorrupt, path_.string() + ": its schema cannot be read"};
  database_.reset();
  if (size_of(path_) == 0) return corrupt;  // SQLite would take it for a new one, and delete its WAL.
  auto opened = open_exclusive(path_);
  if (auto* failed = std::get_if<Failure>(&opened)) return *failed;
  auto database = std::move(std::get<0>(opened));
  // The first look opens the WAL, without which there is nothing to bring in. A damaged b-tree is no hindrance to that;
  // what the WAL held is then seen by RawPages too.
  if (std::holds_alternative<Failure>(database->value("SELECT count(*) FROM sqlite_master"))) return corrupt;
  if (auto failed = database->checkpoint(Database::Checkpoint::kTruncate)) {
    return failed->trouble == Trouble::kUnreadable ? corrupt : failed;
  }
  for (const auto lane : model::kStoredLanes) {
    const std::string sql =
        std::string("SELECT id,first_n,n,t0,t1,made,flags,crc,payload FROM ") + model::to_string(lane) + " WHERE id=?1";
    if (database->prepare(sql.c_str(), look_ups_[index_of(lane)])) return corrupt;
  }
  database_ = std::move(database);
  return {};
}

std::optional<Failure> SalvageFile::put_schema_in() {
  for (Statement& statement : look_ups_) statement = {};
  const fs::path path = path_.parent_path() / "schema.db";
  std::error_code ignored;
  fs::remove(path, ignored);
  auto made = make_template(path, page_bytes_);
  if (auto* failed = std::get_if<Failure>(&made)) return *failed;
  const auto& [schema_pages, pages] = std::get<Template>(made);
  ODOGRAPH_ASSERT(schema_pages.empty() || *schema_pages.rbegin() <= kSchemaPagesMax);
  const base::UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return directory_failure(path_.parent_path(), errno);
  const std::uint64_t held = std::max<std::uint64_t>(size_of(path_) / page_bytes_, pages->count());
  for (const std::uint32_t number : schema_pages) {
    std::string page = pages->read(number);
    if (number == 1) {
      put_number(page, kPagesAt, static_cast<std::uint32_t>(held));
      put_number(page, kFreeTrunkAt, 0);
      put_number(page, kFreePagesAt, 0);
      put_number(page, kValidForAt, static_cast<std::uint32_t>(number_at(page, kChangesAt, 4)));
    }
    const auto at = static_cast<off_t>((number - 1) * page_bytes_);
    if (::pwrite(fd.get(), page.data(), page.size(), at) != static_cast<ssize_t>(page.size())) {
      return directory_failure(path_.parent_path(), errno);
    }
  }
  if (::ftruncate(fd.get(), static_cast<off_t>(held * page_bytes_)) != 0) {
    return directory_failure(path_.parent_path(), errno);
  }
  for (const char* suffix : {"", "-wal"}) fs::remove(path.string() + suffix, ignored);
  return {};
}

SalvageFile::Found SalvageFile::look_up(model::Lane lane, std::uint64_t id) {
  if (!database_) return {};
  Query query(look_ups_[index_of(lane)]);
  switch (query.integer(1, static_cast<std::int64_t>(id)).step()) {
    case Query::Step::kDone: return {Seen::kAbsent, {}};
    case Query::Step::kFailed: return {};
    case Query::Step::kRow: break;
  }
  Found found{Seen::kSound, row_from(query, lane)};
  found.row.payload = query.blob_at(8);
  take_prefix(found.row);
  if (query.integer_at(7) != checksum(found.row)) return {Seen::kBroken, {}};
  return found;
}

std::optional<std::uint64_t> SalvageFile::end_of(model::Lane lane, std::uint64_t after, End end) {
  if (!database_) return {};
  const std::string sql = std::string("SELECT id FROM ") + model::to_string(lane) + " WHERE id>?1 ORDER BY id " +
                          (end == End::kFirst ? "ASC" : "DESC") + " LIMIT 1";
  Statement select;
  if (database_->prepare(sql.c_str(), select)) return {};
  Query query(select);
  switch (query.integer(1, static_cast<std::int64_t>(after)).step()) {
    case Query::Step::kDone: return 0;
    case Query::Step::kFailed: return {};
    case Query::Step::kRow: break;
  }
  return static_cast<std::uint64_t>(query.integer_at(0));
}

std::optional<std::int64_t> SalvageFile::meta(const std::string& key) {
  if (!database_) return {};
  Statement select;
  if (database_->prepare("SELECT v FROM meta WHERE k=?1", select)) return {};
  Query query(select);
  if (query.text(1, key).step() != Query::Step::kRow) return {};
  return query.integer_at(0);
}

std::uint32_t SalvageFile::boot_nonce(std::uint32_t boot) {
  const auto stored = meta(nonce_key(boot));
  return stored ? nonce_from(boot, *stored) : 0;
}

std::string SalvageFile::vehicle_id(std::uint32_t boot) {
  if (!database_) return {};
  const auto found = load_vehicles(*database_, boot);
  const auto* vehicles = std::get_if<BootVehicles>(&found);
  return vehicles == nullptr ? "" : vehicle_of(*vehicles, boot);
}

std::optional<Anchor> SalvageFile::anchor(std::uint32_t boot) {
  if (!database_) return {};
  Statement select;
  if (database_->prepare("SELECT offset_ms,quality FROM anchors WHERE boot=?1", select)) return {};
  Query query(select);
  if (query.integer(1, boot).step() != Query::Step::kRow) return {};
  const auto quality = query.integer_at(1);
  if (quality < 0 || quality > static_cast<std::int64_t>(model::TimeQuality::kGnss)) return {};
  return Anchor{base::Millis{query.integer_at(0)}, static_cast<model::TimeQuality>(quality)};
}

}  // namespace odograph::outbox
