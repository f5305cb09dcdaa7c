#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fleet/eta/trip.h"
#include "fleet/trips/read.h"

namespace odograph::trips {

/// What a table of trips holds.
struct CsvTrips {
  std::vector<eta::Trip> trips;
  std::vector<std::string> unused;  ///< Names of columns that are not looked at.
};

/// Trips as a table, a row a stop; docs/trips.md has the columns. Checked whole: `kDrop` with "NAME:LINE: COLUMN: why"
/// for each thing that is wrong, up to `kToldErrorsMax`; `name` is the file's.
base::Result<CsvTrips> parse_csv_trips(std::string_view text, const std::string& name);

}  // namespace odograph::trips
