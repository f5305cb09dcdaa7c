#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "fleet/process/processor.h"
#include "lib/base/time.h"
#include "lib/kafka/consumer.h"

namespace odograph::process {

/// The compacted topics that are read beside raw-data-topic; none by default.
struct Tables {
  std::vector<std::string> of_vehicles;  ///< Keyed by vehicle, co-partitioned with raw-data-topic.
  std::vector<std::string> shared;       ///< Of one partition; what they say concerns all vehicles.
};

/// Reads tables for some partitions: all that is there first, so that work begins with it, and from then on what comes.
///
/// All that is there ends at the high watermark as a reader of all data sees it, but only what was committed is read:
/// rows of a former owner's open transaction are waited for, as in Restorer. One thread.
class TableReader {
 public:
  using MakeReader = std::function<base::Result<std::unique_ptr<kafka::Consumer>>()>;

  /// `marks` is of Isolation::kAll; what `make` makes is of no group and sees committed data only. Made only where
  /// there are tables. `kDrop` if a topic is missing, or has no partition of such a number.
  static base::Result<std::unique_ptr<TableReader>> begin(const Tables& tables,
                                                          const std::set<std::int32_t>& partitions,
                                                          kafka::Consumer& marks, const MakeReader& make);

  /// Reads on, waiting for at most about `timeout`.
  void step(base::Millis timeout, std::vector<std::string>& troubles);

  /// Everything has been read that was there at the beginning.
  bool is_complete() const { return open_.empty(); }

  /// Tells what has been read since the last call; nothing before it is complete. The first time the newest row of each
  /// key alone, shared ones before those of vehicles: a trip that a later row has is not gone in between. From then on
  /// each row in its order.
  void hand_over(Processor& processor, vehicle::Outcome& outcome);

  std::uint64_t rows() const { return rows_; }

 private:
  using TopicAndPartition = std::pair<std::string, std::int32_t>;
  using Key = std::tuple<bool, std::string, std::int32_t, std::string>;  ///< Of a vehicle, topic, partition, key.

  explicit TableReader(const Tables& tables) : of_vehicles_(tables.of_vehicles.begin(), tables.of_vehicles.end()) {}

  bool is_of_vehicles(const kafka::Message& row) const { return of_vehicles_.contains(row.topic); }
  void tell(const kafka::Message& row, Processor& processor, vehicle::Outcome& outcome) const;
  void reached(const TopicAndPartition& where, std::int64_t next);

  const std::set<std::string> of_vehicles_;
  std::unique_ptr<kafka::Consumer> reader_;         ///< Null where there are no tables.
  std::map<TopicAndPartition, std::int64_t> open_;  ///< Those that have not reached their end yet.
  std::map<Key, kafka::Message> newest_;            ///< Until they have been told for the first time.
  std::vector<kafka::Message> later_;
  bool told_ = false;  ///< Once.
  std::uint64_t rows_ = 0;
};

}  // namespace odograph::process
