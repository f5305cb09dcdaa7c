#include "fleet/trips/read.h"

#include "fleet/trips/csv_trips.h"
#include "fleet/trips/line_file.h"
#include "fleet/trips/trip_object.h"
#include "fleet/trips/trip_set.h"

namespace odograph::trips {
namespace {

enum class Form { kLines, kDocument, kTable };

Form form_of(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return Form::kTable;
  if (line[first] == '[') return Form::kDocument;
  if (line[first] != '{') return Form::kTable;
  return line.find_first_not_of(" \t", first + 1) == std::string_view::npos ? Form::kDocument : Form::kLines;
}

base::Result<TripFile> read_lines(LineFile& file, std::string line) {
  TripSet trips;
  Complaints complaints;
  for (bool more = true; more && !complaints.enough();) {
    if (!line.empty()) {
      auto trip = parse_trip(line);
      const base::Status status = trip ? trips.add(*std::move(trip)) : trip.error();
      if (!status && status.error().action == base::Action::kStop)
        return base::stop_error(file.name() + ": " + status.error().what);
      if (!status) complaints.add(file.name(), file.number(), status.error().what);
    }
    const auto next = file.next(line);
    if (!next) return next.error();
    more = *next;
  }
  if (!complaints.empty()) return complaints.error();
  return TripFile{trips.take(), {}};
}

/// What is left of the file, behind the lines before `line` that were empty.
base::Result<std::string> whole_text(LineFile& file, std::string line) {
  std::string text(file.number() - 1, '\n');
  while (true) {
    text += line;
    text += '\n';
    if (text.size() > kDocumentBytesMax)
      return base::stop_error(file.name() + ": longer than " + std::to_string(kDocumentBytesMax) + " bytes");
    const auto more = file.next(line);
    if (!more) return more.error();
    if (!*more) return text;
  }
}

base::Result<TripFile> read_document(LineFile& file, std::string line) {
  const auto text = whole_text(file, std::move(line));
  if (!text) return text.error();
  const auto json = parse_document(*text);
  if (!json) return base::drop_error(file.name() + ": " + json.error().what);
  const nlohmann::json all = json->is_array() ? *json : nlohmann::json::array({*json});
  TripSet trips;
  Complaints complaints;
  for (std::size_t i = 0; i < all.size() && !complaints.enough(); ++i) {
    auto trip = all[i].is_object() ? trip_of(all[i]) : base::drop_error("not an object");
    const base::Status status = trip ? trips.add(*std::move(trip)) : trip.error();
    if (!status) complaints.add(file.name() + ": trip " + std::to_string(i + 1), status.error().what);
  }
  if (!complaints.empty()) return complaints.error();
  return TripFile{trips.take(), {}};
}

base::Result<TripFile> read_table(LineFile& file, std::string line) {
  const auto text = whole_text(file, std::move(line));
  if (!text) return text.error();
  auto table = parse_csv_trips(*text, file.name());
  if (!table) return table.error();
  return TripFile{std::move(table->trips), std::move(table->unused)};
}

}  // namespace

void Complaints::add(const std::string& file, std::size_t line, const std::string& what) {
  add(file + ':' + std::to_string(line), what);
}

void Complaints::add(const std::string& where, const std::string& what) {
  ++count_;
  if (count_ > kToldErrorsMax) return;
  if (!text_.empty()) text_ += '\n';
  text_ += where + ": " + what;
}

base::Error Complaints::error() const {
  if (!enough()) return base::drop_error(text_);
  return base::drop_error(text_ + "\nno more is told after " + std::to_string(kToldErrorsMax) + " bad lines");
}

base::Result<TripFile> read_trips(const std::filesystem::path& path) {
  auto file = LineFile::open(path);
  if (!file) return file.error();
  std::string line;
  base::Result<bool> more = file->next(line);
  while (more && *more && line.empty()) more = file->next(line);
  if (!more) return more.error();
  if (!*more) return TripFile{};
  switch (form_of(line)) {
    case Form::kLines: return read_lines(*file, std::move(line));
    case Form::kDocument: return read_document(*file, std::move(line));
    case Form::kTable: return read_table(*file, std::move(line));
  }
  return TripFile{};
}

}  // namespace odograph::trips
