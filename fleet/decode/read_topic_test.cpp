#include "fleet/decode/read_topic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <sstream>

#include "fleet/topics/topic_table.h"
#include "proto/public/alert.pb.h"

namespace odograph::decode {
namespace {

/// A broker with one topic of some partitions.
class FakeAdmin final : public kafka::Admin {
 public:
  base::Status create_topics(const std::vector<kafka::TopicSpec>&) override { return {}; }
  base::Result<std::vector<kafka::TopicState>> describe(const std::vector<std::string>& topics) override {
    return std::vector<kafka::TopicState>{{topics.front(), partitions > 0, partitions, 1, {}}};
  }
  base::Result<kafka::Watermarks> watermarks(const std::string&, std::int32_t) override { return kafka::Watermarks{}; }

  int partitions = 2;
};

/// Hands out what a test laid ready, one poll at a time; then nothing.
class FakeConsumer final : public kafka::Consumer {
 public:
  struct Poll {
    std::vector<kafka::Message> messages;
    kafka::ConsumerEvents events;
  };
  base::Status subscribe(const std::vector<std::string>&) override { return {}; }
  base::Status assign(const std::vector<kafka::TopicPartition>& partitions) override {
    assigned = partitions;
    return {};
  }
  void poll(std::chrono::milliseconds, std::size_t, std::vector<kafka::Message>& messages,
            kafka::ConsumerEvents& events) override {
    if (polls.empty()) return;
    messages = polls.front().messages;
    events = polls.front().events;
    polls.pop_front();
  }
  base::Status commit(const std::vector<kafka::TopicPartition>&) override { return {}; }
  base::Result<std::vector<kafka::TopicPartition>> committed(const std::vector<kafka::TopicPartition>& partitions,
                                                             std::chrono::milliseconds) override {
    return partitions;
  }
  base::Result<kafka::Watermarks> watermarks(const std::string&, std::int32_t, std::chrono::milliseconds) override {
    return kafka::Watermarks{};
  }
  kafka::GroupMetadata group() const override { return {}; }

  std::deque<Poll> polls;
  std::vector<kafka::TopicPartition> assigned;
};

kafka::Message alert(const std::string& id) {
  odograph::Alert alert;
  alert.set_alert_id(id);
  kafka::Message message;
  message.topic = topics::kAlerts;
  message.value = alert.SerializeAsString();
  return message;
}

kafka::Message noise() {
  kafka::Message message;
  message.topic = topics::kAlerts;
  message.offset = 7;
  message.value = "\xff";
  return message;
}

/// Takes one line, then fails as write(2) does.
class Full final : public std::stringbuf {
 public:
  explicit Full(int error) : error_(error) {}

 private:
  int overflow(int character) override { return is_full() ? fail() : std::stringbuf::overflow(character); }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    if (is_full()) return fail(), 0;
    return std::stringbuf::xsputn(text, count);
  }
  bool is_full() const { return view().find('\n') != std::string_view::npos; }
  int fail() const {
    errno = error_;
    return traits_type::eof();
  }
  int error_;
};

class ReadTopic : public testing::Test {
 protected:
  base::Status read(ReadOptions options) {
    options.topic = options.topic.empty() ? topics::kAlerts : options.topic;
    int asked = 0;
    return read_topic(options, admin_, consumer_, {out_, err_, [&] { return ++asked > 20; }});
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> found;
    std::istringstream lines(out_.str());
    for (std::string line; std::getline(lines, line);) found.push_back(line.substr(14, 1));
    return found;
  }

