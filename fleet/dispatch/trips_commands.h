#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "fleet/dispatch/table_topic.h"
#include "fleet/trips/read.h"

namespace odograph::dispatch {

/// Reads all files and looks at them as one. `kStop`, `kDrop` as `trips::read_trips`; a trip in two files is an error.
base::Result<trips::TripFile> read_files(const std::vector<std::filesystem::path>& files);

/// What trips-topic says now.
base::Result<InForce> read_in_force(const Broker& broker);

enum class DryRun { kNo, kYes };

/// How `put_trips` is done.
struct PutOptions {
  base::UtcTime now{};  ///< By the system's clock: which of the trips in force are over.
  DryRun dry_run = DryRun::kNo;
};

/// `odograph-fleet trips put`: brings the trips of a file into force and says what was done. Nothing is written unless
/// all of it can be.
base::Status put_trips(const trips::TripFile& file, const Broker& broker, const PutOptions& options, std::ostream& out);

/// Which trips `list_trips` prints, and how.
struct ListOptions {
  std::string vehicle_id;  ///< Empty: of all.
  enum class Format {
    kTable,  ///< For people.
    kJson,   ///< A trip a line, as `put` takes them.
  } format = Format::kTable;
};

/// `odograph-fleet trips list`. What cannot be read is told on `err`.
base::Status list_trips(const ListOptions& options, const Broker& broker, std::ostream& out, std::ostream& err);

/// `odograph-fleet trips cancel`.
base::Status cancel_trips(const std::vector<std::string>& trip_ids, const std::vector<std::string>& vehicle_ids,
                          const Broker& broker, std::ostream& out);

/// One trip as JSON on a line; docs/trips.md.
std::string to_json_line(const eta::Trip& trip);

}  // namespace odograph::dispatch
