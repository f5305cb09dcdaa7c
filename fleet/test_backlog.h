#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fleet/arrivals/arrivals.h"
#include "fleet/process/processor.h"
#include "fleet/topics/topic_table.h"
#include "fleet/watch/rules_module.h"

namespace odograph::fleet {

/// What a broker holds in a test: a backlog and trips that do not change, and what committed transactions made of it.
struct TestBroker {
  std::map<std::int32_t, std::vector<kafka::Message>> backlog;           ///< By partition.
  std::map<std::int32_t, std::map<std::string, std::string>> trips;      ///< The same, by vehicle.
  std::map<std::int32_t, std::size_t> committed;                         ///< What is to be read next.
  std::map<std::int32_t, std::map<std::string, std::string>> states;     ///< vehicle-state-topic's newest rows.
  std::map<std::string, std::string> profile;                            ///< segment-profile-topic's.
  std::map<std::int32_t, std::map<std::string, std::string>> alerts;     ///< By ce_id; the bytes with all headers.
  std::map<std::int32_t, std::map<std::string, std::string>> processed;  ///< By ce_id, or report and place.

  bool is_done(std::int32_t partition) const {
    const auto found = committed.find(partition);
    return found != committed.end() && found->second == backlog.at(partition).size();
  }
};

/// One life of a processor that works on some partitions, as the pipeline has it.
class TestInstance {
 public:
  TestInstance(TestBroker& broker, const rules::RuleBookConfig& rules, const std::set<std::int32_t>& partitions)
      : broker_(broker), processor_(std::make_unique<process::Processor>(process::ProcessorOptions{})) {
    processor_->plug_in(arrivals::make_factory());
    processor_->plug_in(std::make_unique<watch::RulesFactory>(rules));
    for (const std::int32_t partition : partitions) restore(partition);
    tell_profile();
    for (const std::int32_t partition : partitions) {
      vehicle::Outcome outcome;
      for (const auto& [vehicle, row] : broker_.trips[partition])
        processor_->on_vehicle_row(partition, {topics::kTrips, vehicle, row}, outcome);
      keep(partition, outcome);
      next_[partition] = broker_.committed[partition];
    }
  }

  /// False where the partition has no message left.
  bool work(std::int32_t partition) {
    std::size_t& next = next_.at(partition);
    const auto& messages = broker_.backlog.at(partition);
    if (next == messages.size()) return false;
    vehicle::Outcome outcome;
    processor_->on_message(messages[next++], outcome);
    keep(partition, outcome);
    return true;
  }

  void commit() {
    vehicle::Outcome saved;
    processor_->save(saved);
    for (const vehicle::Output& row : saved.outputs) {
      auto& rows = row.topic == topics::kVehicleState ? broker_.states[*row.partition] : broker_.profile;
      rows[row.key] = *row.value;
    }
    for (const auto& [partition, output] : waiting_) write(partition, output);
    waiting_.clear();
    for (const auto& [partition, next] : next_) broker_.committed[partition] = next;
  }

  /// The table reader of an instance sees what everybody commits, sooner or later.
  void tell_profile() {
    for (const auto& [key, value] : broker_.profile) processor_->on_shared_row({topics::kSegmentProfile, key, value});
  }

 private:
  void restore(std::int32_t partition) {
    for (const auto& [key, value] : broker_.states[partition]) {
      kafka::Message row;
      row.topic = topics::kVehicleState;
      row.partition = partition;
      row.key = key;
      row.value = value;
      EXPECT_TRUE(processor_->load(row).has_value()) << key;
    }
  }

  void keep(std::int32_t partition, const vehicle::Outcome& outcome) {
    EXPECT_TRUE(outcome.notes.empty()) << outcome.notes.front();
    for (const vehicle::Output& output : outcome.outputs) waiting_.emplace_back(partition, output);
  }

  void write(std::int32_t partition, const vehicle::Output& output) {
    std::string id;
    std::string bytes;
    for (const auto& [name, value] : output.headers) {
      if (name == "ce_id") id = value;
      bytes += name + '=' + value + '\n';
    }
    const bool is_alert = output.topic == topics::kAlerts;
    auto& rows = is_alert ? broker_.alerts[partition] : broker_.processed[partition];
    // Messages of processed-data-topic are named by themselves.
    if (id.empty()) id = output.key + '/' + std::to_string(rows.size());
    EXPECT_TRUE(rows.emplace(id, bytes + *output.value).second) << "twice: " << id;
  }

  TestBroker& broker_;
  std::unique_ptr<process::Processor> processor_;
  std::map<std::int32_t, std::size_t> next_;
  std::vector<std::pair<std::int32_t, vehicle::Output>> waiting_;  ///< Of the open transaction.
};

}  // namespace odograph::fleet