  FakeAdmin admin_;
  FakeConsumer consumer_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ReadTopic, EndsWhenEveryPartitionHasEnded) {
  consumer_.polls = {{{alert("a")}, {.ended = {{topics::kAlerts, 1, 0}}}},
                     {{alert("b")}, {}},
                     {{alert("c")}, {.ended = {{topics::kAlerts, 0, 2}}}},
                     {{alert("d")}, {}}};
  ASSERT_TRUE(read({.until = ReadOptions::Until::kEnd}));
  EXPECT_THAT(ids(), testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(consumer_.assigned, testing::ElementsAre(kafka::TopicPartition{topics::kAlerts, 0, -2},
                                                       kafka::TopicPartition{topics::kAlerts, 1, -2}));
}

TEST_F(ReadTopic, GoesOnPastTheEndUntilItIsStopped) {
  consumer_.polls = {{{}, {.ended = {{topics::kAlerts, 0, 0}, {topics::kAlerts, 1, 0}}}}, {{alert("a")}, {}}};
  ASSERT_TRUE(read({.from = ReadOptions::From::kEnd}));
  EXPECT_THAT(ids(), testing::ElementsAre("a"));
  EXPECT_EQ(consumer_.assigned.front().offset, -1);
}

TEST_F(ReadTopic, StopsAtItsLimit) {
  consumer_.polls = {{{alert("a"), alert("b"), alert("c")}, {}}};
  ASSERT_TRUE(read({.limit = 2}));
  EXPECT_THAT(ids(), testing::ElementsAre("a", "b"));
}

TEST_F(ReadTopic, TellsWhatItCannotReadAndGoesOn) {
  consumer_.polls = {{{noise(), alert("a")}, {.errors = {"broker is away"}}}};
  ASSERT_TRUE(read({}));
  EXPECT_THAT(ids(), testing::ElementsAre("a"));
  EXPECT_EQ(err_.str(), "alerts-topic/0 offset 7: not a sound Alert message\nbroker is away\n");
}

TEST_F(ReadTopic, WithoutTheRightToReadThereIsNoEndToWaitFor) {
  const auto refuse = [&] {
    consumer_.polls = {{{alert("a")}, {.errors = {"broker is away", "may not read"}, .denied = "may not read"}},
                       {{alert("b")}, {}}};
  };
  refuse();
  const auto status = read({.until = ReadOptions::Until::kEnd});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what, "may not read");
  EXPECT_EQ(status.error().action, base::Action::kStop);
  EXPECT_THAT(ids(), testing::ElementsAre("a"));
  EXPECT_EQ(err_.str(), "broker is away\n") << "the reason is told by the caller, once";

  refuse();
  ASSERT_TRUE(read({})) << "who waits for what is to come may still be let in";
  EXPECT_THAT(ids(), testing::ElementsAre("a", "a", "b"));
  EXPECT_EQ(err_.str(), "broker is away\nbroker is away\nmay not read\n");
}

TEST_F(ReadTopic, AnErrorThatMayPassDoesNotEndIt) {
  consumer_.polls = {{{alert("a")}, {.errors = {"broker is away"}}},
                     {{alert("b")}, {.ended = {{topics::kAlerts, 0, 1}, {topics::kAlerts, 1, 1}}}}};
  ASSERT_TRUE(read({.until = ReadOptions::Until::kEnd}));
  EXPECT_THAT(ids(), testing::ElementsAre("a", "b"));
}

TEST_F(ReadTopic, AFullDiskIsAnErrorAndAReaderThatLeftIsNot) {
  for (const int error : {ENOSPC, EPIPE}) {
    Full full(error);
    std::ostream out(&full);
    consumer_.polls = {{{alert("a")}, {}}, {{alert("b"), alert("c")}, {}}, {{alert("d")}, {}}};
    const auto status = read_topic({.topic = topics::kAlerts}, admin_, consumer_, {out, err_, [] { return false; }});
    EXPECT_EQ(status.has_value(), error == EPIPE);
    EXPECT_EQ(consumer_.polls.size(), 1U) << "nothing is read for nobody";
    if (status) continue;
    EXPECT_NE(status.error().what.find("No space left on device"), std::string::npos) << status.error().what;
  }
}

TEST_F(ReadTopic, RefusesATopicThatDoesNotExistOrHasNoReader) {
  EXPECT_FALSE(read({.topic = "other-topic"}));
  EXPECT_FALSE(read({.topic = "someone-elses"}));
  admin_.partitions = 0;
  const auto status = read({});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what, "topic alerts-topic does not exist");
}

}  // namespace
}  // namespace odograph::decode
