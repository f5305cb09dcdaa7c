#pragma once

// Private to this folder: how a message gets into a librdkafka producer.

#include "lib/kafka/client.h"
#include "lib/kafka/producer.h"

namespace odograph::kafka {

/// Queues a copy of `message`; `opaque` comes back with its report. Nothing if the client has taken it, else why not.
Owned<rd_kafka_error_t> produce(rd_kafka_t* client, const Outgoing& message, void* opaque);

/// librdkafka's handles of the topics that one client writes to, so that not each message looks its topic up by name.
/// They go before the client does.
class Topics {
 public:
  /// As the other one, but without a report's tag.
  Owned<rd_kafka_error_t> produce(rd_kafka_t* client, const Outgoing& message);

 private:
  rd_kafka_topic_t* handle(rd_kafka_t* client, const std::string& name);

  std::vector<std::pair<std::string, Owned<rd_kafka_topic_t>>> handles_;  ///< A handful.
};

}  // namespace odograph::kafka
