#pragma once

#include <optional>

#include "agent/console.h"
#include "lib/base/result.h"

namespace odograph::agent {

struct RunArguments {
  ConfigArguments config;
  std::optional<int> commit_report;  ///< --commit-report: a descriptor that is told what is durable.
};

/// The agent on a vehicle, until SIGTERM or SIGINT; ends within 5 s of it. SIGHUP takes over what can change while it
/// runs. Broken storage or an absent device never ends it: both are told and tried again.
base::Status run(const RunArguments& arguments);

}  // namespace odograph::agent
