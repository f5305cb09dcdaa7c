#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fleet/process/counters.h"
#include "fleet/process/gaps.h"
#include "fleet/process/recent_map.h"
#include "lib/kafka/consumer.h"
#include "lib/rules/speed_limit.h"
#include "lib/wire/record_batch.h"

namespace odograph::process {

struct ProcessorOptions {
  rules::SpeedLimitConfig rules;                    ///< For vehicles that do not evaluate it themselves; valid.
  std::map<std::string, std::int32_t> limits_cmps;  ///< Vehicles with a limit of their own instead of the rules'.
  std::size_t vehicles_max = 1'000'000;             ///< Held in memory; beyond it the one heard longest ago goes.
};

/// One message to be written.
struct Output {
  std::string topic;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What one input message comes to.
struct Outcome {
  std::vector<Output> outputs;     ///< In the order in which they must be written.
  std::vector<std::string> notes;  ///< Lines for the log: dead letters, unexplained gaps; at most kNotesMax a message.
};
inline constexpr std::size_t kNotesMax = 10;

/// From a message of raw-data-topic to what is written because of it. Pure but for its state: no clock, no broker.
///
/// - Not to be read, or under another key than its vehicle's: a dead letter, the bytes as they came, with headers
///   `reason`, `source_topic`, `source_partition`, `source_offset`.
/// - Each record that is new (Dedupe): one vehicle report; the live lane included, which moves nothing else.
/// - A boot whose number was given before: counted and noted, for the vehicle's disk has lied.
/// - Overspeed alerts: from the vehicle's own events where `rule_set` says that it evaluates the rule, else by the same
///   rule in event time over the bulk lane. Both come out the same.
///
/// The state is per vehicle and in memory. After a restart it begins anew: repeats from before come through once more,
/// gaps from before are not judged, an alert that was open is not cleared by the fleet's own evaluation.
class Processor {
 public:
  explicit Processor(const ProcessorOptions& options);
  Processor(const Processor&) = delete;
  Processor& operator=(const Processor&) = delete;
  ~Processor();

  /// Messages of a partition come in order, from the first after it was assigned.
  void on_message(const kafka::Message& message, Outcome& outcome);

  /// Somebody else goes on with this partition: forgets its vehicles.
  void on_revoked(std::int32_t partition);

  const Counters& counters() const { return counters_; }

 private:
  struct Vehicle;
  struct Stream;

  Beginning beginning_of(const kafka::Message& message);
  void dead_letter(const kafka::Message& message, const std::string& reason, Outcome& outcome);
  void on_batch(const wire::RecordBatch& batch, std::int32_t partition, Beginning beginning, Outcome& outcome);
  Stream& stream_of(Vehicle& vehicle, std::uint64_t stream_id, Beginning beginning);
  void tell_reused(Stream& stream, const wire::BatchHeader& header, Outcome& outcome);
  void track_gaps(Stream& stream, const wire::BatchHeader& header, const model::Record& record, Outcome& outcome);
  void evaluate(Vehicle& vehicle, const wire::BatchHeader& header, const model::Record& record, Outcome& outcome);

  std::map<std::string, rules::SpeedLimit, std::less<>> own_rules_;  ///< Copies share their configuration.
  rules::SpeedLimit rules_;
  RecentMap<Vehicle> vehicles_;
  std::unordered_map<std::int32_t, Beginning> beginnings_;  ///< By partition.
  Counters counters_;
};

}  // namespace odograph::process
