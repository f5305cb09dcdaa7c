#include "simulator/broker/broker.h"

#include <gtest/gtest.h>

#include <sstream>

#include "lib/base/wake_fd.h"

namespace odograph::broker {
namespace {

TEST(ParseTopic, TakesANameWithOrWithoutPartitions) {
  const struct {
    const char* text;
    const char* name;
    int partitions;
  } rows[] = {
      {"raw-data-topic", "raw-data-topic", 3}, {"raw-data-topic:12", "raw-data-topic", 12}, {"a.B_9:1", "a.B_9", 1}};
  for (const auto& row : rows) {
    const auto topic = parse_topic(row.text, 3);
    ASSERT_TRUE(topic) << row.text;
    EXPECT_EQ(topic->name, row.name);
    EXPECT_EQ(topic->partitions, row.partitions);
  }
}

TEST(ParseTopic, RefusesWhatIsNoTopic) {
  for (const std::string text : {"", ":3", "a:", "a:0", "a:-1", "a:3x", "a:1000", "a b", "a:3:4", "a/b"}) {
    const auto topic = parse_topic(text, 3);
    ASSERT_FALSE(topic) << text;
    EXPECT_EQ(topic.error().action, base::Action::kStop);
    EXPECT_NE(topic.error().what.find('"' + text + '"'), std::string::npos) << topic.error().what;
  }
  EXPECT_FALSE(parse_topic(std::string(250, 'a'), 3));
}

TEST(Broker, TellsItsPortAndStopsWhenTold) {
  const base::WakeFd stop;
  stop.wake();
  std::ostringstream out;
  const auto status = run_broker({.port = 0, .topics = {{"raw-data-topic", 3}}}, stop.fd(), out);
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_TRUE(out.str().starts_with("listening on 127.0.0.1:")) << out.str();
}

TEST(Broker, RefusesATopicTwice) {
  const base::WakeFd stop;
  stop.wake();
  std::ostringstream out;
  EXPECT_FALSE(run_broker({.port = 0, .topics = {{"a", 3}, {"a", 3}}}, stop.fd(), out));
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace odograph::broker
