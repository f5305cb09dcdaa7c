#pragma once

#include "agent/sample/sampler.h"

namespace odograph::sample {

/// The same sampling `factor` (1..) times less often: by time, on the move and at rest, and by distance. What is kept
/// for its own sake stays: events, turns, changes of speed and of the fix, and Mode::kAll, which is somebody's express
/// wish.
Config slowed(Config config, int factor);

}  // namespace odograph::sample
