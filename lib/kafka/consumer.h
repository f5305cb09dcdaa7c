#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/kafka/security.h"

namespace odograph::kafka {

struct Message {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;  ///< -1 if none.
  bool is_append_time = false;     ///< `timestamp_ms` is the broker's; else it is whatever the producer's clock said.
  std::string key;
  std::string value;
  bool tombstone = false;  ///< Null value.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A partition, and the offset that the call at hand is about.
struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = -1;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

struct ConsumerOptions {
  std::string brokers;
  std::string client_id;
  std::string group;              ///< Empty for `assign`ed reading without a group.
  std::string group_instance_id;  ///< Static membership; empty for dynamic.
  Security security;
  std::size_t fetch_bytes_max = 16 << 20;
  /// Who begins to read what the group assigns. `kCaller` calls `assign` with offsets of its own once it is ready for
  /// it; until then nothing is read, and a rebalance of the others waits. An offset that is not in the log is then told
  /// (`gone`), instead of a jump to the earliest that is.
  enum class Start { kCommitted, kCaller } start = Start::kCommitted;
  /// `kAll` sees what was aborted or is open too, and `watermarks` counts it.
  enum class Isolation { kCommitted, kAll } isolation = Isolation::kCommitted;
  std::vector<std::pair<std::string, std::string>> overrides;
};

/// What `poll` saw beside messages.
struct ConsumerEvents {
  std::vector<TopicPartition> assigned;
  std::vector<TopicPartition> revoked;  ///< Commit what is done before the next poll.
  std::vector<TopicPartition> lost;     ///< Taken away without being asked: others may work on them already.
  std::vector<TopicPartition> ended;    ///< End of partition reached: the next offset that will be read.
  std::vector<std::string> errors;      ///< One line each; librdkafka goes on by itself.
  std::optional<std::string> denied;    ///< The last of `errors` that a missing right is the cause of, if there is one.
  std::optional<std::string> fatal;     ///< Nothing will come any more: fenced by another of the same instance id.
  std::vector<TopicPartition> gone;     ///< What was to be read next is not in the log any more.
};

/// Of one partition: its first offset, and the one after its last.
struct Watermarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// Who a consumer is in its group just now, for TransactionalProducer::send_offsets.
struct GroupMetadata {
  std::string bytes;  ///< librdkafka's own, of this process only; empty: of no group.
};

/// read_committed, no auto-commit, earliest, eager range. One thread. The destructor leaves the group (a static member
/// does not) within a few seconds.
class Consumer {
 public:
  /// `kStop` if a setting or a certificate file is wrong, naming it; an unreachable broker is no error.
  static base::Result<std::unique_ptr<Consumer>> create(const ConsumerOptions& options);
  virtual ~Consumer() = default;
  /// `kStop` without a group.
  virtual base::Status subscribe(const std::vector<std::string>& topics) = 0;
  /// Offsets: >= 0 absolute, -2 earliest, -1 latest.
  virtual base::Status assign(const std::vector<TopicPartition>& partitions) = 0;
  /// Appends at most `most` messages, waiting at most `timeout` for the first message or event. Returns at once after a
  /// revocation; the partitions stay assigned until the next poll, so that a commit between the two still counts.
  virtual void poll(std::chrono::milliseconds timeout, std::size_t most, std::vector<Message>& messages,
                    ConsumerEvents& events) = 0;
  /// `offset` is the next one to read, as Kafka has it. Synchronous, at most 10 s. `kDrop` if the group has gone on
  /// without this member: others will do its work again. `kStop` if it was fenced or is not authorised.
  virtual base::Status commit(const std::vector<TopicPartition>& offsets) = 0;
  /// The group's committed offsets of `partitions`, in their order; -1 where none is. Waits for transactions that are
  /// about to move them. `kRetry` if there is no answer within `timeout`.
  virtual base::Result<std::vector<TopicPartition>> committed(const std::vector<TopicPartition>& partitions,
                                                              std::chrono::milliseconds timeout) = 0;
  /// First offset and the one after the last that this consumer may see: with Isolation::kCommitted, that ends before
  /// the first open transaction. `kDrop` if there is no such partition.
  virtual base::Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                              std::chrono::milliseconds timeout) = 0;
  /// The offset after the last message, what nobody may see yet included, as the newest fetch told it; asks nobody.
  /// Nothing before the first fetch, or if this consumer does not read that partition.
  virtual std::optional<std::int64_t> end_as_fetched(const std::string& topic, std::int32_t partition) const {
    static_cast<void>(topic);
    static_cast<void>(partition);
    return std::nullopt;
  }
  virtual GroupMetadata group() const = 0;
};

}  // namespace odograph::kafka
