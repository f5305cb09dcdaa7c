#pragma once

#include <iosfwd>

#include "fleet/fleet_config.h"

namespace odograph::fleet {

/// `odograph-fleet topics scale`.
struct ScaleCommand {
  ConfigSource source;
  int partitions = 0;
  /// librdkafka asks for the partitions of its topics every five minutes.
  int settle_s = 330;
};

/// Adds partitions to the topics that are partitioned by vehicle; what it does goes to `out`, a line a step.
base::Status run_scale(const ScaleCommand& command, std::ostream& out);

}  // namespace odograph::fleet
