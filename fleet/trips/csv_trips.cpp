#include "fleet/trips/csv_trips.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "fleet/eta/route.h"
#include "fleet/trips/csv.h"
#include "fleet/trips/line_file.h"
#include "fleet/trips/polyline.h"
#include "fleet/trips/trip_object.h"
#include "fleet/trips/trip_set.h"

namespace odograph::trips {
namespace {

enum class Kind { kText, kNumber };
enum class Of { kTrip, kStop };
enum class Need { kAlways, kMayMiss };

/// A column that is looked at.
struct Column {
  std::string_view name;
  Kind kind;
  Of of;
  Need need;
};

constexpr std::string_view kWkt = "path_wkt";
constexpr std::string_view kFive = "path_polyline5";
constexpr std::string_view kSix = "path_polyline6";
constexpr std::array kPaths = {kWkt, kFive, kSix};
constexpr std::array kColumns = {
    Column{"trip_id", Kind::kText, Of::kTrip, Need::kAlways},
    Column{"vehicle_id", Kind::kText, Of::kTrip, Need::kAlways},
    Column{"revision", Kind::kNumber, Of::kTrip, Need::kMayMiss},
    Column{"start_time", Kind::kText, Of::kTrip, Need::kAlways},
    Column{kWkt, Kind::kText, Of::kTrip, Need::kMayMiss},
    Column{kFive, Kind::kText, Of::kTrip, Need::kMayMiss},
    Column{kSix, Kind::kText, Of::kTrip, Need::kMayMiss},
    Column{"stop_id", Kind::kText, Of::kStop, Need::kAlways},
    Column{"sequence", Kind::kNumber, Of::kStop, Need::kMayMiss},
    Column{"lat", Kind::kNumber, Of::kStop, Need::kAlways},
    Column{"lon", Kind::kNumber, Of::kStop, Need::kAlways},
    Column{"radius_m", Kind::kNumber, Of::kStop, Need::kMayMiss},
    Column{"planned_arrival", Kind::kText, Of::kStop, Need::kAlways},
    Column{"planned_departure", Kind::kText, Of::kStop, Need::kAlways},
    Column{"window_start", Kind::kText, Of::kStop, Need::kMayMiss},
    Column{"window_end", Kind::kText, Of::kStop, Need::kMayMiss},
    Column{"planned_dwell_s", Kind::kNumber, Of::kStop, Need::kMayMiss},
};
constexpr double kRadiusDefaultM = 100;
constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// "Trip ID" -> "trip_id".
std::string column_name(std::string_view cell) {
  std::string name(trimmed(cell));
  for (char& one : name) {
    if (one == ' ' || one == '-') one = '_';
    if (one >= 'A' && one <= 'Z') one = static_cast<char>(one - 'A' + 'a');
  }
  return name;
}

/// A number as the cell has it, else the cell's text, which then is complained of. Where commas do not separate cells
/// they may stand for the decimal point.
nlohmann::json number_of(std::string_view cell, char separator) {
  std::string text(cell);
  if (separator != ',' && std::count(text.begin(), text.end(), ',') == 1 && text.find('.') == std::string::npos)
    text[text.find(',')] = '.';
  const char* const end_of_text = text.data() + text.size();
  std::uint64_t whole = 0;
  const auto [whole_end, no_whole] = std::from_chars(text.data(), end_of_text, whole);
  if (no_whole == std::errc{} && whole_end == end_of_text) return whole;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), end_of_text, value);
  if (error == std::errc{} && end == end_of_text) return value;
  return text;
}

/// From rows to trips. What is wrong goes to `complaints`; a trip with anything wrong in it is left out.
class Table {
 public:
  Table(const std::string& name, char separator) : name_(name), separator_(separator) {}

  /// True if the columns that are needed are there.
  bool read_header(const CsvRow& row);
  void read_row(const CsvRow& row);
  /// Ends the trip that the last rows were of.
  void end_trip();

  void complain(std::size_t line, const std::string& what) { complaints_.add(name_, line, what); }
  const Complaints& complaints() const { return complaints_; }
  CsvTrips take() { return {trips_.take(), std::move(unused_)}; }

 private:
  std::string cell_of(const CsvRow& row, std::size_t column) const;
  nlohmann::json values_of(const CsvRow& row);
  void begin_trip(const CsvRow& row, const nlohmann::json& values);
  void check_repeats(const CsvRow& row, const nlohmann::json& values);
  void read_path(const nlohmann::json& values);
  void wrong(const CsvRow& row, const std::string& what) {
    complain(row.line, what);
    sound_ = false;
  }

  const std::string& name_;
  const char separator_;
  std::vector<std::optional<std::size_t>> columns_;  ///< Of each cell, which of `kColumns`.
  std::string_view path_column_;
  TripSet trips_;
  std::vector<std::string> unused_;
  Complaints complaints_;

  std::optional<eta::Trip> trip_;
  nlohmann::json first_values_;
  std::size_t first_line_ = 0;
  bool sound_ = true;  ///< Nothing was wrong in this trip so far.
};

