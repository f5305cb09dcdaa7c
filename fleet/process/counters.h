#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace odograph::process {

/// What the processor did since its start.
struct Counters {
  std::uint64_t messages = 0;
  std::uint64_t messages_moved = 0;
  std::uint64_t records = 0;
  std::uint64_t repeats = 0;
  std::uint64_t reports = 0;
  std::uint64_t live = 0;
  std::uint64_t undated = 0;
  std::uint64_t ahead = 0;
  std::uint64_t gaps_explained = 0;
  std::uint64_t gaps_unexplained = 0;
  std::uint64_t gap_entries_forgotten = 0;
  std::uint64_t records_thinned = 0;
  std::uint64_t thinned_error_m = 0;
  std::uint64_t boots_reused = 0;
  std::uint64_t alerts_raised = 0;
  std::uint64_t alerts_updated = 0;
  std::uint64_t alerts_cleared = 0;
  std::uint64_t dead_letters = 0;
  std::uint64_t unknown_columns = 0;
  std::uint64_t vehicles = 0;
  std::uint64_t vehicles_forgotten = 0;
  std::uint64_t streams_forgotten = 0;
  std::uint64_t outputs_refused = 0;
  std::uint64_t commits = 0;
  std::uint64_t aborts = 0;
  std::uint64_t producers_replaced = 0;
  std::uint64_t rebalances = 0;
  std::uint64_t restores = 0;
  std::uint64_t restored_rows = 0;
  std::uint64_t restore_ms = 0;
  std::uint64_t messages_gone = 0;
  std::uint64_t rewinds = 0;
  std::uint64_t partitions = 0;
  std::uint64_t partitions_caught_up = 0;
};

enum class CounterKind { kCounter, kGauge };

/// One row of the table behind the report, the metrics and the summary.
struct CounterField {
  const char* name;  ///< snake_case, as in the JSON report; the metric is odograph_fleet_<name>.
  const char* help;  ///< What it means, and what to do.
  CounterKind kind;
  std::uint64_t Counters::*value;
};
std::span<const CounterField> counter_fields();

/// All of them as one JSON object, in the order of the table.
std::string to_json(const Counters& counters);

/// One line for the log.
std::string summary(const Counters& counters);

}  // namespace odograph::process
