#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/process/counters.h"
#include "fleet/process/gaps.h"
#include "fleet/process/partition.h"
#include "fleet/process/report_writer.h"
#include "fleet/process/vehicle.h"
#include "fleet/vehicle/module.h"
#include "lib/kafka/consumer.h"
#include "lib/rules/speed_limit.h"
#include "lib/wire/record_batch.h"

namespace odograph::process {

using vehicle::Outcome;
using vehicle::Output;

struct ProcessorOptions {
  rules::SpeedLimitConfig rules;                    ///< For vehicles that do not evaluate it themselves; valid.
  std::map<std::string, std::int32_t> limits_cmps;  ///< Vehicles with a limit of their own instead of the rules'.
  alerts::OverspeedGuard guard;                     ///< Against flapping, whoever evaluates the rule.
  std::size_t vehicles_max = 1'000'000;             ///< Held in memory; beyond it the one heard longest ago goes.
  std::string group;  ///< Whose memory vehicle-state-topic is; empty: it is not asked whose.
  ReportForm reports = ReportForm::kSingle;
};

/// From a message of raw-data-topic to what is written because of it. Pure but for its state: no clock, no broker.
///
/// - Not to be read, or under another key than its vehicle's: a dead letter, the bytes as they came, with headers
///   `reason`, `source_topic`, `source_partition`, `source_offset`.
/// - Each record that is new (Dedupe): one vehicle report, by itself or in a pack (ReportWriter); the live lane
///   included, which moves only what is live.
/// - A record from a time that is not yet (`is_far_ahead`): reported, counted and noted, and nothing goes by it.
/// - A boot whose number was given before: counted and noted, for the vehicle's disk has lied.
/// - Overspeed alerts: from the vehicle's own events where `rule_set` says that it evaluates the rule, else by the same
///   rule in event time over the bulk lane. Both come out the same.
/// - Whatever the modules make of it.
///
/// The state is per partition and vehicle, in memory, and in vehicle-state-topic: `save` tells what to write there
/// before a commit, `load` takes it back. Another processor that loads what this one saved goes on exactly as this one.
class Processor {
 public:
  explicit Processor(const ProcessorOptions& options);
  Processor(const Processor&) = delete;
  Processor& operator=(const Processor&) = delete;
  ~Processor();

  /// One more part for every vehicle; before the first message.
  void plug_in(std::unique_ptr<vehicle::Factory> factory);

  /// Messages of a partition come in order, from the first after it was assigned.
  void on_message(const kafka::Message& message, Outcome& outcome);

  /// What has to be read of other partitions before the first message of these; by partition, in one stretch each.
  std::vector<Inherited> inherited() const;
  /// A message of such a partition, in order. Moves on by itself; `on_inherited_read` where no message is left.
  void on_inherited(kafka::Message message, Outcome& outcome);
  void on_inherited_read(const Inherited& read);
  /// `topics scale` is under way, or was interrupted: nothing may be processed.
  bool is_scaling() const;
  /// The group that the restored memory belongs to, if that is another one.
  std::optional<std::string> other_group() const;

  /// A row of a compacted topic that is co-partitioned with raw-data-topic: it concerns the vehicle that is its key,
  /// which is told now or as soon as it is heard. After all of the partition's state.
  void on_vehicle_row(std::int32_t partition, const vehicle::TableRow& row, Outcome& outcome);
  /// A row that all vehicles share.
  void on_shared_row(const vehicle::TableRow& row);

  /// `partition` has caught up, and the clock on the wall says `now`.
  void on_wall_clock(std::int32_t partition, base::UtcTime now, Outcome& outcome);

  /// Appends the state of all that was touched since the last time, one record each.
  void save(Outcome& outcome);

  /// One record of vehicle-state-topic, before the first message of its partition. `kDrop`: not readable, left out.
  /// `kStop`: of a newer version.
  base::Status load(const kafka::Message& row);

  /// Somebody else goes on with this partition, or it begins anew: forgets its vehicles.
  void drop(std::int32_t partition);

  const Counters& counters() const { return counters_; }

  /// When the newest thing happened that the last message was the first to tell; nothing if it told nothing new that
  /// may be believed, or was replayed from a recording.
  std::optional<base::UtcTime> newest_event() const { return newest_event_; }

 private:
  struct Rule {
    explicit Rule(const rules::SpeedLimitConfig& config) : rule(config), hash(rules::rule_set_hash(config)) {}

    rules::SpeedLimit rule;  ///< Copies share its configuration.
    std::uint64_t hash;
  };

  Partition& partition_of(std::int32_t number);
  const Rule& rule_of(std::string_view vehicle_id) const;
  Vehicle& vehicle_of(Partition& partition, std::string_view vehicle_id, Outcome& outcome);
  Vehicle& add_vehicle(Partition& partition, std::string_view vehicle_id);
  void forget(Partition& partition, std::string_view vehicle_id);
  void forget_oldest(Partition& partition, Outcome& outcome);
  void touch(Vehicle& vehicle);
  void tell_row(Vehicle& vehicle, const vehicle::TableRow& row, Outcome& outcome);
  static bool is_left(const Partition& partition, const kafka::Message& message);
  void take(const kafka::Message& message, Outcome& outcome);
  void dead_letter(const kafka::Message& message, const std::string& reason, Outcome& outcome);
  void on_batch(const wire::RecordBatch& batch, const kafka::Message& message, Outcome& outcome);
  void on_record(Vehicle& vehicle, const vehicle::Context& context, const model::Record& record, Outcome& outcome);
  void report(const wire::BatchHeader& header, const model::Record& record, Outcome& outcome);
  void tell_ahead(Vehicle& vehicle, const model::Record& record, Outcome& outcome);
  void advance(Partition& partition, const model::Record& record, Outcome& outcome);
  void wake(Partition& partition, const vehicle::Wake& now, Outcome& outcome);
  Stream& stream_of(Vehicle& vehicle, std::uint64_t stream_id, Beginning beginning);
  void tell_reused(Stream& stream, const wire::BatchHeader& header, Outcome& outcome);
  void track_gaps(Stream& stream, const wire::BatchHeader& header, const model::Record& record, Outcome& outcome);
  void evaluate(Vehicle& vehicle, const wire::BatchHeader& header, const model::Record& record, Outcome& outcome);
  void write(const std::vector<odograph::Alert>& alerts, const std::string& vehicle_id, Outcome& outcome);
  void count(const odograph::Alert& alert);
  /// Those that modules wrote, from that output on.
  void count_alerts(const Outcome& outcome, std::size_t from);

  std::map<std::string, Rule, std::less<>> own_rules_;
  const Rule rule_;
  const alerts::OverspeedGuard guard_;
  const std::size_t vehicles_max_;
  const std::string group_;
  ReportWriter reports_;
  std::vector<std::unique_ptr<vehicle::Factory>> factories_;
  std::map<std::int32_t, Partition> partitions_;
  std::vector<Vehicle*> touched_;  ///< Since they were saved last, in the order in which they were.
  Counters counters_;
  bool time_stands_ = false;  ///< Of all partitions.
  std::optional<base::UtcTime> newest_event_;
};

}  // namespace odograph::process
