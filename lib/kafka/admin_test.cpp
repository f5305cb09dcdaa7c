#include "lib/kafka/admin.h"

#include <gtest/gtest.h>

#include "lib/kafka/mock_cluster.h"
#include "lib/kafka/producer.h"

namespace odograph::kafka {
namespace {

std::unique_ptr<Admin> make(const std::string& brokers, std::chrono::milliseconds timeout = kPatience) {
  auto admin = Admin::create({brokers, "test", {}, timeout});
  EXPECT_TRUE(admin) << admin.error().what;
  return std::move(admin).value();
}

TEST(Admin, DescribesTopicsAndCreatesNoneByAsking) {
  MockCluster cluster;
  cluster.create("there", 3);
  const auto admin = make(cluster.brokers());
  for (int round = 0; round < 2; ++round) {
    const auto states = admin->describe({"missing", "there"});
    ASSERT_TRUE(states) << states.error().what;
    ASSERT_EQ(states->size(), 2U);
    EXPECT_EQ(states->at(0).name, "missing");
    EXPECT_FALSE(states->at(0).exists);
    EXPECT_EQ(states->at(1).name, "there");
    EXPECT_TRUE(states->at(1).exists);
    EXPECT_EQ(states->at(1).partitions, 3);
    EXPECT_EQ(states->at(1).replication, 1);
    EXPECT_TRUE(states->at(1).config.empty());
    EXPECT_EQ(states->at(1).config_unread, "the broker tells no settings");
    EXPECT_EQ(states->at(0).config_unread, "") << "there is nothing to read";
  }
}

TEST(Admin, SaysThatTheDevelopmentBrokerCannotCreateTopics) {
  MockCluster cluster;
  const base::Status created = make(cluster.brokers())->create_topics({{"new", 1, 1, {}}});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().action, base::Action::kDrop);
  EXPECT_EQ(created.error().what, "create topics: broker does not support CreateTopics");
}

TEST(Admin, RefusesAnImpossibleTopic) {
  MockCluster cluster;
  const base::Status created = make(cluster.brokers())->create_topics({{"t", -5, 1, {}}});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().action, base::Action::kDrop);
}

TEST(Admin, CreatingNothingIsDone) { EXPECT_TRUE(make("127.0.0.1:1")->create_topics({})); }

TEST(Admin, KnowsTheWatermarks) {
  MockCluster cluster;
  cluster.create("t", 1);
  const auto admin = make(cluster.brokers());
  const auto empty = admin->watermarks("t", 0);
  ASSERT_TRUE(empty) << empty.error().what;
  EXPECT_EQ(empty->high, 0);
  auto producer = Producer::create(quick_options(cluster.brokers()));
  ASSERT_TRUE(producer);
  std::vector<Delivery> deliveries;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*producer)->send({"t", "k", "v"}, 0));
  (*producer)->flush(kPatience, deliveries);
  const auto marks = admin->watermarks("t", 0);
  ASSERT_TRUE(marks) << marks.error().what;
  EXPECT_EQ(marks->low, 0);
  EXPECT_EQ(marks->high, 5);
}

TEST(Admin, SaysRetryWithTheCauseWhereNothingListens) {
  const auto admin = make("127.0.0.1:1", std::chrono::milliseconds{1500});
  const auto states = admin->describe({"t"});
  ASSERT_FALSE(states);
  EXPECT_EQ(states.error().action, base::Action::kRetry);
  EXPECT_EQ(states.error().what, "read metadata: broker unreachable: 127.0.0.1:1: Connection refused");
  const base::Status created = admin->create_topics({{"t", 1, 1, {}}});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().action, base::Action::kRetry);
  const auto marks = admin->watermarks("t", 0);
  ASSERT_FALSE(marks);
  EXPECT_EQ(marks.error().action, base::Action::kRetry);
}

}  // namespace
}  // namespace odograph::kafka
