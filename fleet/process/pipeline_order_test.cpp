#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/process/drive.h"
#include "fleet/process/fake_broker.h"
#include "fleet/process/pipeline.h"

namespace odograph::process {
namespace {

using Outcome = kafka::Delivery::Outcome;
using testing::ElementsAre;
using testing::IsEmpty;

/// What a test and the consumer that it lent to the pipeline both see.
struct Group {
  std::vector<kafka::Message> messages;  ///< For the next poll.
  std::vector<kafka::TopicPartition> assigned;
  std::vector<kafka::TopicPartition> ended;
  std::vector<kafka::TopicPartition> revoked;
  std::vector<std::vector<kafka::TopicPartition>> commits;
  base::Status commit_outcome;
};

class FakeConsumer final : public kafka::Consumer {
 public:
  explicit FakeConsumer(Group& group) : group_(group) {}
  base::Status subscribe(const std::vector<std::string>&) override { return {}; }
  base::Status assign(const std::vector<kafka::TopicPartition>&) override { return {}; }
  void poll(std::chrono::milliseconds, std::size_t, std::vector<kafka::Message>& messages,
            kafka::ConsumerEvents& events) override {
    messages = std::exchange(group_.messages, {});
    events.assigned = std::exchange(group_.assigned, {});
    events.ended = std::exchange(group_.ended, {});
    events.revoked = std::exchange(group_.revoked, {});
  }
  base::Status commit(const std::vector<kafka::TopicPartition>& offsets) override {
    group_.commits.push_back(offsets);
    return group_.commit_outcome;
  }
  base::Result<std::vector<kafka::TopicPartition>> committed(const std::vector<kafka::TopicPartition>& partitions,
                                                             std::chrono::milliseconds) override {
    return partitions;
  }
  base::Result<kafka::Watermarks> watermarks(const std::string&, std::int32_t, std::chrono::milliseconds) override {
    return kafka::Watermarks{};
  }
  kafka::GroupMetadata group() const override { return {}; }

 private:
  Group& group_;
};

/// Time passes as it is asked for, so that a wait that never ends would show.
class TickingClock final : public base::Clock {
 public:
  base::BootTime boot_now() const override { return now_ += base::Millis(100); }
  std::optional<base::SystemUtc> utc_now() const override { return std::nullopt; }

 private:
  mutable base::BootTime now_{};
};

class PipelineOrder : public testing::Test {
 protected:
  void step(int times = 1) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(pipeline_.step(notes_));
  }
  void give(std::uint32_t first_n, std::int64_t offset) {
    group_.messages = {message_of(header_of("a"), {record_at(first_n, 50)}, first_n)};
    group_.messages.front().offset = offset;
  }

  Group group_;
  FakeBroker broker_;
  TickingClock clock_;
  Notes notes_;
  Pipeline pipeline_{{.processor = {}, .commit_interval = base::Millis(300)},
                     std::make_unique<FakeConsumer>(group_),
                     [this]() -> base::Result<std::unique_ptr<kafka::Producer>> {
                       return std::unique_ptr<kafka::Producer>(std::make_unique<FakeProducer>(broker_));
                     },
                     clock_};
};

const kafka::TopicPartition kNext{"raw-data-topic", 0, 1};

TEST_F(PipelineOrder, CommitsOnlyWhatTheBrokerHas) {
  give(1, 0);
  step(20);
  EXPECT_EQ(broker_.sent.size(), 1U);
  EXPECT_THAT(group_.commits, IsEmpty());
  broker_.report(Outcome::kStored);
  step(20);
  EXPECT_THAT(group_.commits, ElementsAre(ElementsAre(kNext)));
}

TEST_F(PipelineOrder, CommitsBeforeAPartitionGoesAndForgetsItsVehicles) {
  give(1, 0);
  step();
  broker_.report(Outcome::kStored);
  group_.revoked = {{"raw-data-topic", 0, -1}};
  step();
  EXPECT_THAT(group_.commits, ElementsAre(ElementsAre(kNext)));
  EXPECT_EQ(pipeline_.counters().vehicles, 0U);
}

TEST_F(PipelineOrder, LeavesToTheNextOwnerWhatIsNotWritten) {
  give(1, 0);
  step();
  group_.revoked = {{"raw-data-topic", 0, -1}};
  step();  // Ends although the broker never answers.
  EXPECT_THAT(group_.commits, IsEmpty());
  broker_.report(Outcome::kStored);
  step(20);
  EXPECT_THAT(group_.commits, IsEmpty());
}

TEST_F(PipelineOrder, TriesACommitAgainUnlessTheGroupWentOn) {
  give(1, 0);
  step();
  broker_.report(Outcome::kStored);
  group_.commit_outcome = base::retry_error("busy");
  step(30);
  EXPECT_GE(group_.commits.size(), 2U);
  group_.commit_outcome = base::drop_error("gone on");
  step(10);
  const auto asked = group_.commits.size();
  step(30);
  EXPECT_EQ(group_.commits.size(), asked);
}

TEST_F(PipelineOrder, FinishSaysWhenSomethingIsLeft) {
  give(1, 0);
  step();
  const auto unfinished = pipeline_.finish(base::Millis(1'000), notes_);
  ASSERT_FALSE(unfinished);
  EXPECT_EQ(unfinished.error().action, base::Action::kRetry);
  EXPECT_THAT(group_.commits, IsEmpty());
  broker_.report(Outcome::kStored);
  EXPECT_TRUE(pipeline_.finish(base::Millis(1'000), notes_));
  EXPECT_THAT(group_.commits, ElementsAre(ElementsAre(kNext)));
}

TEST_F(PipelineOrder, SaysOnceWhenAPartitionIsReadToItsEnd) {
  const kafka::TopicPartition first{"raw-data-topic", 0, -1};
  const kafka::TopicPartition second{"raw-data-topic", 1, -1};
  group_.assigned = {first, second};
  group_.ended = {second};
  step();
  group_.ended = {second, first};
  step();
  EXPECT_THAT(notes_.news, ElementsAre("assigned: raw-data-topic/0, raw-data-topic/1",
                                       "read to the end: raw-data-topic/1", "read to the end: raw-data-topic/0"));
  group_.revoked = {first, second};
  step();
  notes_.news.clear();
  group_.assigned = {first};
  group_.ended = {second, first};
  step();
  EXPECT_THAT(notes_.news, ElementsAre("assigned: raw-data-topic/0", "read to the end: raw-data-topic/0"));
}

}  // namespace
}  // namespace odograph::process
