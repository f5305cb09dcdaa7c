#pragma once

#include <filesystem>
#include <optional>

#include "fleet/fleet_config.h"
#include "lib/service/log.h"
#include "lib/service/signals.h"

namespace odograph::fleet {

struct ProcessCommand {
  ProcessSettings settings;
  std::optional<std::filesystem::path> report;  ///< Gets the counts as JSON at the end.
};

/// Runs the processor until SIGTERM or SIGINT, then writes out what is under way. Everything on this thread.
base::Status run_process(const ProcessCommand& command, service::Log& log, const service::Signals& signals);

}  // namespace odograph::fleet
