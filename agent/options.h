#pragma once

#include "lib/config/schema.h"

namespace odograph::agent {

/// What the agent is started for; a replay on a laptop has gentler defaults (a vehicle id, a folder beside the shell).
enum class Purpose { kRun, kReplay };

/// Every option of agent.toml, those of the drivers included: validation, `print-config` and the example file come from
/// it.
config::Schema options(Purpose purpose);

}  // namespace odograph::agent
