#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/kafka/consumer.h"
#include "lib/kafka/security.h"

namespace odograph::kafka {

struct TopicSpec {
  std::string name;
  int partitions = 1;
  int replication = 1;
  std::map<std::string, std::string> config;  ///< "cleanup.policy", "retention.ms", ...
};

struct TopicState {
  std::string name;
  bool exists = false;
  int partitions = 0;
  int replication = 0;
  std::map<std::string, std::string> config;  ///< What the broker told; empty if it did not.
  std::string config_unread{};                ///< Why it did not, one line; empty if it did.
};

/// Topics and offsets. Every call is bounded by `timeout`; `kRetry` if the broker cannot be reached in it.
class Admin {
 public:
  struct Options {
    std::string brokers;
    std::string client_id;
    Security security;
    std::chrono::milliseconds timeout{10'000};
  };
  static base::Result<std::unique_ptr<Admin>> create(const Options& options);
  virtual ~Admin() = default;
  /// Existing topics are left as they are. `kDrop` if the broker cannot create topics or refuses one, naming it.
  virtual base::Status create_topics(const std::vector<TopicSpec>& topics) = 0;
  /// Brings these topics to `partitions` each; one that has as many already is left as it is. `kDrop` if the broker
  /// cannot do it or refuses one, naming it.
  virtual base::Status add_partitions(const std::vector<std::string>& topics, int partitions) {
    static_cast<void>(partitions);
    return base::drop_error("add partitions to " + std::to_string(topics.size()) + " topics: cannot be done here");
  }
  /// How many members a consumer group has just now, those counted that are silent but not given up yet.
  virtual base::Result<std::size_t> group_members(const std::string& group) {
    return base::drop_error("ask for group " + group + ": cannot be done here");
  }
  /// One state a name, in their order; creates nothing.
  virtual base::Result<std::vector<TopicState>> describe(const std::vector<std::string>& topics) = 0;
  /// First offset and the one after the last. `kDrop` if there is no such partition.
  virtual base::Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition) = 0;
};

}  // namespace odograph::kafka
