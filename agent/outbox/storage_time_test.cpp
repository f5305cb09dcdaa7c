// Handing out, acknowledging, and waiting for the time.
#include <gtest/gtest.h>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;
using model::TimeQuality;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, TimeQuality::kGnss};
constexpr Anchor kRtc{Millis{1'600'000'000'000}, TimeQuality::kRtc};

model::Record with_utc(model::Record record) {
  record.utc = base::UtcTime{Millis{1'700'000'000'000}};
  return record;
}

TEST(Handing, WaitsForTheAnchor) {
  TempDir dir;
  Rig rig(dir.path());
  rig.open();
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  EXPECT_TRUE(rig.drain(Lane::kBulk).empty());
  rig.loop->set_anchor(kRtc);
  rig.flush();
  const auto chunks = rig.drain(Lane::kBulk);
  ASSERT_EQ(chunks.size(), 1U);
  ASSERT_TRUE(chunks[0].anchor);
  EXPECT_EQ(chunks[0].anchor->offset, kRtc.offset);
  EXPECT_EQ(chunks[0].anchor->quality, TimeQuality::kRtc);
}

TEST(Handing, DoesNotWaitWhereEveryRecordHasItsOwnUtc) {
  TempDir dir;
  Rig rig(dir.path());
  rig.open();
  rig.push(Lane::kBulk, with_utc(numbered(1)));
  rig.push(Lane::kAlert, with_utc(numbered(1)));
  rig.push(Lane::kAlert, numbered(2));
  rig.flush();
  EXPECT_EQ(rig.drain(Lane::kBulk).size(), 1U);
  EXPECT_TRUE(rig.drain(Lane::kAlert).empty()) << "one record without is enough";
}

TEST(Handing, GoesWithoutATimeAfterTheLimit) {
  TempDir dir;
  Rig rig(dir.path());
  rig.open();
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  rig.step_after(Millis{std::chrono::hours{24}} - Millis{1});
  EXPECT_FALSE(rig.handout.next(Lane::kBulk));
  rig.step_after(Millis{1});
  const auto chunk = rig.handout.next(Lane::kBulk);
  ASSERT_TRUE(chunk);
  EXPECT_FALSE(chunk->anchor);
}

TEST(Handing, SaysWhenTheLimitComes) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.vfs = FailingFlushes::vfs();  // Where nobody looks every kLookEvery whether the file is in its place.
  Rig rig(options);
  rig.open();
  rig.flush();  // The boot record waits from now on.
  const auto limit = rig.now + Millis{std::chrono::hours{24}};
  rig.step_after(kScanFirstAfter);  // After that the next scan is later than the limit.
  EXPECT_EQ(rig.loop->step(rig.now + Millis{5}), limit);
}

TEST(Handing, TakesABetterAnchorAndNoWorseOne) {
  TempDir dir;
  {
    Rig rig(dir.path());
    rig.open();
    rig.push(Lane::kBulk, numbered(1));
    rig.loop->set_anchor(kRtc);
    rig.flush();
    rig.loop->set_anchor(kGnss);
    rig.loop->set_anchor({Millis{5}, TimeQuality::kNtp});
    rig.flush();
    rig.loop->set_anchor({Millis{5}, TimeQuality::kNtp});
    rig.flush();
  }
  Rig rig(dir.path());
  rig.open();
  const auto chunks = rig.drain(Lane::kBulk);
  ASSERT_EQ(chunks.size(), 1U);
  ASSERT_TRUE(chunks[0].anchor) << "kept for its boot over the restart";
  EXPECT_EQ(chunks[0].anchor->offset, kGnss.offset);
  EXPECT_EQ(rig.loop->stats().oldest_utc, base::UtcTime{kGnss.offset + Millis{1}});
}

TEST(Handing, AnEarlierBootThatNeverLearntTheTimeDoesNotWait) {
  TempDir dir;
  {
    Rig rig(dir.path());
    rig.open();
    rig.push(Lane::kBulk, numbered(1));
    rig.flush();
  }
  Rig rig(dir.path());
  rig.open();
  const auto chunks = rig.drain(Lane::kBulk);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_FALSE(chunks[0].anchor);
}

