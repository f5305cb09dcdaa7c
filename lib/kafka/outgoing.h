#pragma once

// Private to this folder: how a message gets into a librdkafka producer.

#include "lib/kafka/client.h"
#include "lib/kafka/producer.h"

namespace odograph::kafka {

/// Queues a copy of `message`; `opaque` comes back with its report. Nothing if the client has taken it, else why not.
Owned<rd_kafka_error_t> produce(rd_kafka_t* client, const Outgoing& message, void* opaque);

}  // namespace odograph::kafka
