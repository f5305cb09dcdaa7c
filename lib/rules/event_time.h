#pragma once

#include <chrono>

#include "lib/base/time.h"

namespace odograph::rules {

/// Event time in ms on any one time line (UTC in the fleet, boot time on the vehicle); only differences matter.
using EventTime = std::chrono::time_point<base::BootTimeline, base::Millis>;

}  // namespace odograph::rules
