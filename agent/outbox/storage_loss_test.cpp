// Losses: the ring, the cap, and chunks that rotted.
#include <gtest/gtest.h>

#include "agent/outbox/database.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;
using model::LossReason;

TEST(Losses, AFullRingRefusesCountsAndTells) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.ring_records = {2, 2, 3};
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rig.push(Lane::kBulk, numbered(i)), i < 3) << i;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rig.push(Lane::kEvent, numbered(i)), i < 2) << i;
  EXPECT_EQ(rig.stats(Lane::kBulk).ring_full, 7U);
  EXPECT_EQ(rig.stats(Lane::kBulk).made, 10U);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 3U);
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 0U);
  const auto losses = losses_of(rig.drain(Lane::kEvent));
  ASSERT_EQ(losses.size(), 2U);
  const model::LossReport event{.lane = Lane::kEvent,
                                .boot = 1,
                                .count = 2,
                                .reason = LossReason::kRingFull,
                                .first_ago = Millis{1},
                                .last_ago = Millis{0}};
  const model::LossReport bulk{.lane = Lane::kBulk,
                               .boot = 1,
                               .count = 7,
                               .reason = LossReason::kRingFull,
                               .first_ago = Millis{6},
                               .last_ago = Millis{0}};
  EXPECT_EQ(losses[0].count, event.count);
  EXPECT_EQ(losses[1], bulk);
  EXPECT_TRUE(rig.push(Lane::kBulk, numbered(11))) << "there is room again";
  rig.flush();
  EXPECT_TRUE(losses_of(rig.drain(Lane::kEvent)).empty()) << "told once";
  const auto bulk_records = records_of(rig.drain(Lane::kBulk));
  ASSERT_EQ(bulk_records.size(), 4U);
  EXPECT_EQ(bulk_records.back().n, 4U) << "what never had a number leaves no hole";
}

TEST(Losses, ARingLossWakesTheLoopByItself) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.ring_records = {1, 1, 1};
  Rig rig(options);
  rig.open();
  rig.flush();
  rig.push(Lane::kBulk, numbered(1));
  rig.push(Lane::kBulk, numbered(2));
  EXPECT_EQ(rig.loop->step(rig.now), rig.now + Millis{250});
  rig.step_after(Millis{250});
  EXPECT_EQ(rig.stats(Lane::kEvent).durable, 2U) << "boot record and loss record";
}

TEST(Losses, DrainingMakesRoomWithoutLosses) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.cap_bytes = 512 << 10;
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 500; ++i) rig.push(Lane::kBulk, noisy(i));
    rig.flush();
    for (const auto& chunk : rig.drain(Lane::kBulk)) rig.handout.ack(id_of(chunk));
  }
  EXPECT_EQ(rig.stats(Lane::kBulk).evicted, 0U);
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
}

TEST(Losses, WhatIsAcknowledgedCountsAsRoom) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.cap_bytes = 512 << 10;
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  while (rig.loop->stats().used_bytes * 100 <= options.cap_bytes * kEvictAbovePercent) {
    for (int i = 0; i < 200; ++i) rig.push(Lane::kBulk, noisy(i));
    rig.flush();
  }
  // One step each: the deletion goes with the very commit that would otherwise evict.
  std::optional<Chunk> last;
  for (int i = 0; i < 20; ++i) last = rig.handout.next(Lane::kBulk);
  ASSERT_TRUE(last);
  rig.handout.ack(id_of(*last));
  rig.flush();
  EXPECT_GT(rig.stats(Lane::kBulk).acked, 0U);
  EXPECT_EQ(rig.stats(Lane::kBulk).evicted, 0U);
}

TEST(Losses, ABrokenChunkIsToldAndTheOthersGo) {
  const char* damages[] = {
      "UPDATE bulk SET payload=CAST(zeroblob(length(payload)) AS BLOB) WHERE id=(1<<32)+2",
      "UPDATE bulk SET t1=t1+1 WHERE id=(1<<32)+2",
      "UPDATE bulk SET crc=crc+1 WHERE id=(1<<32)+2",
      "UPDATE bulk SET flags=flags|256 WHERE id=(1<<32)+2",
  };
  for (const char* damage : damages) {
    TempDir dir;
    {
      Rig rig(dir.path());
      rig.open();
      for (int i = 0; i < 30; ++i) {
        rig.push(Lane::kBulk, numbered(i));
        if (i % 10 == 9) rig.flush();
      }
      rig.loop->finish(rig.now);
    }
    {
      auto opened = Database::open(dir.path() / "outbox.db", "");
      auto& database = *std::get<std::unique_ptr<Database>>(opened);
      ASSERT_FALSE(database.exec("PRAGMA locking_mode=EXCLUSIVE"));
      ASSERT_FALSE(database.exec(damage)) << damage;
    }
    Rig rig(dir.path());
    rig.loop->set_anchor(kGnss);
    rig.open();
    const auto chunks = rig.drain(Lane::kBulk);
    ASSERT_EQ(chunks.size(), 2U) << damage;
    EXPECT_EQ(chunks[0].chunk_no, 1U);
    EXPECT_EQ(chunks[1].chunk_no, 3U);
    rig.handout.ack(id_of(chunks[1]));
    rig.step_after(Millis{250});
    const auto losses = losses_of(rig.drain(Lane::kEvent));
    ASSERT_EQ(losses.size(), 1U) << damage;
    EXPECT_EQ(losses[0].reason, LossReason::kCorrupt);
    EXPECT_EQ(losses[0].boot, 1U);
    EXPECT_EQ(losses[0].first_n, 11U);
    EXPECT_EQ(losses[0].last_n, 20U);
    EXPECT_EQ(losses[0].count, 10U);
    EXPECT_EQ(rig.stats(Lane::kBulk).corrupt, 10U);
    EXPECT_EQ(rig.stats(Lane::kBulk).acked, 20U) << "the broken one went in the same commit and did not arrive";
    EXPECT_EQ(rig.stats(Lane::kBulk).stored, 0U);
  }
}

}  // namespace
}  // namespace odograph::outbox
