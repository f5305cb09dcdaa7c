#pragma once

#include "lib/base/unique_fd.h"

namespace odograph::simulator {

/// Readable after SIGTERM or SIGINT, which no longer end the program; none if the kernel refuses. Call it before there
/// are threads, so that all of them inherit the mask.
base::UniqueFd stop_on_signals();

}  // namespace odograph::simulator