TEST(Handing, AcknowledgedChunksAreGoneAndTheOthersComeAgain) {
  TempDir dir;
  {
    Rig rig(dir.path());
    rig.loop->set_anchor(kGnss);
    rig.open();
    for (int i = 0; i < 10; ++i) {
      rig.push(Lane::kBulk, numbered(i));
      rig.flush();
    }
    const auto chunks = rig.drain(Lane::kBulk);
    ASSERT_EQ(chunks.size(), 10U);
    rig.handout.ack(id_of(chunks[3]));
    rig.loop->step(rig.now);
    EXPECT_EQ(rig.stats(Lane::kBulk).acked, 0U);
    EXPECT_EQ(rig.stats(Lane::kBulk).stored, 10U);
    rig.step_after(Millis{1000});
    EXPECT_EQ(rig.stats(Lane::kBulk).acked, 4U) << "forced after a second";
    EXPECT_EQ(rig.stats(Lane::kBulk).stored, 6U);
    rig.handout.rewind(Lane::kBulk);
    rig.loop->step(rig.now);
    const auto again = rig.drain(Lane::kBulk);
    ASSERT_EQ(again.size(), 6U);
    EXPECT_EQ(again[0].chunk_no, 5U);
  }
  Rig rig(dir.path());
  rig.open();
  const auto chunks = rig.drain(Lane::kBulk);
  ASSERT_EQ(chunks.size(), 6U);
  EXPECT_EQ(chunks[0].chunk_no, 5U);
}

TEST(Handing, ARewindForgetsWhatWasQueued) {
  TempDir dir;
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  for (int i = 0; i < 5; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.flush();
  }
  ASSERT_TRUE(rig.handout.next(Lane::kBulk));
  rig.handout.rewind(Lane::kBulk);
  EXPECT_FALSE(rig.handout.next(Lane::kBulk)) << "not before the storage thread went back";
  const auto again = rig.drain(Lane::kBulk);
  ASSERT_EQ(again.size(), 5U);
  EXPECT_EQ(again[0].chunk_no, 1U);
}

TEST(Handing, AChunkThatWasOnItsWayAtARewindIsRefused) {
  Handout handout([] {});
  Chunk chunk;
  chunk.chunk_no = 5;
  handout.rewind(Lane::kBulk);
  EXPECT_FALSE(handout.put(chunk)) << "older ones come first";
  EXPECT_TRUE(handout.take_rewind(Lane::kBulk));
  EXPECT_FALSE(handout.take_rewind(Lane::kBulk));
  EXPECT_TRUE(handout.put(chunk));
}

TEST(Handing, AnAckBeyondWhatWasHandedOutDeletesNothingElse) {
  TempDir dir;
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  for (int i = 0; i < 3; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.flush();
  }
  ASSERT_TRUE(rig.handout.next(Lane::kBulk));
  rig.handout.ack({Lane::kBulk, chunk_id(1, 3)});
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).acked, 1U);
  EXPECT_EQ(rig.stats(Lane::kBulk).stored, 2U);
}

TEST(Handing, TheQueueIsBounded) {
  Handout handout([] {});
  Chunk chunk;
  chunk.packed.columns = std::string(1000, 'x');
  std::size_t put = 0;
  while (handout.has_room(Lane::kBulk)) {
    chunk.chunk_no = static_cast<std::uint32_t>(++put);
    ASSERT_TRUE(handout.put(chunk));
  }
  EXPECT_EQ(put, kQueueChunksMax);
  EXPECT_TRUE(handout.has_room(Lane::kAlert));
  ASSERT_TRUE(handout.next(Lane::kBulk));
  EXPECT_TRUE(handout.has_room(Lane::kBulk));
}

}  // namespace
}  // namespace odograph::outbox
