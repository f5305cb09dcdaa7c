#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/process/pipeline.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/service/emf.h"
#include "lib/service/metrics.h"

namespace odograph::fleet {

/// One moment of a running processor, for `status` and for the metrics.
struct ProcessStatus {
  std::string brokers;
  std::string group;
  std::string instance;  ///< Empty: it has no name.
  base::Millis uptime{};
  process::Counters counters;
  process::Work work;
  std::string trouble;  ///< The last line of trouble; empty if there was none.
  base::Millis trouble_age{};
};

/// All messages that wait, and how long the one waits that waits longest; nothing while that is not known.
struct Backlog {
  std::int64_t messages = 0;
  std::size_t partitions = 0;  ///< In which some wait.
  std::optional<base::Millis> behind{0};
};
Backlog backlog_of(const process::Work& work);

/// The whole of it as one JSON document: each counter by its name, and beside them what `docs/operations.md` tells.
std::string to_json(const ProcessStatus& status);

/// The same for a person, from the JSON: the first line says how things stand. `kDrop` if it is no such document.
base::Result<std::string> to_words(std::string_view json);

/// As Prometheus counters, gauges and histograms.
void put_metrics(const ProcessStatus& status, service::Metrics& metrics);

/// What is worth its price at CloudWatch. What counts up is told as what came since `before`.
std::vector<service::EmfMetric> emf_metrics(const ProcessStatus& before, const ProcessStatus& now);

}  // namespace odograph::fleet
