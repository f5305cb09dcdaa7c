#include "fleet/decode/lines.h"

#include <algorithm>
#include <array>

#include "fleet/decode/json.h"
#include "fleet/decode/message_json.h"
#include "fleet/decode/raw_json.h"
#include "fleet/topics/topic_table.h"
#include "lib/base/time.h"
#include "lib/wire/record_batch.h"
#include "proto/public/alert.pb.h"
#include "proto/public/arrivals.pb.h"
#include "proto/public/geofence.pb.h"
#include "proto/public/processed.pb.h"
#include "proto/public/trip.pb.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::decode {
namespace {

using Lines = std::vector<std::string>;

JsonObject begin(const kafka::Message& message, Place place) {
  JsonObject line;
  if (place == Place::kShown) {
    line.text("topic", message.topic).number("partition", std::int64_t{message.partition});
    line.number("offset", message.offset);
    if (message.timestamp_ms >= 0)
      line.text("timestamp", base::to_rfc3339(base::UtcTime{base::Millis{message.timestamp_ms}}));
  }
  return line;
}

base::Result<Lines> raw_lines(const kafka::Message& message, Place place) {
  const auto batch = wire::decode(message.value);
  if (!batch) return batch.error();
  Lines lines;
  for (const model::Record& record : batch->records) {
    JsonObject line = begin(message, place);
    add_record(batch->header, record, line);
    lines.push_back(line.str());
  }
  return lines;
}

/// The place comes first, then the message's own members.
std::string joined(const JsonObject& line, const google::protobuf::Message& message) {
  std::string object = to_json(message);
  if (line.is_empty()) return object;
  const std::string head = line.str();
  return head.substr(0, head.size() - 1) + ", " + object.substr(1);
}

template <class Message>
base::Error unsound() {
  return base::drop_error("not a sound " + Message::descriptor()->name() + " message");
}

/// `line`, and behind its members those of a message of that kind.
template <class Message>
base::Result<Lines> line_with(const JsonObject& line, const kafka::Message& message) {
  Message parsed;
  if (!parsed.ParseFromString(message.value)) return unsound<Message>();
  return Lines{joined(line, parsed)};
}

template <class Message>
base::Result<Lines> message_line(const kafka::Message& message, Place place) {
  return line_with<Message>(begin(message, place), message);
}

/// Each report of a pack as if it had come alone.
base::Result<Lines> processed_lines(const kafka::Message& message, Place place) {
  odograph::ProcessedRecord parsed;
  if (!parsed.ParseFromString(message.value)) return unsound<odograph::ProcessedRecord>();
  const JsonObject line = begin(message, place);
  if (!parsed.has_pack()) return Lines{joined(line, parsed)};
  Lines lines;
  for (const odograph::ProcessedRecord& record : parsed.pack().records()) {
    if (!record.has_report()) return base::drop_error("a pack with something else than reports in it");
    lines.push_back(joined(line, record));
  }
  return lines;
}

/// With its key, because it is no vehicle's, or not always one's.
template <class Message>
base::Result<Lines> keyed_line(const kafka::Message& message, Place place) {
  JsonObject line = begin(message, place);
  line.text("key", message.key);
  return line_with<Message>(line, message);
}

base::Result<Lines> dead_letter_line(const kafka::Message& message, Place place) {
  JsonObject line = begin(message, place);
  line.text("key", message.key);
  for (const auto& [name, value] : message.headers) {
    const bool is_number = name == "source_partition" || name == "source_offset";
    const bool is_digits = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    is_number&& is_digits ? line.raw(name, value) : line.text(name, value);
  }
  line.number("bytes", std::uint64_t{message.value.size()});
  return Lines{line.str()};
}

/// Of a topic that has no format yet: whose a message is, and how long.
base::Result<Lines> unread_line(const kafka::Message& message, Place place) {
  JsonObject line = begin(message, place);
  line.text("key", message.key).number("bytes", std::uint64_t{message.value.size()});
  return Lines{line.str()};
}

struct Reader {
  std::string_view topic;
  base::Result<Lines> (*read)(const kafka::Message&, Place);
};
constexpr std::array kReaders = {
    Reader{topics::kRawData, raw_lines},
    Reader{topics::kProcessedData, processed_lines},
    Reader{topics::kAlerts, message_line<odograph::Alert>},
    Reader{topics::kVehicleState, keyed_line<odograph::VehicleState>},
    Reader{topics::kTrips, message_line<odograph::VehicleTrips>},
    Reader{topics::kVehicles, unread_line},
    Reader{topics::kGeofences, message_line<odograph::Geofence>},
    Reader{topics::kSegmentProfile, keyed_line<odograph::SegmentProfile>},
    Reader{topics::kDeadLetter, dead_letter_line},
};

// A vehicle's own topic, raw-data-THING-topic, where vehicles do not trust each other (packaging/aws).
constexpr std::string_view kOwnBegin = "raw-data-";
constexpr std::string_view kOwnEnd = "-topic";
constexpr Reader kOwnTopic{"raw-data-THING-topic", raw_lines};

bool is_own_topic(std::string_view topic) {
  return topic.size() > kOwnBegin.size() + kOwnEnd.size() && topic.starts_with(kOwnBegin) && topic.ends_with(kOwnEnd);
}

const Reader* reader_of(std::string_view topic) {
  if (is_own_topic(topic)) return &kOwnTopic;
  const auto found =
      std::find_if(kReaders.begin(), kReaders.end(), [&](const Reader& each) { return each.topic == topic; });
  return found == kReaders.end() ? nullptr : &*found;
}

}  // namespace

base::Status check_readable(const std::string& topic) {
  if (reader_of(topic) != nullptr) return {};
  std::string names;
  for (const Reader& each : kReaders) names += std::string(each.topic) + ", ";
  return base::stop_error("topic " + topic + " is none of ours, which are " + names + std::string(kOwnTopic.topic));
}

base::Result<Lines> lines_of(const kafka::Message& message, Place place) {
  const Reader* reader = reader_of(message.topic);
  if (reader == nullptr) return check_readable(message.topic).error();
  if (!message.tombstone) return reader->read(message, place);
  JsonObject line = begin(message, place);
  line.text("key", message.key).raw("deleted", "true");
  return Lines{line.str()};
}

}  // namespace odograph::decode
