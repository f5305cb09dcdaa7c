// A running processor's status as metrics.

#include <limits>

#include "fleet/process_status.h"

namespace odograph::fleet {
namespace {

double seconds(base::Millis duration) { return static_cast<double>(duration.count()) / 1000; }

void put_counters(const process::Counters& counters, service::Metrics& metrics) {
  for (const process::CounterField& field : process::counter_fields()) {
    const auto value = static_cast<double>(counters.*field.value);
    const std::string name = std::string("odograph_fleet_") + field.name;
    if (field.kind == process::CounterKind::kGauge) {
      metrics.set_gauge({name, field.help, {}}, value);
    } else {
      metrics.set_counter({name + "_total", field.help, {}}, value);
    }
  }
}

struct EmfCounter {
  const char* name;
  std::uint64_t process::Counters::*value;
};
constexpr EmfCounter kEmfCounters[] = {
    {"messages", &process::Counters::messages},         {"records", &process::Counters::records},
    {"repeats", &process::Counters::repeats},           {"alerts_raised", &process::Counters::alerts_raised},
    {"dead_letters", &process::Counters::dead_letters}, {"aborts", &process::Counters::aborts},
    {"restores", &process::Counters::restores}};

/// What the most of them did not exceed since `before`; no number where there was nothing, or more than any bound.
service::EmfMetric share(const std::string& name, const base::Histogram& before, const base::Histogram& now) {
  const auto bound = now.since(before).bound_of(name.ends_with("p90") ? 0.9 : 0.5);
  return {name, "Seconds", bound.value_or(std::numeric_limits<double>::quiet_NaN())};
}

}  // namespace

void put_metrics(const ProcessStatus& status, service::Metrics& metrics) {
  put_counters(status.counters, metrics);
  for (const process::PartitionLag& each : status.work.lags) {
    const std::map<std::string, std::string> labels = {{"partition", std::to_string(each.partition)}};
    metrics.set_gauge(
        {"odograph_fleet_lag_messages", "Messages of raw-data-topic that wait for this instance.", labels},
        static_cast<double>(each.waiting));
    if (!each.behind) continue;
    metrics.set_gauge({"odograph_fleet_lag_seconds", "About how long the oldest of them has waited.", labels},
                      seconds(*each.behind));
  }
  metrics.set_gauge({"odograph_fleet_working", "1 while messages are processed; 0: no partitions, or restoring.", {}},
                    status.work.doing == process::Work::Doing::kWorking ? 1 : 0);
  metrics.set_histogram({"odograph_fleet_event_latency_seconds",
                         "From the newest event of a message until what was made of it was committed.",
                         {}},
                        status.work.event.all);
  metrics.set_histogram({"odograph_fleet_append_latency_seconds",
                         "From a message's time in the log until what was made of it was committed.",
                         {}},
                        status.work.append.all);
}

std::vector<service::EmfMetric> emf_metrics(const ProcessStatus& before, const ProcessStatus& now) {
  std::vector<service::EmfMetric> metrics;
  for (const EmfCounter& each : kEmfCounters) {
    metrics.push_back(
        {each.name, "Count", static_cast<double>(now.counters.*each.value - before.counters.*each.value)});
  }
  metrics.push_back({"vehicles", "Count", static_cast<double>(now.counters.vehicles)});
  metrics.push_back({"partitions", "Count", static_cast<double>(now.counters.partitions)});
  metrics.push_back({"gaps_unexplained", "Count", static_cast<double>(now.counters.gaps_unexplained)});
  const Backlog backlog = backlog_of(now.work);
  metrics.push_back({"lag_messages", "Count", static_cast<double>(backlog.messages)});
  if (backlog.behind) metrics.push_back({"lag_seconds", "Seconds", seconds(*backlog.behind)});
  for (const char* name : {"event_latency_p50", "event_latency_p90"}) {
    metrics.push_back(share(name, before.work.event.all, now.work.event.all));
  }
  for (const char* name : {"append_latency_p50", "append_latency_p90"}) {
    metrics.push_back(share(name, before.work.append.all, now.work.append.all));
  }
  return metrics;
}

}  // namespace odograph::fleet
