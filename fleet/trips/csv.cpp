#include "fleet/trips/csv.h"

#include <algorithm>

namespace odograph::trips {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSeparators = ",;\t";

bool at_line_end(std::string_view text) { return text.empty() || text.front() == '\n' || text.front() == '\r'; }

}  // namespace

CsvReader::CsvReader(std::string_view text) : left_(text) {
  if (left_.substr(0, kByteOrderMark.size()) == kByteOrderMark) left_.remove_prefix(kByteOrderMark.size());
  const std::string_view first = left_.substr(0, left_.find('\n'));
  const auto times = [first](char one) { return std::count(first.begin(), first.end(), one); };
  separator_ = *std::max_element(kSeparators.begin(), kSeparators.end(),
                                 [&times](char a, char b) { return times(a) < times(b); });
}

void CsvReader::end_line() {
  if (!left_.empty() && left_.front() == '\r') left_.remove_prefix(1);
  if (!left_.empty() && left_.front() == '\n') left_.remove_prefix(1);
  ++line_;
}

std::string CsvReader::plain_cell() {
  const char ends[] = {separator_, '\n', '\r', '\0'};
  const std::size_t end = std::min(left_.find_first_of(std::string_view(ends, 3)), left_.size());
  std::string cell(left_.substr(0, end));
  left_.remove_prefix(end);
  return cell;
}

base::Result<std::string> CsvReader::quoted_cell() {
  left_.remove_prefix(1);
  std::string cell;
  while (true) {
    const std::size_t quote = left_.find('"');
    if (quote == std::string_view::npos) return base::drop_error("a quote that never ends");
    const std::string_view part = left_.substr(0, quote);
    line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    cell += part;
    left_.remove_prefix(quote + 1);
    if (left_.empty() || left_.front() != '"') break;
    cell += '"';
    left_.remove_prefix(1);
  }
  if (!at_line_end(left_) && left_.front() != separator_) return base::drop_error("something follows a quoted cell");
  return cell;
}

base::Result<bool> CsvReader::next(CsvRow& row) {
  while (!left_.empty() && at_line_end(left_)) end_line();
  row.line = line_;
  row.cells.clear();
  if (left_.empty()) return false;
  while (true) {
    if (row.cells.size() >= kCsvColumnsMax)
      return base::drop_error("more than " + std::to_string(kCsvColumnsMax) + " cells");
    if (!left_.empty() && left_.front() == '"') {
      auto cell = quoted_cell();
      if (!cell) return cell.error();
      row.cells.push_back(*std::move(cell));
    } else {
      row.cells.push_back(plain_cell());
    }
    if (at_line_end(left_)) break;
    left_.remove_prefix(1);
  }
  end_line();
  return true;
}

}  // namespace odograph::trips
