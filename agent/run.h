#pragma once

#include "agent/console.h"
#include "lib/base/result.h"

namespace odograph::agent {

/// The agent on a vehicle, until SIGTERM or SIGINT; ends within 5 s of it. SIGHUP takes over what can change while it
/// runs. Broken storage or an absent device never ends it: both are told and tried again.
base::Status run(const ConfigArguments& arguments);

}  // namespace odograph::agent
