#include "lib/kafka/partitioner.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <string>

namespace odograph::kafka {
namespace {

TEST(Partitioner, IsThatOfLibrdkafka) {
  for (int i = 0; i < 2'000; ++i) {
    std::string key = "truck-" + std::to_string(i * 7919);
    key.resize(static_cast<std::size_t>(i % 40) + 1, static_cast<char>(i));
    for (const std::int32_t partitions : {1, 3, 5, 12, 96}) {
      EXPECT_EQ(partition_of(key, partitions),
                rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), partitions, nullptr, nullptr))
          << key << " of " << partitions;
    }
  }
}

TEST(Partitioner, IsThatOfJava) {
  // As Utils.murmur2 of Kafka's own tests has them, without their sign.
  const struct {
    const char* key;
    std::int32_t hash;
  } rows[] = {{"21", -973932308}, {"foobar", -790332482}, {"a-little-bit-long-string", -985981536}};
  for (const auto& row : rows) {
    constexpr std::int32_t kMany = 0x7fffffff;
    EXPECT_EQ(partition_of(row.key, kMany), (row.hash & kMany) % kMany) << row.key;
  }
}

}  // namespace
}  // namespace odograph::kafka
