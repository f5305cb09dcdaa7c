#include "agent/uplink/lane_queue.h"

#include <gtest/gtest.h>

#include "agent/uplink/fakes.h"

namespace odograph::uplink {
namespace {

constexpr model::Lane kBulk = model::Lane::kBulk;
const TimePoint kStart{std::chrono::hours{1}};

class LaneQueueTest : public ::testing::Test {
 protected:
  LaneQueueTest() { options_.vehicle_id = "car-1"; }

  base::Status take(std::uint32_t first_n, std::uint32_t count, std::uint64_t stream_id = 7,
                    std::uint64_t rule_set = 0) {
    outbox::Chunk chunk;
    chunk.stream_id = stream_id;
    chunk.rule_set = rule_set;
    chunk.lane = kBulk;
    chunk.boot = 1;
    chunk.boot_nonce = boot_nonce_;
    chunk.chunk_no = ++chunk_no_;
    chunk.first_n = first_n;
    chunk.count = count;
    chunk.packed = wire::pack(records_from(first_n, count));
    return queue_.take(std::move(chunk), kStart);
  }

  Options options_;
  LaneQueue queue_{kBulk, options_};
  std::uint32_t chunk_no_ = 0;
  std::uint32_t boot_nonce_ = 0;
};

TEST_F(LaneQueueTest, WantsMoreUntilAMessageIsFull) {
  options_.message_records_max = 5;
  EXPECT_TRUE(queue_.wants());
  ASSERT_TRUE(take(1, 3));
  EXPECT_TRUE(queue_.wants());
  ASSERT_TRUE(take(4, 3));
  EXPECT_FALSE(queue_.wants());
  queue_.merge_due(kStart);
  ASSERT_NE(queue_.ready(), nullptr);
  EXPECT_EQ(queue_.ready()->last_n, 3U) << "whole chunks, where they fit";
  EXPECT_FALSE(queue_.wants()) << "a message is ready";
}

TEST_F(LaneQueueTest, IsFullInBytesToo) {
  options_.message_bytes_max = 10;
  ASSERT_TRUE(take(1, 3));
  EXPECT_FALSE(queue_.wants());
}

TEST_F(LaneQueueTest, StreamsAreNeverMixed) {
  ASSERT_TRUE(take(1, 1, 7));
  ASSERT_TRUE(take(2, 1, 8));
  queue_.merge_due(kStart);
  ASSERT_NE(queue_.ready(), nullptr);
  EXPECT_EQ(queue_.ready()->stream_id, 7U);
  EXPECT_EQ(queue_.ready()->last_n, 1U);
}

TEST_F(LaneQueueTest, AMessageHasTheRuleSetOfItsRecords) {
  ASSERT_TRUE(take(1, 2, 7, 99));
  ASSERT_TRUE(take(3, 1, 7, 99));
  EXPECT_TRUE(queue_.wants());
  ASSERT_TRUE(take(4, 1, 7, 0));
  EXPECT_FALSE(queue_.wants()) << "a message ends where the rules changed";
  TimePoint now = kStart;
  for (const auto& [rule_set, last_n] : {std::pair{99U, 3U}, {0U, 4U}}) {
    queue_.merge_due(now += base::Millis{1000});
    ASSERT_NE(queue_.ready(), nullptr);
    const auto batch = wire::decode(queue_.ready()->bytes);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->header.rule_set, rule_set);
    EXPECT_EQ(batch->records.back().n, last_n);
    queue_.mark_sent();
  }
}

TEST_F(LaneQueueTest, AMessageHasTheNonceOfItsBoot) {
  boot_nonce_ = 77;
  ASSERT_TRUE(take(1, 2));
  boot_nonce_ = 78;
  ASSERT_TRUE(take(3, 1));
  EXPECT_FALSE(queue_.wants()) << "a message ends where another boot of the same number begins";
  TimePoint now = kStart;
  for (const auto& [nonce, last_n] : {std::pair{77U, 2U}, {78U, 3U}}) {
    queue_.merge_due(now += base::Millis{1000});
    ASSERT_NE(queue_.ready(), nullptr);
    const auto batch = wire::decode(queue_.ready()->bytes);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->header.boot_nonce, nonce);
    EXPECT_EQ(batch->records.back().n, last_n);
    queue_.mark_sent();
  }
}

TEST_F(LaneQueueTest, WaitsForItsTime) {
  ASSERT_TRUE(take(1, 1));
  EXPECT_EQ(queue_.due_at(), kStart + base::Millis{1000});
  queue_.merge_due(kStart + base::Millis{999});
  EXPECT_EQ(queue_.ready(), nullptr);
  queue_.merge_due(kStart + base::Millis{1000});
  EXPECT_NE(queue_.ready(), nullptr);
  EXPECT_FALSE(queue_.due_at());
}

