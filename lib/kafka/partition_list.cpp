#include "lib/kafka/partition_list.h"

namespace odograph::kafka {

Owned<rd_kafka_topic_partition_list_t> list_of(const std::vector<TopicPartition>& partitions) {
  Owned<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
  for (const TopicPartition& each : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition)->offset = each.offset;
  }
  return list;
}

std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> partitions;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    partitions.push_back({list->elems[i].topic, list->elems[i].partition, list->elems[i].offset});
  }
  return partitions;
}

}  // namespace odograph::kafka
