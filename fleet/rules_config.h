#pragma once

#include <filesystem>

#include "fleet/watch/trial.h"
#include "lib/base/result.h"
#include "lib/config/schema.h"

namespace odograph::fleet {

/// Everything that fleet.toml may hold, where only the rules are asked for: nothing has to be there.
const config::Schema& rules_schema();

/// The rules in a file of nothing else, or in a whole fleet.toml. `kStop` with everything that is wrong, one line each.
base::Result<watch::TrialRules> load_rules(const std::filesystem::path& file);

}  // namespace odograph::fleet
