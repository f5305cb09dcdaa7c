#include "agent/outbox/salvage_pages.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "agent/outbox/row_format.h"

namespace odograph::outbox {
namespace {

constexpr std::uint8_t kTableLeaf = 0x0D;
constexpr std::size_t kHeaderBytes = 8;  ///< Of a leaf; the first page has the file's header before it.
constexpr std::size_t kFileHeaderBytes = 100;
constexpr std::size_t kColumns = 9;
/// Larger than any chunk: 256 KiB before packing, and the columns around it.
constexpr std::uint64_t kRowBytesMax = 4 << 20;

std::uint8_t byte_at(std::string_view from, std::size_t at) { return static_cast<std::uint8_t>(from[at]); }
std::size_t u16_at(std::string_view from, std::size_t at) {
  return static_cast<std::size_t>(byte_at(from, at)) << 8 | byte_at(from, at + 1);
}

/// SQLite's variable-length number at `at`, which moves behind it; nothing if `from` ends within.
std::optional<std::uint64_t> take_varint(std::string_view from, std::size_t& at) {
  std::uint64_t value = 0;
  for (int i = 0; i < 9; ++i) {
    if (at >= from.size()) return {};
    const std::uint8_t byte = byte_at(from, at++);
    if (i == 8) return value << 8 | byte;
    value = value << 7 | (byte & 0x7FU);
    if (byte < 0x80) return value;
  }
  return {};
}

/// Bytes of a serial type; nothing for those that a row's columns never have.
std::optional<std::size_t> integer_bytes(std::uint64_t type) {
  constexpr std::array<std::size_t, 10> kBytes = {0, 1, 2, 3, 4, 6, 8, 0, 0, 0};
  if (type < 1 || type == 7 || type > 9) return {};
  return kBytes[static_cast<std::size_t>(type)];
}

struct RecordHeader {
  std::size_t bytes = 0;                        ///< Of the header itself.
  std::array<std::uint64_t, kColumns> types{};  ///< Serial types; the first is the id's, which lies in the cell.
};

/// Nothing if it is not the header of a lane's row.
std::optional<RecordHeader> read_header(std::string_view record) {
  RecordHeader header;
  std::size_t at = 0;
  const auto bytes = take_varint(record, at);
  if (!bytes || *bytes > record.size()) return {};
  header.bytes = static_cast<std::size_t>(*bytes);
  for (auto& type : header.types) {
    const auto taken = take_varint(record.substr(0, header.bytes), at);
    if (!taken) return {};
    type = *taken;
  }
  if (at != header.bytes || header.types[0] != 0) return {};
  for (std::size_t i = 1; i + 1 < kColumns; ++i) {
    if (!integer_bytes(header.types[i])) return {};
  }
  if (header.types.back() < 12 || header.types.back() % 2 != 0) return {};
  return header;
}

struct Cell {
  std::uint64_t record_bytes = 0;
  std::uint64_t id = 0;
  std::size_t record_at = 0;
};

std::optional<Cell> read_cell(std::string_view page, std::size_t at) {
  Cell cell;
  const auto bytes = take_varint(page, at);
  if (!bytes || *bytes < kColumns || *bytes > kRowBytesMax) return {};
  const auto id = take_varint(page, at);
  if (!id || *id >> 63 != 0 || *id >> 32 == 0) return {};
  cell.record_bytes = *bytes;
  cell.id = *id;
  cell.record_at = at;
  return cell;
}

/// How much of a record lies in its leaf: file format, section 1.6.
std::size_t local_bytes(std::uint64_t record_bytes, std::size_t usable) {
  const std::size_t most = usable - 35;
  if (record_bytes <= most) return static_cast<std::size_t>(record_bytes);
  const std::size_t least = (usable - 12) * 32 / 255 - 23;
  const std::size_t fitting = least + static_cast<std::size_t>((record_bytes - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

std::int64_t signed_at(std::string_view from, std::size_t at, std::size_t bytes) {
  std::uint64_t value = bytes > 0 && byte_at(from, at) >= 0x80 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | byte_at(from, at + i);
  return static_cast<std::int64_t>(value);
}

/// The whole record: what lies in the leaf, then its overflow pages. Nothing if that is not all there.
std::optional<std::string> whole_record(const RawPages& pages, std::string_view page, const Cell& cell) {
  const std::size_t usable = pages.page_bytes();
  const std::size_t local = local_bytes(cell.record_bytes, usable);
  const bool overflows = local < cell.record_bytes;
  if (cell.record_at + local + (overflows ? 4 : 0) > page.size()) return {};
  std::string record(page.substr(cell.record_at, local));
  std::uint32_t next = 0;
  if (overflows) next = static_cast<std::uint32_t>(signed_at(page, cell.record_at + local, 4));
  // The record's length bounds the chain, whatever the links say.
  while (record.size() < cell.record_bytes) {
    if (next < 2 || next > pages.count()) return {};
    const std::string more = pages.read(next);
    next = static_cast<std::uint32_t>(signed_at(more, 0, 4));
    record.append(more, 4,
                  static_cast<std::size_t>(std::min<std::uint64_t>(usable - 4, cell.record_bytes - record.size())));
  }
  return record;
}

}  // namespace

std::string RawPages::read(std::uint32_t page) const {
  std::string bytes(page_bytes_, '\0');
  const auto at = static_cast<off_t>(page - 1) * static_cast<off_t>(page_bytes_);
  std::size_t done = 0;
  while (done < page_bytes_) {
    const ssize_t got = ::pread(fd_.get(), bytes.data() + done, page_bytes_ - done, at + static_cast<off_t>(done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::uint32_t RawPages::count() const {
  struct stat file {};
  if (::fstat(fd_.get(), &file) != 0) return 0;
  return static_cast<std::uint32_t>(static_cast<std::size_t>(file.st_size) / page_bytes_);
}

std::vector<LeafCell> cells_of(std::string_view page, std::uint32_t number) {
  std::vector<LeafCell> cells;
  const std::size_t begin = number == 1 ? kFileHeaderBytes : 0;
  if (page.size() < begin + kHeaderBytes || byte_at(page, begin) != kTableLeaf) return cells;
  const std::size_t count = std::min(u16_at(page, begin + 3), (page.size() - begin - kHeaderBytes) / 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = u16_at(page, begin + kHeaderBytes + 2 * i);
    const auto cell = at < page.size() ? read_cell(page, at) : std::nullopt;
    if (cell && read_header(page.substr(cell->record_at))) cells.push_back({cell->id, at});
  }
  return cells;
}

std::optional<Row> row_at(const RawPages& pages, std::uint32_t number, const LeafCell& at, model::Lane lane) {
  const std::string page = pages.read(number);
  const auto cell = at.at < page.size() ? read_cell(page, at.at) : std::nullopt;
  if (!cell) return {};
  const auto record = whole_record(pages, page, *cell);
  if (!record) return {};
  const auto header = read_header(*record);
  if (!header) return {};
  std::array<std::int64_t, kColumns> values{};
  std::size_t from = header->bytes;
  for (std::size_t i = 1; i + 1 < kColumns; ++i) {
    const auto type = header->types[i];
    const std::size_t bytes = *integer_bytes(type);
    if (from + bytes > record->size()) return {};
    // Types 8 and 9 are the numbers 0 and 1 themselves.
    values[i] = type >= 8 ? static_cast<std::int64_t>(type) - 8 : signed_at(*record, from, bytes);
    from += bytes;
  }
  if (record->size() - from != (header->types.back() - 12) / 2) return {};
  Row row;
  row.lane = lane;
  row.id = cell->id;
  row.first_n = static_cast<std::uint32_t>(values[1]);
  row.count = static_cast<std::uint32_t>(values[2]);
  row.t0_ms = values[3];
  row.t1_ms = values[4];
  row.made_ms = values[5];
  row.flags = static_cast<std::uint32_t>(values[6]);
  row.payload = record->substr(from);
  take_prefix(row);
  if (values[7] != static_cast<std::int64_t>(checksum(row))) return {};
  return row;
}

std::optional<std::vector<bool>> free_pages(const RawPages& pages) {
  constexpr std::size_t kTrunkAt = 32;
  constexpr std::size_t kCountAt = 36;
  const auto number = [](std::string_view page, std::size_t at) {
    return static_cast<std::uint32_t>(signed_at(page, at, 4));
  };
  const std::uint32_t last = pages.count();
  const std::string header = pages.read(1);
  std::uint32_t left = number(header, kCountAt);
  std::uint32_t trunk = number(header, kTrunkAt);
  std::vector<bool> free(std::size_t{last} + 1, false);
  // Every page is named once, so that the list ends whatever is in it.
  const auto name = [&](std::uint32_t page) {
    if (page < 2 || page > last || free[page] || left == 0) return false;
    free[page] = true;
    --left;
    return true;
  };
  while (trunk != 0) {
    if (!name(trunk)) return {};
    const std::string page = pages.read(trunk);
    const std::uint32_t count = number(page, 4);
    if (count > pages.page_bytes() / 4 - 2) return {};
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!name(number(page, 8 + 4 * std::size_t{i}))) return {};
    }
    trunk = number(page, 0);
  }
  if (left != 0) return {};
  return free;
}

}  // namespace odograph::outbox
