#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/outbox/database.h"
#include "agent/outbox/outbox.h"
#include "agent/outbox/row.h"
#include "agent/outbox/salvage_pages.h"

namespace odograph::outbox {

/// A broken file in quarantine, opened for what can still be read of it.
///
/// It is made as readable as it gets first: cut short, it is padded with zeros to the length that its header tells; its
/// WAL is brought in; where the schema cannot be read, the pages that hold it are taken from a new file, whose roots
/// lie where this one's do. Rows are then looked up one by one, because an ordered scan ends at the first damaged page.
class SalvageFile {
 public:
  /// `page_bytes`: of the files of this agent, for the case that this one does not tell its own.
  static std::variant<std::unique_ptr<SalvageFile>, Failure> open(const std::filesystem::path& quarantine,
                                                                  std::uint64_t page_bytes);

  enum class Seen {
    kSound,
    kBroken,      ///< There is a row, and its checksum does not hold.
    kAbsent,      ///< There is none: acknowledged, evicted, or never made.
    kUnreadable,  ///< The pages on the way to it are damaged.
  };
  struct Found {
    Seen seen = Seen::kUnreadable;
    Row row;  ///< Of kSound only.
  };
  Found look_up(model::Lane lane, std::uint64_t id);
  enum class End { kFirst, kLast };
  /// The id at that end of the lane's rows above `after`, 0 if there is none; nothing if that end is damaged.
  std::optional<std::uint64_t> end_of(model::Lane lane, std::uint64_t after, End end);

  /// Nothing if it cannot be read, or is not there.
  std::optional<std::int64_t> meta(const std::string& key);
  std::optional<Anchor> anchor(std::uint32_t boot);
  /// As in wire::BatchHeader; 0 if it cannot be read, or is not there.
  std::uint32_t boot_nonce(std::uint32_t boot);
  /// As in Chunk; empty if it cannot be read, or is not there.
  std::string vehicle_id(std::uint32_t boot);

  const RawPages& pages() const { return *pages_; }
  /// Whether `page` is known to belong to a table; false where the list of free pages is damaged.
  bool is_in_use(std::uint32_t page) const { return free_ && page < free_->size() && !(*free_)[page]; }

 private:
  SalvageFile(std::filesystem::path path, std::uint64_t page_bytes) : path_(std::move(path)), page_bytes_(page_bytes) {}
  void take_page_size();
  void pad();
  std::optional<Failure> open_database();
  std::optional<Failure> put_schema_in();

  std::filesystem::path path_;
  std::uint64_t page_bytes_;
  std::unique_ptr<Database> database_;  ///< Null if SQLite cannot make anything of the file.
  std::array<Statement, kLanes> look_ups_;
  std::unique_ptr<RawPages> pages_;
  std::optional<std::vector<bool>> free_;
};

}  // namespace odograph::outbox