bool Table::read_header(const CsvRow& row) {
  std::array<bool, kColumns.size()> there{};
  for (const std::string& cell : row.cells) {
    const std::string name = column_name(cell);
    const auto found =
        std::find_if(kColumns.begin(), kColumns.end(), [&](const Column& one) { return one.name == name; });
    const auto index = static_cast<std::size_t>(found - kColumns.begin());
    columns_.emplace_back(found == kColumns.end() ? std::nullopt : std::optional(index));
    if (found == kColumns.end()) {
      if (!name.empty()) unused_.emplace_back(trimmed(cell));
    } else if (there[index]) {
      complain(row.line, name + ": two columns of this name");
    } else {
      there[index] = true;
    }
  }
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (!there[i] && kColumns[i].need == Need::kAlways)
      complain(row.line, std::string(kColumns[i].name) + ": no such column; the first line names the columns");
    if (there[i] && std::find(kPaths.begin(), kPaths.end(), kColumns[i].name) != kPaths.end()) {
      if (!path_column_.empty()) complain(row.line, std::string(kColumns[i].name) + ": a second column with a path");
      path_column_ = kColumns[i].name;
    }
  }
  if (path_column_.empty())
    complain(row.line, "path_wkt, path_polyline5 or path_polyline6: one of these columns has to be there");
  return complaints_.empty();
}

nlohmann::json Table::values_of(const CsvRow& row) {
  nlohmann::json values = nlohmann::json::object();
  for (std::size_t i = 0; i < std::min(row.cells.size(), columns_.size()); ++i) {
    const std::string_view cell = trimmed(row.cells[i]);
    if (!columns_[i] || cell.empty()) continue;
    const Column& column = kColumns[*columns_[i]];
    if (!is_text(cell, kLineBytesMax)) {
      wrong(row, std::string(column.name) + ": not UTF-8, or with line ends in it; export the table as CSV UTF-8");
      continue;
    }
    values[std::string(column.name)] =
        column.kind == Kind::kNumber ? number_of(cell, separator_) : nlohmann::json(std::string(cell));
  }
  return values;
}

void Table::read_row(const CsvRow& row) {
  if (row.cells.size() != columns_.size()) {
    wrong(row, std::to_string(row.cells.size()) + " cells, the first line has " + std::to_string(columns_.size()));
    return;
  }
  nlohmann::json values = values_of(row);
  if (values.empty()) return;
  const auto id = values.find("trip_id");
  const bool same_trip = trip_ && (id == values.end() || *id == first_values_.value("trip_id", ""));
  if (same_trip) {
    check_repeats(row, values);
  } else {
    end_trip();
    begin_trip(row, values);
  }
  if (!values.contains("sequence")) values["sequence"] = trip_->stops.empty() ? 1U : trip_->stops.back().sequence + 1U;
  if (!values.contains("radius_m")) values["radius_m"] = kRadiusDefaultM;
  const bool told_dwell = values.contains("planned_dwell_s");
  if (!told_dwell) values["planned_dwell_s"] = 0;
  Object stop(values, "");
  const std::size_t before = trip_->stops.size();
  add_stop(stop, *trip_);
  if (stop.complaint()) wrong(row, stop.complaint()->what);
  if (told_dwell || trip_->stops.size() == before) return;
  eta::PlannedStop& added = trip_->stops.back();
  added.planned_dwell_s = eta::seconds_between(added.planned_arrival, added.planned_departure);
  if (!kDwellS.holds(added.planned_dwell_s)) wrong(row, "planned_departure: more than a day after planned_arrival");
}

void Table::begin_trip(const CsvRow& row, const nlohmann::json& values) {
  first_values_ = values;
  first_line_ = row.line;
  if (!first_values_.contains("revision")) first_values_["revision"] = 1U;
  Object object(first_values_, "");
  trip_ = trips::begin_trip(object);
  if (object.complaint()) wrong(row, object.complaint()->what);
  read_path(first_values_);
}

void Table::read_path(const nlohmann::json& values) {
  Object object(values, "");
  const std::string text = object.text(std::string(path_column_).c_str(), kLineBytesMax);
  auto path = path_column_ == kWkt ? parse_wkt_line(text)
                                   : decode_polyline(text, path_column_ == kFive ? Precision::kFive : Precision::kSix);
  if (path) {
    trip_->path = *std::move(path);
  } else {
    object.complain(std::string(path_column_), path.error().what);
  }
  if (!object.complaint()) return;
  complain(first_line_, object.complaint()->what);
  sound_ = false;
}

void Table::check_repeats(const CsvRow& row, const nlohmann::json& values) {
  for (const Column& column : kColumns) {
    const std::string name(column.name);
    if (column.of != Of::kTrip || !values.contains(name)) continue;
    if (!first_values_.contains(name) || values[name] != first_values_[name])
      wrong(row, name + ": not the same as in line " + std::to_string(first_line_) + ", where trip " +
                     first_values_.value("trip_id", "") + " begins");
  }
}

void Table::end_trip() {
  if (trip_ && sound_) {
    if (trip_->stops.size() > eta::kStopsMax) {
      complain(first_line_, "stops: more than " + std::to_string(eta::kStopsMax));
    } else if (auto route = eta::Route::create(*trip_); !route) {
      complain(first_line_, route.error().what);
    } else if (auto status = trips_.add(*std::move(trip_)); !status) {
      complain(first_line_, status.error().what + "; the rows of a trip stand together");
    }
  }
  trip_.reset();
  sound_ = true;
}

}  // namespace

base::Result<CsvTrips> parse_csv_trips(std::string_view text, const std::string& name) {
  CsvReader reader(text);
  Table table(name, reader.separator());
  CsvRow row;
  bool header = true;
  while (!table.complaints().enough()) {
    const auto more = reader.next(row);
    if (!more) table.complain(row.line, more.error().what);
    if (!more || !*more) break;
    if (header && !table.read_header(row)) break;
    if (!header) table.read_row(row);
    header = false;
  }
  table.end_trip();
  if (header && table.complaints().empty()) return base::drop_error(name + ": it is empty");
  if (!table.complaints().empty()) return table.complaints().error();
  return table.take();
}

}  // namespace odograph::trips
