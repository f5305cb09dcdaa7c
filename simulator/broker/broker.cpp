#include "simulator/broker/broker.h"

#include <charconv>
#include <ostream>
#include <string_view>

#include "lib/kafka/mock_broker.h"
#include "simulator/broker/relay.h"

namespace odograph::broker {
namespace {

/// Kafka's own limit for a topic's name.
constexpr std::size_t kNameCharactersMax = 249;

template <class T>
bool parse_whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool is_topic_name(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= kNameCharactersMax &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

base::Result<Topic> parse_topic(const std::string& text, int partitions_default) {
  Topic topic{text, partitions_default};
  if (const auto colon = text.find(':'); colon != std::string::npos) {
    topic.name = text.substr(0, colon);
    if (!parse_whole(std::string_view(text).substr(colon + 1), topic.partitions)) topic.partitions = 0;
  }
  if (!is_topic_name(topic.name) || topic.partitions < 1 || topic.partitions > kafka::kMockPartitionsMax) {
    return base::stop_error("topic \"" + text + "\": expected NAME or NAME:PARTITIONS with 1 to " +
                            std::to_string(kafka::kMockPartitionsMax) + " partitions");
  }
  return topic;
}

base::Status run_broker(const BrokerOptions& options, int stop_fd, std::ostream& out) {
  auto mock = kafka::MockBroker::create();
  if (!mock) return mock.error();
  for (const Topic& topic : options.topics) {
    if (auto status = (*mock)->create_topic(topic.name, topic.partitions); !status) return status.error();
  }
  const std::string address = (*mock)->brokers();
  Relay::Options relay_options{.port = options.port};
  if (!parse_whole(std::string_view(address).substr(address.rfind(':') + 1), relay_options.target_port)) {
    return base::stop_error("start the mock broker: no port in \"" + address + "\"");
  }
  auto relay = Relay::create(relay_options);
  if (!relay) return relay.error();
  out << "listening on 127.0.0.1:" << (*relay)->port() << std::endl;
  (*relay)->run(stop_fd);
  return {};
}

}  // namespace odograph::broker
