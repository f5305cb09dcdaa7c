#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/kafka/consumer.h"

namespace odograph::lambda {

/// What Lambda takes for an invocation at most, with room for what it counts on top.
inline constexpr std::size_t kEventBytesMax = 7 << 20;
/// A batch of an event source mapping has at most as many.
inline constexpr std::size_t kEventRecordsMax = 10'000;
inline constexpr std::size_t kEventStatesMax = 100'000;

/// A row of vehicle-state-topic that the caller keeps.
struct StateRow {
  std::int32_t partition = 0;
  std::string key;
  std::string value;  ///< As it stands on the topic.
  friend bool operator==(const StateRow&, const StateRow&) = default;
};

/// One batch of an event source mapping, Amazon MSK's or that of an Apache Kafka of one's own.
struct MskEvent {
  std::vector<kafka::Message> messages;  ///< Of raw-data-topic; a partition's in the order of their offsets.
  std::vector<StateRow> states;          ///< Of `state`, which is ours: what the answer before gave back.
};

/// Reads the JSON that Lambda hands to a function.
///
/// `eventSource` is "aws:kafka" or "SelfManagedKafka"; `records` has an array for each "topic-partition" of objects
/// with `topic`, `partition`, `offset`, `timestamp` (ms), and `key` and `value` in base64, both of which may be null or
/// left out. `headers` and members that nobody knows are passed over. What a value holds is not looked at.
///
/// `kDrop`, with record and member as in `records["raw-data-topic-0"][3].value`: not such a JSON, another topic, a
/// record that is listed under a partition which is not its own, offsets of a partition that do not rise, too much of
/// anything. Source: AWS Lambda developer guide, "Using Lambda with Amazon MSK", example event.
base::Result<MskEvent> parse_msk_event(std::string_view json);

}  // namespace odograph::lambda
