#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fleet/lambda/base64.h"
#include "fleet/lambda/msk_event.h"
#include "fleet/process/drive.h"

namespace odograph::lambda {

/// Messages as Lambda hands them in.

/// One record of an event.
inline std::string record_json(const kafka::Message& message) {
  return R"({"topic":")" + message.topic + R"(","partition":)" + std::to_string(message.partition) + R"(,"offset":)" +
         std::to_string(message.offset) + R"(,"timestamp":1545084650987,"timestampType":"CREATE_TIME","key":")" +
         to_base64(message.key) + R"(","value":")" + to_base64(message.value) + R"(","headers":[]})";
}

/// A whole event with the shape that AWS documents.
inline std::string event_json(const std::vector<kafka::Message>& messages) {
  std::map<std::string, std::string> lists;
  for (const kafka::Message& message : messages) {
    std::string& list = lists[message.topic + '-' + std::to_string(message.partition)];
    list += (list.empty() ? "" : ",") + record_json(message);
  }
  std::string records;
  for (const auto& [name, list] : lists) records += (records.empty() ? "\"" : ",\"") + name + "\":[" + list + ']';
  return R"({"eventSource":"aws:kafka","eventSourceArn":)"
         R"("arn:aws:kafka:us-east-1:123456789012:cluster/demo/751d2973-a626-431c-9d4e-d7975eb44dd7-2",)"
         R"("bootstrapServers":"b-2.demo.a1bcde.c1.kafka.us-east-1.amazonaws.com:9092",)"
         R"("records":{)" +
         records + "}}";
}

/// A drive of `vehicle` that is too fast twice: 90 km/h from second 20 and from second 80 on for 20 s each. One message
/// for every five seconds, with offsets from `offset` on.
inline std::vector<kafka::Message> speeding(const std::string& vehicle, std::int32_t partition,
                                            std::int64_t offset = 0) {
  std::vector<kafka::Message> messages;
  for (int start = 0; start < 130; start += 5) {
    std::vector<model::Record> records;
    for (int second = start; second < start + 5; ++second) {
      const bool fast = (second >= 20 && second < 40) || (second >= 80 && second < 100);
      records.push_back(process::record_at(second, fast ? 90 + second % 7 : 60));
    }
    kafka::Message message =
        process::message_of(process::header_of(vehicle), records, static_cast<std::uint32_t>(start) + 1);
    message.partition = partition;
    message.offset = offset++;
    messages.push_back(std::move(message));
  }
  return messages;
}

/// What cannot be decoded.
inline kafka::Message noise(std::int32_t partition, std::int64_t offset) {
  kafka::Message message;
  message.topic = "raw-data-topic";
  message.partition = partition;
  message.offset = offset;
  message.key = "truck-1";
  message.value = "no batch";
  return message;
}

}  // namespace odograph::lambda
