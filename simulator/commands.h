#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "lib/base/result.h"

namespace odograph::simulator {

/// What a subcommand does once the command line is known.
using Run = std::function<base::Status()>;

/// Each adds its subcommand to `app`; when it is the one that was given, it puts its work into `run`.
void add_broker_command(CLI::App& app, Run& run);
void add_drive_command(CLI::App& app, Run& run);
void add_vehicles_command(CLI::App& app, Run& run);

}  // namespace odograph::simulator
