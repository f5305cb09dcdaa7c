#pragma once

#include "agent/status.h"
#include "lib/service/metrics.h"

namespace odograph::agent {

/// The snapshot as Prometheus counters and gauges.
void put_metrics(const Snapshot& snapshot, service::Metrics& metrics);

}  // namespace odograph::agent
