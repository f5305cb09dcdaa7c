#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/eta/trip.h"
#include "lib/base/result.h"

namespace odograph::trips {

inline constexpr std::size_t kTripsMax = 1'000'000;
inline constexpr std::size_t kDocumentBytesMax = 256UL << 20;  ///< Of a JSON document and of a table.
/// A file with more bad lines than this is not worth reading on.
inline constexpr std::size_t kToldErrorsMax = 20;

/// One trip as a JSON object; docs/eta.md has the format. Members that it does not name are not looked at.
///
/// `kDrop` with "FIELD: why" if a field is missing, of another type, out of range or at odds with another one; whether
/// stops lie on the path is included.
base::Result<eta::Trip> parse_trip(std::string_view json);

/// A position and whose it is.
struct VehiclePosition {
  std::string vehicle_id;
  eta::Position position;
};

/// One position as a JSON object; as `parse_trip`.
base::Result<VehiclePosition> parse_position(std::string_view json);

/// What a file of trips holds.
struct TripFile {
  std::vector<eta::Trip> trips;
  std::vector<std::string> unused_columns;  ///< Of a table: those that are not looked at.
};

/// A file of trips, plain or gzip, in one of three forms that its first line tells apart: a JSON object a line; one
/// JSON document with a trip or an array of them, if that line begins with `[` or is a `{` alone; else a table
/// (csv_trips.h). Of a `trip_id` that comes more than once the highest `revision` is kept, in the place of the first;
/// the same revision twice is an error.
///
/// `kStop` if the file cannot be read; `kDrop` if something in it is wrong: the text has "FILE:LINE: FIELD: why" for
/// each thing, up to `kToldErrorsMax`; in a JSON document "FILE: trip NUMBER: FIELD: why", counted from 1.
base::Result<TripFile> read_trips(const std::filesystem::path& path);

/// Gathers what is wrong with the lines of a file.
class Complaints {
 public:
  void add(const std::string& file, std::size_t line, const std::string& what);
  /// What is wrong at another kind of place: "WHERE: what".
  void add(const std::string& where, const std::string& what);
  bool empty() const { return count_ == 0; }
  /// True when no more of them are told.
  bool enough() const { return count_ >= kToldErrorsMax; }
  /// `kDrop` with a line for each.
  base::Error error() const;

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace odograph::trips
