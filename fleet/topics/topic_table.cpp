#include "fleet/topics/topic_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace odograph::topics {
namespace {

constexpr long long kDayMs = 24LL * 3600 * 1000;
/// Kafka's own default: what an agent's largest batch (1,000,000 B) and its envelope need.
constexpr long long kMessageBytes = 1'048'588;
/// A dead letter is the refused message and some headers.
constexpr long long kDeadLetterBytes = kMessageBytes + (64 << 10);

enum class Partitioning { kByVehicle, kSingle };
enum class Cleanup { kDelete, kCompact };

struct Row {
  std::string_view name;
  Partitioning partitioning;
  Cleanup cleanup;
  long long retention_days;  ///< kDelete only.
  long long message_bytes;
  std::string_view purpose;
};

constexpr std::array kRows = {
    Row{kRawData, Partitioning::kByVehicle, Cleanup::kDelete, 7, kMessageBytes,
        "record batches as the vehicles sent them"},
    Row{kProcessedData, Partitioning::kByVehicle, Cleanup::kDelete, 7, kMessageBytes,
        "one fact a message, without repeats"},
    Row{kAlerts, Partitioning::kByVehicle, Cleanup::kDelete, 90, kMessageBytes, "alerts raised, updated, cleared"},
    Row{kVehicleState, Partitioning::kByVehicle, Cleanup::kCompact, 0, kMessageBytes,
        "the newest state of each vehicle"},
    Row{kTrips, Partitioning::kByVehicle, Cleanup::kCompact, 0, kMessageBytes, "the planned trip of each vehicle"},
    Row{kVehicles, Partitioning::kSingle, Cleanup::kCompact, 0, kMessageBytes, "what is known of each vehicle"},
    Row{kGeofences, Partitioning::kSingle, Cleanup::kCompact, 0, kMessageBytes, "fences and their alerts"},
    Row{kSegmentProfile, Partitioning::kSingle, Cleanup::kCompact, 0, kMessageBytes, "learned speeds of road segments"},
    Row{kDeadLetter, Partitioning::kSingle, Cleanup::kDelete, 30, kDeadLetterBytes, "what could not be read, and why"},
};

kafka::TopicSpec to_spec(const Row& row, const Layout& layout) {
  kafka::TopicSpec spec;
  spec.name = row.name;
  spec.partitions = row.partitioning == Partitioning::kByVehicle ? layout.partitions : 1;
  spec.replication = layout.replication;
  spec.config["max.message.bytes"] = std::to_string(row.message_bytes);
  // With three replicas one may be away without stopping writers; a single one has nobody to wait for.
  spec.config["min.insync.replicas"] = std::to_string(std::clamp(layout.replication - 1, 1, 2));
  // A vehicle's clock may stand anywhere; how long a message waits is told by the brokers' own.
  if (row.name == kRawData) spec.config["message.timestamp.type"] = "LogAppendTime";
  if (row.cleanup == Cleanup::kDelete) {
    spec.config["cleanup.policy"] = "delete";
    spec.config["retention.ms"] = std::to_string(row.retention_days * kDayMs);
  } else {
    // Short segments and an early cleaner, so that a restore reads little more than one value a key.
    spec.config["cleanup.policy"] = "compact";
    spec.config["min.cleanable.dirty.ratio"] = "0.2";
    spec.config["segment.ms"] = "1800000";
    spec.config["max.compaction.lag.ms"] = "3600000";
  }
  return spec;
}

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// True where `found` serves as well as `expected`.
bool is_enough(const std::string& key, const std::string& expected, const std::string& found) {
  if (expected == found) return true;
  const auto want = number(expected);
  const auto have = number(found);
  if (!want || !have) return false;
  if (*want == *have) return true;                               // "0.2" and "0.20".
  if (key == "retention.ms") return *have < 0 || *have > *want;  // -1: for ever.
  if (key == "max.message.bytes" || key == "min.insync.replicas") return *have > *want;
  return false;
}

std::string partition_words(const kafka::TopicSpec& expected, int found) {
  std::string words = expected.name + ": has " + std::to_string(found) + " partitions, expected " +
                      std::to_string(expected.partitions) + ". ";
  if (found < expected.partitions) {
    return words + "odograph-fleet topics scale --partitions " + std::to_string(expected.partitions) +
           " adds partitions while vehicles send (each one's state and trips follow it to its new partition); or tell "
           "the number that is meant with --partitions.";
  }
  return words +
         "Partitions cannot be taken away: tell the number that is meant with --partitions, or delete and "
         "create the topic.";
}

void compare(const kafka::TopicSpec& expected, const kafka::TopicState& found, std::vector<std::string>& lines) {
  if (found.partitions != expected.partitions) lines.push_back(partition_words(expected, found.partitions));
  if (found.replication < expected.replication) {
    lines.push_back(expected.name + ": has " + std::to_string(found.replication) + " replicas, expected " +
                    std::to_string(expected.replication) + ". Reassign its partitions to more brokers.");
  }
  for (const auto& [key, value] : expected.config) {
    const auto told = found.config.find(key);
    if (told == found.config.end() || is_enough(key, value, told->second)) continue;
    lines.push_back(expected.name + ": " + key + " is " + told->second + ", expected " + value +
                    ". Alter the topic's configuration.");
  }
}

const kafka::TopicState* find(const std::vector<kafka::TopicState>& found, const std::string& name) {
  const auto state = std::find_if(found.begin(), found.end(), [&](const auto& each) { return each.name == name; });
  return state == found.end() || !state->exists ? nullptr : &*state;
}

/// Those of `expected` that `found` does not tell.
std::vector<std::string> untold(const kafka::TopicSpec& expected, const kafka::TopicState& found) {
  std::vector<std::string> keys;
  for (const auto& each : expected.config) {
    if (found.config.count(each.first) == 0) keys.push_back(each.first);
  }
  return keys;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

}  // namespace

base::Status validate(const Layout& layout) {
  if (layout.partitions < 1 || layout.partitions > kPartitionsMax) {
    return base::stop_error("partitions: " + std::to_string(layout.partitions) + ", expected 1 to " +
                            std::to_string(kPartitionsMax));
  }
  if (layout.replication < 1 || layout.replication > kReplicationMax) {
    return base::stop_error("replication: " + std::to_string(layout.replication) + ", expected 1 to " +
                            std::to_string(kReplicationMax));
  }
  return {};
}

std::vector<kafka::TopicSpec> topic_table(const Layout& layout) {
  std::vector<kafka::TopicSpec> table;
  for (const Row& row : kRows) table.push_back(to_spec(row, layout));
  return table;
}

std::string_view purpose(std::string_view topic) {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& each) { return each.name == topic; });
  return row == kRows.end() ? std::string_view{} : row->purpose;
}

