#pragma once

#include "lib/base/backoff.h"

namespace odograph::uplink {

using base::backoff_after;
using base::BackoffLimits;

}  // namespace odograph::uplink
