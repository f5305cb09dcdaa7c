// Prints a topic's messages as AWS Lambda's event source mapping hands them to a function: a JSON object a line, key
// and value in base64, partition after partition.
//
// odograph_tests_serverless_messages BROKERS TOPIC PARTITIONS

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "fleet/lambda/base64.h"
#include "lib/kafka/consumer.h"

namespace odograph {
namespace {

constexpr std::chrono::seconds kPatience{60};

/// Each header is an object of its own, the value byte by byte.
std::string headers_of(const kafka::Message& message) {
  std::string list;
  for (const auto& [name, value] : message.headers) {
    std::string bytes;
    for (const char byte : value) bytes += (bytes.empty() ? "" : ", ") + std::to_string(int{byte});
    list += (list.empty() ? "{\"" : ", {\"") + name + "\": [" + bytes + "]}";
  }
  return '[' + list + ']';
}

void print(const kafka::Message& message) {
  std::cout << R"({"topic": ")" << message.topic << R"(", "partition": )" << message.partition << R"(, "offset": )"
            << message.offset << R"(, "timestamp": )" << message.timestamp_ms
            << R"(, "timestampType": "CREATE_TIME", "key": ")" << lambda::to_base64(message.key) << R"(", "value": ")"
            << lambda::to_base64(message.value) << R"(", "headers": )" << headers_of(message) << "}\n";
}

int run(const std::string& brokers, const std::string& topic, int partitions) {
  auto consumer = kafka::Consumer::create({.brokers = brokers, .client_id = "messages", .security = {}});
  if (!consumer) return 1;
  std::vector<kafka::TopicPartition> wanted;
  std::set<std::int32_t> open;
  for (int each = 0; each < partitions; ++each) {
    wanted.push_back({topic, each, 0});
    open.insert(each);
  }
  if (!(*consumer)->assign(wanted)) return 1;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!open.empty()) {
    if (std::chrono::steady_clock::now() >= end) return 1;
    std::vector<kafka::Message> messages;
    kafka::ConsumerEvents events;
    (*consumer)->poll(std::chrono::milliseconds(200), 1000, messages, events);
    for (const kafka::Message& message : messages) print(message);
    for (const kafka::TopicPartition& each : events.ended) open.erase(each.partition);
  }
  return 0;
}

}  // namespace
}  // namespace odograph

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return odograph::run(argv[1], argv[2], std::atoi(argv[3]));
}
