#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "fleet/dispatch/fence_plan.h"
#include "fleet/dispatch/table_topic.h"
#include "fleet/dispatch/trips_commands.h"

namespace odograph::dispatch {

/// What geofences-topic says now.
base::Result<FencesInForce> read_fences_in_force(const Broker& broker);

/// How fences are put.
struct PutFences {
  FenceTimes times;
  DryRun dry_run = DryRun::kNo;
};

/// `odograph-fleet fences put`: brings the fences of a file into force and says what was done. Nothing is written
/// unless all of it can be.
base::Status put_fences(const fences::FenceFile& file, const PutFences& how, const Broker& broker, std::ostream& out);

/// `odograph-fleet fences list`: a version a line, or with kJson what `put` takes. What cannot be read is told on
/// `err`.
base::Status list_fences(ListOptions::Format format, const Broker& broker, std::ostream& out, std::ostream& err);

/// `odograph-fleet fences remove`.
base::Status remove_fences(const std::vector<std::string>& ids, const FenceTimes& times, const Broker& broker,
                           std::ostream& out);

}  // namespace odograph::dispatch
