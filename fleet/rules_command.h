#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "fleet/fleet_config.h"
#include "fleet/watch/try_command.h"

namespace odograph::fleet {

/// `odograph-fleet rules try`.
struct RulesTryCommand {
  std::filesystem::path rules;
  std::filesystem::path records;  ///< Empty: raw-data-topic of the broker that `source` names.
  std::filesystem::path trips;    ///< Empty: rules about trips stay silent.
  std::filesystem::path fences;   ///< Empty: those of the rules alone.
  std::string since = "7d";       ///< How far back the topic is read.
  watch::TrialFormat format = watch::TrialFormat::kTable;
  ConfigSource source;
};

/// Prints what the rules would have raised on `out`; sends nothing.
base::Status run_rules_try(const RulesTryCommand& command, std::ostream& out, std::ostream& log);

}  // namespace odograph::fleet
