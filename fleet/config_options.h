#pragma once

#include "fleet/fleet_config.h"

namespace CLI {
class App;
}

namespace odograph::fleet {

/// The options by which every subcommand that speaks to a broker is told its configuration; `source` outlives the
/// parsing.
void add_config_options(CLI::App& command, ConfigSource& source);

/// Tells what went wrong on stderr; returns the program's exit code.
int fail(const base::Error& error);

}  // namespace odograph::fleet
