#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/outbox/row.h"
#include "lib/base/unique_fd.h"

namespace odograph::outbox {

/// The pages of a database file as they lie there, for files whose b-trees cannot be trusted. Format:
/// https://www.sqlite.org/fileformat2.html, sections 1.6 (b-tree pages) and 2.1 (record format).
class RawPages {
 public:
  /// Takes `fd`, open for reading. `page_bytes`: 512 .. 65536, a power of 2.
  RawPages(base::UniqueFd fd, std::size_t page_bytes) : fd_(std::move(fd)), page_bytes_(page_bytes) {}

  /// Pages are counted from 1; a page that cannot be read, or lies behind the end, is all zero.
  std::string read(std::uint32_t page) const;
  std::uint32_t count() const;
  std::size_t page_bytes() const { return page_bytes_; }

 private:
  base::UniqueFd fd_;
  std::size_t page_bytes_;
};

/// A cell of a leaf that looks like a chunk's row.
struct LeafCell {
  std::uint64_t id = 0;
  std::size_t at = 0;  ///< Within the page.
};

/// The cells of `page` that could be rows of a lane's table: no more than the page can hold, in the page's order. Says
/// nothing about whether they are sound.
std::vector<LeafCell> cells_of(std::string_view page, std::uint32_t number);

/// The row that begins at `cell` on page `number`, overflow pages followed; nothing if it is not one of `lane`, or its
/// checksum does not hold.
std::optional<Row> row_at(const RawPages& pages, std::uint32_t number, const LeafCell& cell, model::Lane lane);

/// The pages that the file's list of free ones names, by number; nothing if that list is damaged. A leaf that is not
/// free belongs to a table, whether the way to it is sound or not. Format: section 1.5.
std::optional<std::vector<bool>> free_pages(const RawPages& pages);

}  // namespace odograph::outbox
