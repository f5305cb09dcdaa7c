#include "lib/kafka/mock_broker.h"

#include <gtest/gtest.h>

namespace odograph::kafka {
namespace {

TEST(MockBroker, ListensOnLoopback) {
  auto broker = MockBroker::create();
  ASSERT_TRUE(broker) << broker.error().what;
  EXPECT_TRUE((*broker)->brokers().starts_with("127.0.0.1:")) << (*broker)->brokers();
}

TEST(MockBroker, RefusesATopicThatExistsOrCannotBe) {
  auto broker = MockBroker::create();
  ASSERT_TRUE(broker);
  EXPECT_TRUE((*broker)->create_topic("raw-data-topic", 3));
  const struct {
    const char* topic;
    int partitions;
  } refused[] = {{"raw-data-topic", 3}, {"none", 0}, {"negative", -1}, {"too-many", kMockPartitionsMax + 1}};
  for (const auto& row : refused) {
    const auto status = (*broker)->create_topic(row.topic, row.partitions);
    ASSERT_FALSE(status) << row.topic;
    EXPECT_EQ(status.error().action, base::Action::kStop) << row.topic;
  }
  EXPECT_TRUE((*broker)->create_topic("most", kMockPartitionsMax));
}

}  // namespace
}  // namespace odograph::kafka
