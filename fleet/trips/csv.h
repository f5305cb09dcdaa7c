#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace odograph::trips {

inline constexpr std::size_t kCsvColumnsMax = 256;

/// One record of a table.
struct CsvRow {
  std::size_t line = 0;  ///< Where it begins, from 1.
  std::vector<std::string> cells;
};

/// The records of a table as spreadsheets export them (RFC 4180): quoted cells may hold separators, line ends and
/// doubled quotes; lines end in LF or CR LF; a byte order mark is passed over; empty lines are left out.
///
/// The separator is whichever of comma, semicolon and tab the first line has most of.
class CsvReader {
 public:
  /// `text` outlives the reader.
  explicit CsvReader(std::string_view text);

  /// Puts the next record into `row`; false after the last one. `kDrop` with what is wrong in the line `row.line`: a
  /// quote that never ends or ends inside a cell, more than `kCsvColumnsMax` cells. Nothing can be read after that.
  base::Result<bool> next(CsvRow& row);

  char separator() const { return separator_; }

 private:
  base::Result<std::string> quoted_cell();
  std::string plain_cell();
  void end_line();

  std::string_view left_;
  char separator_ = ',';
  std::size_t line_ = 1;
};

}  // namespace odograph::trips
