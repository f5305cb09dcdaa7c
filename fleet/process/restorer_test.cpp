#include "fleet/process/restorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "fleet/process/drive.h"
#include "fleet/topics/topic_table.h"

namespace odograph::process {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Poll {
  std::vector<kafka::Message> messages;
  std::vector<kafka::TopicPartition> ended;
};

/// Brings one poll after the other.
class FakeReader final : public kafka::Consumer {
 public:
  explicit FakeReader(std::deque<Poll> polls) : polls_(std::move(polls)) {}
  base::Status subscribe(const std::vector<std::string>&) override { return {}; }
  base::Status assign(const std::vector<kafka::TopicPartition>&) override { return {}; }
  void poll(std::chrono::milliseconds, std::size_t, std::vector<kafka::Message>& messages,
            kafka::ConsumerEvents& events) override {
    if (polls_.empty()) return;
    messages = std::move(polls_.front().messages);
    events.ended = std::move(polls_.front().ended);
    polls_.pop_front();
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

 private:
  std::deque<Poll> polls_;
};

ProcessorOptions options(std::size_t vehicles_max = 10) {
  ProcessorOptions options;
  options.rules.limit_cmps = 2222;
  options.vehicles_max = vehicles_max;
  return options;
}

/// What vehicle-state-topic has of `vehicle` after so many records.
std::string state_of(const std::string& vehicle, std::size_t records) {
  Processor processor(options());
  Outcome outcome;
  processor.on_message(message_of(header_of(vehicle), std::vector(records, record_at(1, 50))), outcome);
  outcome.outputs.clear();
  processor.save(outcome);
  return *outcome.outputs.back().value;
}

kafka::Message row(std::int64_t offset, const std::string& key, const std::string& value) {
  return {.topic = topics::kVehicleState, .offset = offset, .key = key, .value = value, .tombstone = value.empty()};
}

/// Reads until all is done or nothing comes; what there was to tell.
std::vector<std::string> restore(std::deque<Poll> polls, std::int64_t end, Processor& processor) {
  std::vector<std::string> troubles;
  const std::size_t steps = polls.size();
  auto restorer = Restorer::begin(std::make_unique<FakeReader>(std::move(polls)), {{0, {0, end}}});
  for (std::size_t i = 0; i < steps; ++i) {
    EXPECT_FALSE((*restorer)->is_done());
    EXPECT_TRUE((*restorer)->step(base::Millis(0), processor, troubles));
  }
  EXPECT_TRUE((*restorer)->is_done());
  return troubles;
}

/// How many of records 1 to 9 of `vehicle` the processor has had.
std::uint64_t repeats(Processor& processor, const std::string& vehicle) {
  Outcome outcome;
  const std::uint64_t before = processor.counters().repeats;
  processor.on_message(message_of(header_of(vehicle), std::vector(9, record_at(1, 50))), outcome);
  return processor.counters().repeats - before;
}

TEST(Restorer, TakesTheNewestRowOfEachVehicle) {
  Processor processor(options());
  EXPECT_THAT(restore({{{row(0, "a", state_of("a", 1)), row(1, "b", state_of("b", 2)), row(2, "c", state_of("c", 3))}},
                       {{row(3, "a", state_of("a", 4)), row(4, "c", "")}}},
                      5, processor),
              IsEmpty());
  EXPECT_EQ(processor.counters().vehicles, 2U);
  EXPECT_EQ(repeats(processor, "a"), 4U);
  EXPECT_EQ(repeats(processor, "b"), 2U);
  EXPECT_EQ(repeats(processor, "c"), 0U);
}

TEST(Restorer, DoesNotReadWhatANewerRowStandsFor) {
  Processor processor(options());
  const Poll poll{{row(0, "a", "\xff"), row(1, "b", "\xff"), row(2, "a", state_of("a", 4))}};
  EXPECT_THAT(restore({poll}, 3, processor), ElementsAre(HasSubstr("state of b")));
  EXPECT_EQ(repeats(processor, "a"), 4U);
}

TEST(Restorer, KeepsTheOrderInWhichVehiclesWereHeard) {
  const std::vector<kafka::Message> rows = {row(0, "a", state_of("a", 1)), row(1, "b", state_of("b", 1)),
                                            row(2, "a", state_of("a", 1))};
  for (const std::size_t count : {2U, 3U}) {
    Processor processor(options(2));
    const auto end = static_cast<std::int64_t>(count);
    EXPECT_THAT(restore({{{rows.begin(), rows.begin() + end}}}, end, processor), IsEmpty());
    // There is no room for a third one: the one heard longest ago goes.
    EXPECT_EQ(repeats(processor, "c"), 0U);
    EXPECT_EQ(repeats(processor, count == 2 ? "b" : "a"), 1U) << count;
  }
}

TEST(Restorer, LoadsAtTheEndAndAtOnceBehindIt) {
  Processor processor(options());
  const Poll end{{}, {{topics::kVehicleState, 0, 3}}};  // Control records lie before it.
  EXPECT_THAT(restore({{{row(0, "a", state_of("a", 1))}}, end}, 3, processor), IsEmpty());
  EXPECT_EQ(repeats(processor, "a"), 1U);
  Processor other(options());
  const Poll beyond{{row(0, "a", state_of("a", 1)), row(1, "a", state_of("a", 5))}};
  EXPECT_THAT(restore({beyond}, 1, other), IsEmpty());
  EXPECT_EQ(repeats(other, "a"), 5U);
}

}  // namespace
}  // namespace odograph::process
