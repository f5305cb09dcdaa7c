#include "fleet/lambda/msk_event.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "fleet/lambda/base64.h"
#include "fleet/topics/topic_table.h"

namespace odograph::lambda {
namespace {

using nlohmann::json;

base::Error refuse(const std::string& where, const std::string& what) {
  return base::drop_error("event: " + where + ": " + what);
}

/// A batch has 7 levels. A text of brackets alone would take a hundred times its size in memory.
constexpr int kDepthMax = 32;

bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDepthMax) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

/// How a value is named in an error: short, and never what it holds.
std::string kind_of(const json& value) { return std::string("found ") + value.type_name(); }

base::Result<std::int64_t> integer(const json& object, const char* name, const std::string& where) {
  const auto found = object.find(name);
  const std::string member = where + '.' + name;
  if (found == object.end()) return refuse(member, "is missing");
  if (!found->is_number_integer()) return refuse(member, "expected an integer, " + kind_of(*found));
  const bool too_large = found->is_number_unsigned() &&
                         found->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (too_large || found->get<std::int64_t>() < 0) return refuse(member, "expected 0 or more, below 2^63");
  return found->get<std::int64_t>();
}

base::Result<std::int32_t> partition_number(const json& object, const std::string& where) {
  const auto number = integer(object, "partition", where);
  if (!number) return number.error();
  if (*number >= topics::kPartitionsMax) {
    return refuse(where + ".partition", "expected less than " + std::to_string(topics::kPartitionsMax));
  }
  return static_cast<std::int32_t>(*number);
}

/// Nothing for null, or if it is not there.
base::Result<std::optional<std::string>> bytes(const json& object, const char* name, const std::string& where) {
  const auto found = object.find(name);
  const std::string member = where + '.' + name;
  if (found == object.end() || found->is_null()) return std::optional<std::string>{};
  if (!found->is_string()) return refuse(member, "expected base64 or null, " + kind_of(*found));
  auto decoded = from_base64(found->get_ref<const std::string&>());
  if (!decoded) return refuse(member, "is no base64");
  return decoded;
}

base::Result<kafka::Message> message_of(const json& record, const std::string& list, const std::string& where) {
  if (!record.is_object()) return refuse(where, "expected an object, " + kind_of(record));
  const auto topic = record.find("topic");
  if (topic == record.end() || !topic->is_string()) return refuse(where + ".topic", "expected a text");
  kafka::Message message;
  message.topic = topic->get<std::string>();
  if (message.topic != topics::kRawData) {
    return refuse(where + ".topic", std::string("this function reads ") + topics::kRawData + " alone");
  }
  const auto partition = partition_number(record, where);
  if (!partition) return partition.error();
  message.partition = *partition;
  if (message.topic + '-' + std::to_string(message.partition) != list) {
    return refuse(where + ".partition", "is not that of the list which holds it");
  }
  const auto offset = integer(record, "offset", where);
  if (!offset) return offset.error();
  message.offset = *offset;
  if (record.contains("timestamp")) {
    const auto timestamp = integer(record, "timestamp", where);
    if (!timestamp) return timestamp.error();
    message.timestamp_ms = *timestamp;
    const auto type = record.find("timestampType");
    message.is_append_time = type != record.end() && *type == "LOG_APPEND_TIME";
  }
  auto key = bytes(record, "key", where);
  if (!key) return key.error();
  message.key = std::move(*key).value_or("");
  auto value = bytes(record, "value", where);
  if (!value) return value.error();
  message.tombstone = !value->has_value();
  message.value = std::move(*value).value_or("");
  return message;
}

base::Status add_records(const json& event, MskEvent& parsed) {
  const auto records = event.find("records");
  if (records == event.end()) return refuse("records", "is missing");
  if (!records->is_object()) return refuse("records", "expected an object, " + kind_of(*records));
  for (const auto& [name, list] : records->items()) {
    const std::string where = "records[\"" + name.substr(0, 80) + "\"]";
    if (!list.is_array()) return refuse(where, "expected an array, " + kind_of(list));
    std::optional<std::int64_t> newest;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string which = where + '[' + std::to_string(i) + ']';
      if (parsed.messages.size() == kEventRecordsMax) {
        return refuse(which, "more than " + std::to_string(kEventRecordsMax) + " records");
      }
      auto message = message_of(list[i], name, which);
      if (!message) return message.error();
      if (newest && message->offset <= *newest) return refuse(which + ".offset", "is not above the one before");
      newest = message->offset;
      parsed.messages.push_back(std::move(*message));
    }
  }
  return {};
}

base::Status add_states(const json& event, MskEvent& parsed) {
  const auto rows = event.find("state");
  if (rows == event.end() || rows->is_null()) return {};
  if (!rows->is_array()) return refuse("state", "expected an array, " + kind_of(*rows));
  if (rows->size() > kEventStatesMax) return refuse("state", "more than " + std::to_string(kEventStatesMax) + " rows");
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const json& row = (*rows)[i];
    const std::string where = "state[" + std::to_string(i) + ']';
    if (!row.is_object()) return refuse(where, "expected an object, " + kind_of(row));
    const auto partition = partition_number(row, where);
    if (!partition) return partition.error();
    const auto key = row.find("key");
    if (key == row.end() || !key->is_string()) return refuse(where + ".key", "expected a text");
    auto value = bytes(row, "value", where);
    if (!value) return value.error();
    if (!value->has_value()) return refuse(where + ".value", "expected base64");
    parsed.states.push_back({*partition, key->get<std::string>(), std::move(**value)});
  }
  return {};
}

}  // namespace

base::Result<MskEvent> parse_msk_event(std::string_view text) {
  if (text.size() > kEventBytesMax)
    return refuse("the whole", "more than " + std::to_string(kEventBytesMax) + " bytes");
  if (is_too_deep(text)) return refuse("the whole", "more than " + std::to_string(kDepthMax) + " levels");
  const json event = json::parse(text, nullptr, false);
  if (event.is_discarded()) return refuse("the whole", "is no JSON");
  if (!event.is_object()) return refuse("the whole", "expected an object, " + kind_of(event));
  const auto source = event.find("eventSource");
  if (source == event.end() || (*source != "aws:kafka" && *source != "SelfManagedKafka")) {
    return refuse("eventSource", "expected \"aws:kafka\" or \"SelfManagedKafka\"");
  }
  MskEvent parsed;
  if (auto status = add_records(event, parsed); !status) return status.error();
  if (auto status = add_states(event, parsed); !status) return status.error();
  return parsed;
}

}  // namespace odograph::lambda
