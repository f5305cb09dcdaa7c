#pragma once

// Private to this folder: what producer, consumer and admin have in common over librdkafka's C API.

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/kafka/identity_words.h"
#include "lib/kafka/security.h"
#include "lib/kafka/security_settings.h"
#include "lib/kafka/sockets.h"
#include "lib/kafka/token_feed.h"

namespace odograph::kafka {

/// Gives back what librdkafka's C API handed out.
struct Destroy {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_NewPartitions_t* partitions) const { rd_kafka_NewPartitions_destroy(partitions); }
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
  void operator()(rd_kafka_consumer_group_metadata_t* group) const { rd_kafka_consumer_group_metadata_destroy(group); }
  void operator()(const rd_kafka_group_list* groups) const { rd_kafka_group_list_destroy(groups); }
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
template <class T>
using Owned = std::unique_ptr<T, Destroy>;

class LogLines;

/// What librdkafka's callbacks of one client work on.
struct Callbacks {
  Callbacks(LogLines& lines, const SocketOptions& options) : logs(lines), sockets(options) {}
  LogLines& logs;
  Sockets sockets;
};

/// Destroys the handle; the group's goodbye is the consumer's own business.
struct DestroyClient {
  std::unique_ptr<TokenFeed> tokens{};
  std::unique_ptr<Callbacks> callbacks{};
  void operator()(rd_kafka_t* client) {
    tokens.reset();
    if (callbacks) callbacks->sockets.give_up();
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
};
using ClientPtr = std::unique_ptr<rd_kafka_t, DestroyClient>;

/// The last lines that librdkafka wanted to log. Its threads add, ours takes.
class LogLines {
 public:
  void add(const char* facility, const char* text);
  /// What came since the last call, oldest first; the first line tells how many more there were.
  std::vector<std::string> take();
  /// What was said last of a connection that ended or was not made, also after `take`; empty if nothing was.
  std::string failure() const;
  /// The first topic that this client was not allowed to add to its transaction since `forget_denial`; empty: none.
  std::string denied_topic() const;
  void forget_denial();
  /// How many lines told of a connection that ended or a request that nobody answered.
  std::uint64_t disturbances() const;
  /// Which broker's certificate was refused last and why, "host:port: its certificate ..."; empty if none was.
  void set_refusal(std::string why);
  std::string refusal() const;

 private:
  mutable std::mutex mutex_;
  std::string refusal_;
  std::deque<std::string> lines_;
  std::string failure_;
  std::string denied_topic_;
  std::uint64_t lost_ = 0;
  std::uint64_t disturbances_ = 0;
};

/// What every client is made of.
struct ClientSpec {
  rd_kafka_type_t type = RD_KAFKA_PRODUCER;
  std::string brokers;
  std::string client_id;
  Security security;
  Settings settings;
  Settings overrides;  ///< Set last.
  int events = 0;      ///< RD_KAFKA_EVENT_* that the queues are to yield.
  SocketOptions sockets{};
};

/// What is known for the words about an error.
ErrorContext context_of(const Security& security, const LogLines& logs);

/// `kStop` if a setting, a file or librdkafka itself refuses. `logs` must outlive the client.
base::Result<ClientPtr> make_client(const ClientSpec& spec, LogLines& logs);

/// True if the comma-separated `features` hold `wanted`.
bool has_feature(std::string_view features, std::string_view wanted);

}  // namespace odograph::kafka