std::vector<std::string> differences(const std::vector<kafka::TopicSpec>& expected,
                                     const std::vector<kafka::TopicState>& found) {
  std::vector<std::string> lines;
  for (const kafka::TopicSpec& spec : expected) {
    const kafka::TopicState* state = find(found, spec.name);
    if (state == nullptr) {
      lines.push_back(spec.name + ": does not exist. Create it: odograph-fleet topics create");
    } else {
      compare(spec, *state, lines);
    }
  }
  return lines;
}

Unchecked unchecked(const std::vector<kafka::TopicSpec>& expected, const std::vector<kafka::TopicState>& found) {
  Unchecked all;
  std::vector<std::pair<std::string, std::vector<std::string>>> topics;  // By cause.
  for (const kafka::TopicSpec& spec : expected) {
    const kafka::TopicState* state = find(found, spec.name);
    if (state == nullptr) continue;
    const std::vector<std::string> keys = untold(spec, *state);
    if (keys.empty()) continue;
    all.settings += keys.size();
    const std::string why =
        state->config_unread.empty() ? "the broker does not tell " + joined(keys) : state->config_unread;
    auto same = std::find_if(topics.begin(), topics.end(), [&](const auto& each) { return each.first == why; });
    if (same == topics.end()) same = topics.insert(topics.end(), {why, {}});
    same->second.push_back(spec.name);
  }
  for (const auto& [why, names] : topics) all.lines.push_back(joined(names) + ": " + why);
  return all;
}

}  // namespace odograph::topics