TEST_F(LaneQueueTest, SettlesOnlyAContiguousPrefix) {
  options_.message_records_max = 1;
  for (std::uint32_t n = 1; n <= 3; ++n) {
    ASSERT_TRUE(take(n, 1));
    queue_.merge_due(kStart);
    EXPECT_EQ(queue_.next_number(), n - 1);
    queue_.mark_sent();
  }
  queue_.find(1)->stored = true;
  EXPECT_FALSE(queue_.settle());
  queue_.find(0)->stored = true;
  EXPECT_EQ(queue_.settle().value_or(outbox::ChunkId{}).id, std::uint64_t{1} << 32 | 2);
  EXPECT_EQ(queue_.find(1), nullptr) << "settled";
  EXPECT_NE(queue_.find(2), nullptr);
  EXPECT_EQ(queue_.find(3), nullptr) << "never sent";
}

TEST_F(LaneQueueTest, SettlesStreamByStream) {
  options_.message_records_max = 1;
  const std::uint64_t streams[] = {7, 7, 8, 7};
  for (std::uint32_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(take(i + 1, 1, streams[i]));
    queue_.merge_due(kStart);
    queue_.mark_sent();
    queue_.find(i)->stored = true;
  }
  const std::pair<std::uint64_t, std::uint32_t> told[] = {{7, 2}, {8, 3}, {7, 4}};
  for (const auto& [stream_id, chunk_no] : told) {
    const auto ack = queue_.settle();
    ASSERT_TRUE(ack) << chunk_no;
    EXPECT_EQ(ack->stream_id, stream_id);
    EXPECT_EQ(ack->id, std::uint64_t{1} << 32 | chunk_no);
  }
  EXPECT_FALSE(queue_.settle());
}

TEST_F(LaneQueueTest, ARewindForgetsAllAndNumbersGoOn) {
  options_.message_records_max = 1;
  ASSERT_TRUE(take(1, 1));
  queue_.merge_due(kStart);
  queue_.mark_sent();
  queue_.rewind();
  EXPECT_TRUE(queue_.idle());
  EXPECT_EQ(queue_.find(0), nullptr);
  EXPECT_EQ(queue_.next_number(), 1U);
  EXPECT_TRUE(queue_.wants());
}

TEST_F(LaneQueueTest, ASplitHalvesOnlyWhatWasRefused) {
  options_.message_records_max = 8;
  ASSERT_TRUE(take(1, 8));
  queue_.merge_due(kStart);
  queue_.mark_sent();
  EXPECT_TRUE(queue_.split(*queue_.find(0)));
  queue_.rewind();
  chunk_no_ = 0;
  ASSERT_TRUE(take(1, 8));
  queue_.merge_due(kStart);
  EXPECT_EQ(queue_.ready()->records, 4U);
  for (int i = 0; i < 2; ++i) queue_.find(queue_.mark_sent())->stored = true;
  EXPECT_TRUE(queue_.settle());
  ASSERT_TRUE(take(9, 8));
  queue_.merge_due(kStart);
  EXPECT_EQ(queue_.ready()->records, 8U);
}

TEST_F(LaneQueueTest, ARecordThatIsGivenUpIsLeftOutOfItsChunk) {
  options_.message_records_max = 1;
  ASSERT_TRUE(take(1, 3));
  queue_.merge_due(kStart);
  queue_.mark_sent();
  queue_.mark_sent();
  EXPECT_FALSE(queue_.split(*queue_.find(1)));
  queue_.rewind();
  chunk_no_ = 0;
  options_.message_records_max = 10;
  ASSERT_TRUE(take(1, 3));
  queue_.merge_due(kStart + std::chrono::seconds{1});
  const auto batch = wire::decode(queue_.ready()->bytes);
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->records.size(), 2U);
  EXPECT_EQ(batch->records[0].n, 1U);
  EXPECT_EQ(batch->records[1].n, 3U);
}

TEST_F(LaneQueueTest, AChunkThatCannotBeReadIsAcknowledgedInItsTurn) {
  outbox::Chunk bad;
  bad.lane = kBulk;
  bad.boot = 1;
  bad.chunk_no = 9;
  bad.first_n = 1;
  bad.count = 1;
  bad.packed.columns = "rubbish";
  const base::Status taken = queue_.take(bad, kStart);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().action, base::Action::kDrop);
  queue_.merge_due(kStart);
  ASSERT_NE(queue_.ready(), nullptr);
  EXPECT_EQ(queue_.ready()->records, 0U);
  queue_.mark_sent();
  EXPECT_EQ(queue_.settle().value_or(outbox::ChunkId{}).id, std::uint64_t{1} << 32 | 9);
}

}  // namespace
}  // namespace odograph::uplink
