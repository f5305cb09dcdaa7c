#pragma once

// Private to this folder: partitions as librdkafka has them, and as we do.

#include <vector>

#include "lib/kafka/client.h"
#include "lib/kafka/consumer.h"

namespace odograph::kafka {

Owned<rd_kafka_topic_partition_list_t> list_of(const std::vector<TopicPartition>& partitions);

/// Nothing of no list.
std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t* list);

}  // namespace odograph::kafka
