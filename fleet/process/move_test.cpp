// Vehicles that are in another partition since some were added.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/process/drive.h"
#include "fleet/process/partition_note.h"
#include "fleet/topics/topic_table.h"
#include "lib/kafka/partitioner.h"

namespace odograph::process {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int32_t kPartitions = 5;
constexpr std::int32_t kOld = 1;
constexpr std::int32_t kNew = 4;

std::string vehicle_of(std::int32_t place) {
  for (int i = 0;; ++i) {
    std::string id = "truck-" + std::to_string(i);
    if (kafka::partition_of(id, kPartitions) == place) return id;
  }
}

kafka::Message message_at(std::int32_t partition, std::int64_t offset, const std::string& vehicle,
                          std::uint32_t first_n = 1) {
  auto message = message_of(header_of(vehicle), {record_at(first_n, 50), record_at(first_n + 1, 50)}, first_n);
  message.partition = partition;
  message.offset = offset;
  return message;
}

kafka::Message row_of(std::int32_t partition, const PartitionNote& note) {
  kafka::Message row;
  row.topic = topics::kVehicleState;
  row.partition = partition;
  row.key = note_key(partition);
  row.value = to_bytes(note);
  return row;
}

TEST(PartitionNote, ComesBackAsItWas) {
  const PartitionNote rows[] = {
      {}, {Beginning::kSeen, 0, 0, {}}, {Beginning::kSeen, 5, 1LL << 40, {{0, 1, 2}, {2, 1LL << 41, 1LL << 42}}}};
  for (const PartitionNote& note : rows) EXPECT_EQ(note_of(to_bytes(note)).value(), note);
  EXPECT_EQ(note_of("\xff").error().action, base::Action::kDrop);
}

TEST(PartitionNote, KnowsWhereAKeyBelongs) {
  EXPECT_EQ(place_of("truck-17", 0, 2), 2) << "never placed anew";
  EXPECT_EQ(place_of("", 5, 2), 2);
  EXPECT_EQ(place_of("truck-17", 5, 2), kafka::partition_of("truck-17", 5));
}

TEST(ProcessorMove, LeavesWhatOthersProcess) {
  Processor processor({});
  ASSERT_TRUE(processor.load(row_of(kOld, {Beginning::kSeen, kPartitions, 10, {}})));
  Outcome outcome;
  processor.on_message(message_at(kOld, 9, vehicle_of(kNew)), outcome);
  EXPECT_THAT(outcome.outputs, IsEmpty());
  EXPECT_EQ(processor.counters().messages_moved, 1U);
  processor.on_message(message_at(kOld, 9, vehicle_of(kOld)), outcome);
  EXPECT_EQ(outcome.outputs.size(), 2U) << "is in its place";
  processor.on_message(message_at(kOld, 10, vehicle_of(kNew)), outcome);
  EXPECT_EQ(outcome.outputs.size(), 4U) << "a straggler: nobody else will do it";
}

TEST(ProcessorMove, ProcessesWhatItInheritsOnceAndGoesOn) {
  const std::string vehicle = vehicle_of(kNew);
  Processor processor({});
  ASSERT_TRUE(processor.load(row_of(kNew, {Beginning::kSeen, kPartitions, 0, {{kOld, 5, 9}, {2, 0, 3}}})));
  EXPECT_THAT(processor.inherited(), ElementsAre(Inherited{kOld, 5, 9}, Inherited{2, 0, 3}));
  Outcome outcome;
  processor.on_inherited(message_at(kOld, 4, vehicle), outcome);
  processor.on_inherited(message_at(kOld, 5, vehicle_of(0)), outcome);
  processor.on_inherited(message_at(3, 6, vehicle), outcome);
  EXPECT_THAT(outcome.outputs, IsEmpty()) << "before it, of another, of a partition that is not inherited";
  processor.on_inherited(message_at(kOld, 6, vehicle), outcome);
  EXPECT_EQ(outcome.outputs.size(), 2U);
  EXPECT_THAT(processor.inherited(), ElementsAre(Inherited{kOld, 7, 9}, Inherited{2, 0, 3}));
  processor.on_inherited(message_at(kOld, 9, vehicle), outcome);
  EXPECT_EQ(outcome.outputs.size(), 2U) << "behind it";
  EXPECT_THAT(processor.inherited(), ElementsAre(Inherited{2, 0, 3}));
  processor.on_inherited_read({2, 3, 0});
  EXPECT_THAT(processor.inherited(), IsEmpty());
  outcome.outputs.clear();
  processor.on_message(message_at(kNew, 0, vehicle, 3), outcome);
  EXPECT_EQ(outcome.outputs.size(), 2U) << "its own, which go on where those ended";
  EXPECT_EQ(processor.counters().gaps_unexplained, 0U);
}

TEST(ProcessorMove, SavesHowFarItIsWithTheVehicle) {
  const std::string vehicle = vehicle_of(kNew);
  Processor processor({});
  ASSERT_TRUE(processor.load(row_of(kNew, {Beginning::kSeen, kPartitions, 0, {{kOld, 5, 9}}})));
  Outcome nothing;
  processor.save(nothing);
  EXPECT_THAT(nothing.outputs, IsEmpty());
  Outcome outcome;
  processor.on_inherited(message_at(kOld, 6, vehicle), outcome);
  Outcome states;
  processor.save(states);
  ASSERT_EQ(states.outputs.size(), 2U);
  EXPECT_EQ(states.outputs[0].key, note_key(kNew));
  EXPECT_THAT(note_of(*states.outputs[0].value)->inherited, ElementsAre(Inherited{kOld, 7, 9}));
  EXPECT_EQ(states.outputs[1].key, vehicle);
  EXPECT_EQ(states.outputs[1].partition, kNew);
}

TEST(ProcessorMove, KnowsTheMemoryOfAnotherGroup) {
  struct Row {
    const char* name;
    const char* kept_by;
    const char* mine;
    std::optional<std::string> other;
    bool is_written_anew;
  };
  const Row rows[] = {
      {"mine", "g", "g", std::nullopt, false},
      {"another's", "other", "g", "other", true},
      {"of an older version", "", "g", std::nullopt, true},
      {"nobody asks", "other", "", std::nullopt, false},
  };
  for (const Row& row : rows) {
    Processor processor({.group = row.mine});
    ASSERT_TRUE(processor.load(row_of(kNew, {Beginning::kSeen, kPartitions, 0, {}, row.kept_by})));
    EXPECT_EQ(processor.other_group(), row.other) << row.name;
    Outcome states;
    processor.save(states);
    ASSERT_EQ(states.outputs.size(), row.is_written_anew ? 1U : 0U) << row.name;
    if (row.is_written_anew) EXPECT_EQ(note_of(*states.outputs[0].value)->group, row.mine) << row.name;
  }
}

TEST(ProcessorMove, SeesThatPartitionsAreBeingAdded) {
  kafka::Message row;
  row.partition = 2;
  row.key = kScalingKey;
  row.value = "x";
  Processor processor({});
  EXPECT_FALSE(processor.is_scaling());
  ASSERT_TRUE(processor.load(row));
  EXPECT_TRUE(processor.is_scaling());
  row.tombstone = true;
  ASSERT_TRUE(processor.load(row));
  EXPECT_FALSE(processor.is_scaling());
}

}  // namespace
}  // namespace odograph::process
