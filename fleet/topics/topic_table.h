#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/kafka/admin.h"

namespace odograph::topics {

inline constexpr char kRawData[] = "raw-data-topic";
inline constexpr char kProcessedData[] = "processed-data-topic";
inline constexpr char kAlerts[] = "alerts-topic";
inline constexpr char kVehicleState[] = "vehicle-state-topic";
inline constexpr char kTrips[] = "trips-topic";
inline constexpr char kVehicles[] = "vehicles-topic";
inline constexpr char kGeofences[] = "geofences-topic";
inline constexpr char kSegmentProfile[] = "segment-profile-topic";
inline constexpr char kDeadLetter[] = "dead-letter-topic";

inline constexpr int kPartitionsMax = 1000;
inline constexpr int kReplicationMax = 9;

/// What differs between one installation and another.
struct Layout {
  int partitions = 12;  ///< Of the co-partitioned topics, 1..kPartitionsMax; the others have one.
  int replication = 3;  ///< 1..kReplicationMax.
};
inline constexpr Layout kProduction{.partitions = 12, .replication = 3};
inline constexpr Layout kDevelopment{.partitions = 3, .replication = 1};

/// `kStop` with what is wrong with it.
base::Status validate(const Layout& layout);

/// Every topic of Odograph as it should be. Raw data, processed data, alerts, vehicle state and trips are
/// co-partitioned: partition p of each holds the same vehicles.
std::vector<kafka::TopicSpec> topic_table(const Layout& layout);

/// One line on what it carries; empty for a name that is not ours.
std::string_view purpose(std::string_view topic);

/// What is wrong, in plain words that end with what to do; one line each, nothing if all is well.
///
/// More retention, larger messages, more replicas and more in-sync replicas than the table says are no fault. A
/// setting that the broker did not tell is not judged: `unchecked` has those.
std::vector<std::string> differences(const std::vector<kafka::TopicSpec>& expected,
                                     const std::vector<kafka::TopicState>& found);

/// Settings of topics that are there, of which nobody knows whether they are as they should be.
struct Unchecked {
  std::size_t settings = 0;
  std::vector<std::string> lines;  ///< Topics and why; a line for all topics with the same cause, in their order.
};
Unchecked unchecked(const std::vector<kafka::TopicSpec>& expected, const std::vector<kafka::TopicState>& found);

}  // namespace odograph::topics
