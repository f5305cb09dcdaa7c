#include "fleet/dispatch/table_topic.h"

#include <set>
#include <utility>

#include "lib/kafka/partitioner.h"

namespace odograph::dispatch {
namespace {

constexpr std::chrono::milliseconds kWait{200};
constexpr std::size_t kMessagesMax = 500;
constexpr std::int64_t kEarliest = -2;

base::Result<std::vector<kafka::TopicPartition>> partitions_of(const std::string& topic, kafka::Admin& admin) {
  const auto states = admin.describe({topic});
  if (!states) return states.error();
  if (states->empty() || !states->front().exists)
    return base::stop_error("topic " + topic + " does not exist; odograph-fleet topics create makes it");
  std::vector<kafka::TopicPartition> partitions;
  for (int i = 0; i < states->front().partitions; ++i) partitions.push_back({topic, i, kEarliest});
  return partitions;
}

/// The newest rows of a topic whose partitions may have been more or fewer when they were written: where a key moved,
/// its former partition says that it was taken away, and that is no word on the one where it is now.
class Rows {
 public:
  void add(kafka::Message&& row) {
    if (row.tombstone) {
      values_.erase({row.key, row.partition});
    } else {
      values_[{std::move(row.key), row.partition}] = std::move(row.value);
    }
  }
  /// Of a key that stands in several partitions, as while it moves, its own counts.
  std::map<std::string, std::string> take(std::int32_t partitions) {
    std::map<std::string, std::string> table;
    for (auto& [place, value] : values_) {
      const auto& [key, partition] = place;
      const bool is_its_own = !key.empty() && kafka::partition_of(key, partitions) == partition;
      if (is_its_own || !table.contains(key)) table[key] = std::move(value);
    }
    return table;
  }

 private:
  std::map<std::pair<std::string, std::int32_t>, std::string> values_;
};

/// What became of the writes so far.
struct Tally {
  std::size_t stored = 0;
  std::string failed;  ///< The first reason; empty while there is none.
  bool again = false;  ///< The handle is in doubt about one.

  void take(const std::vector<kafka::Delivery>& deliveries) {
    for (const kafka::Delivery& one : deliveries) {
      if (one.outcome == kafka::Delivery::Outcome::kStored) {
        ++stored;
      } else if (failed.empty()) {
        failed = one.error;
      }
    }
  }
};

}  // namespace

base::Result<std::map<std::string, std::string>> read_table(const std::string& topic, const Broker& broker) {
  const auto partitions = partitions_of(topic, broker.admin);
  if (!partitions) return partitions.error();
  if (auto status = broker.consumer.assign(*partitions); !status) return status.error();
  Rows rows;
  std::set<std::int32_t> ended;
  std::string trouble;
  while (ended.size() < partitions->size()) {
    if (broker.stopped())
      return base::stop_error("read " + topic + ": stopped" + (trouble.empty() ? "" : "; " + trouble));
    std::vector<kafka::Message> messages;
    kafka::ConsumerEvents events;
    broker.consumer.poll(kWait, kMessagesMax, messages, events);
    for (kafka::Message& message : messages) rows.add(std::move(message));
    if (events.denied) return base::stop_error(*events.denied);
    if (!events.errors.empty()) trouble = events.errors.back();
    for (const auto& partition : events.ended) ended.insert(partition.partition);
  }
  return rows.take(static_cast<std::int32_t>(partitions->size()));
}

base::Status write_all(const std::string& topic, const std::vector<Write>& writes, const Broker& broker,
                       std::chrono::milliseconds within) {
  kafka::Producer& producer = *broker.producer;
  Tally tally;
  std::size_t sent = 0;
  std::chrono::milliseconds waited{0};
  while (tally.stored < writes.size() && tally.failed.empty() && waited < within && !broker.stopped()) {
    while (sent < writes.size()) {
      const Write& write = writes[sent];
      const std::string_view value = write.value ? std::string_view(*write.value) : std::string_view{};
      const auto status = producer.send({topic, write.vehicle_id, value, {}}, sent);
      if (!status && status.error().action == base::Action::kRetry) break;
      if (!status) return base::stop_error("write " + topic + ": " + status.error().what);
      ++sent;
    }
    const std::size_t before = tally.stored;
    std::vector<kafka::Delivery> deliveries;
    producer.poll(kWait, deliveries);
    tally.take(deliveries);
    waited = tally.stored > before ? std::chrono::milliseconds{0} : waited + kWait;
  }
  if (tally.stored == writes.size()) return {};
  std::string why = tally.failed;
  if (why.empty()) why = producer.link().last_error;
  if (why.empty()) why = broker.stopped() ? "stopped" : "no answer from the broker";
  return base::stop_error("write " + topic + ": " + std::to_string(tally.stored) + " of " +
                          std::to_string(writes.size()) + " messages are written, the others are not or perhaps: " +
                          why + ". Do it again: what is in force already is left as it is");
}

}  // namespace odograph::dispatch
