#include <gtest/gtest.h>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

/// As a power cut leaves it: the files as they are while the loop is still open.
void copy_files(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    std::filesystem::copy(entry.path(), to / entry.path().filename());
  }
}

TEST(StorageLoop, BeginsEveryBootWithItsReport) {
  TempDir dir;
  std::uint64_t stream = 0;
  {
    Rig rig(dir.path());
    rig.loop->set_anchor(kGnss);
    rig.open();
    for (int i = 0; i < 3; ++i) rig.push(Lane::kBulk, numbered(i));
    rig.push(Lane::kAlert, numbered(9));
    rig.flush();
    const auto events = records_of(rig.drain(Lane::kEvent));
    ASSERT_EQ(events.size(), 1U);
    ASSERT_TRUE(events[0].boot);
    EXPECT_EQ(*events[0].boot, (model::BootReport{"1.2.3", 0, false, {}}));
    EXPECT_EQ(events[0].n, 1U);
    stream = rig.loop->stats().stream_id;
    rig.loop->finish(rig.now);
  }
  Rig rig(dir.path());
  rig.open();
  EXPECT_EQ(rig.loop->stats().stream_id, stream);
  EXPECT_EQ(rig.loop->stats().boot, 2U);
  rig.loop->set_anchor(kGnss);
  rig.flush();
  const auto events = records_of(rig.drain(Lane::kEvent));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(*events[1].boot, (model::BootReport{"1.2.3", 1, true, {1, 1, 3}}));
  EXPECT_EQ(events[1].n, 1U);
}

TEST(StorageLoop, TellsTheEndsOfABootWhoseRowsAreAllAcknowledged) {
  TempDir dir;
  TempDir cut;
  {
    Rig rig(dir.path());
    rig.loop->set_anchor(kGnss);
    rig.open();
    for (int i = 0; i < 5; ++i) rig.push(Lane::kBulk, numbered(i));
    rig.flush();
    for (const auto& chunk : rig.drain(Lane::kBulk)) rig.handout.ack(id_of(chunk));
    for (const auto& chunk : rig.drain(Lane::kEvent)) rig.handout.ack(id_of(chunk));
    rig.flush();
    EXPECT_EQ(rig.stats(Lane::kBulk).acked, 5U);
    EXPECT_EQ(rig.stats(Lane::kBulk).stored, 0U);
    copy_files(dir.path(), cut.path());
  }
  Rig rig(cut.path());
  rig.open();
  rig.loop->set_anchor(kGnss);
  rig.flush();
  const auto events = records_of(rig.drain(Lane::kEvent));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(*events[0].boot, (model::BootReport{"1.2.3", 1, false, {0, 1, 5}}));
}

TEST(StorageLoop, KeepsWhatWasFlushedThroughACut) {
  TempDir dir;
  TempDir cut;
  {
    Rig rig(dir.path());
    rig.open();
    for (int i = 0; i < 1000; ++i) rig.push(Lane::kBulk, numbered(i));
    rig.flush();
    rig.push(Lane::kBulk, numbered(1000));
    copy_files(dir.path(), cut.path());
  }
  Rig rig(cut.path());
  rig.open();
  EXPECT_EQ(rig.stats(Lane::kBulk).stored, 1000U);
  const auto got = records_of(rig.drain(Lane::kBulk));
  ASSERT_EQ(got.size(), 1000U) << "an earlier boot waits for no anchor";
  for (int i = 0; i < 1000; ++i) {
    auto want = numbered(i);
    want.n = static_cast<std::uint32_t>(i + 1);
    ASSERT_EQ(got[static_cast<std::size_t>(i)], want) << i;
  }
}

TEST(StorageLoop, HandsOutOldestFirstAcrossBoots) {
  TempDir dir;
  for (int boot = 0; boot < 3; ++boot) {
    Rig rig(dir.path());
    rig.open();
    for (int i = 0; i < 10; ++i) {
      rig.push(Lane::kBulk, numbered(boot * 10 + i));
      rig.flush();
    }
    rig.loop->finish(rig.now);
  }
  Rig rig(dir.path());
  rig.open();
  const auto chunks = rig.drain(Lane::kBulk);
  ASSERT_EQ(chunks.size(), 30U);
  std::int32_t want = 0;
  for (const auto& chunk : chunks) {
    EXPECT_EQ(chunk.boot, static_cast<std::uint32_t>(want / 10 + 1));
    EXPECT_EQ(chunk.chunk_no, static_cast<std::uint32_t>(want % 10 + 1));
    EXPECT_EQ(chunk.first_n, static_cast<std::uint32_t>(want % 10 + 1));
    EXPECT_EQ(records_of(chunk).at(0).alt_cm, want++);
  }
}

TEST(StorageLoop, MixesRamAndFileWithoutBreakingTheOrder) {
  TempDir dir;
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  std::int32_t want = 0;
  // More chunks than the queue holds, taken in bursts of another size.
  for (int i = 0; i < 300; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.flush();
    for (int k = 0; i % 100 == 99 && k < 80; ++k) {
      if (auto chunk = rig.handout.next(Lane::kBulk)) EXPECT_EQ(records_of(*chunk).at(0).alt_cm, want++);
    }
  }
  for (const auto& record : records_of(rig.drain(Lane::kBulk))) EXPECT_EQ(record.alt_cm, want++);
  EXPECT_EQ(want, 300);
}

TEST(StorageLoop, CommitsEachLaneAtItsOwnTime) {
  TempDir dir;
  Rig rig(dir.path());
  rig.open();
  rig.flush();
  for (const auto lane : model::kStoredLanes) rig.push(lane, numbered(1));
  const auto durable = [&] {
    return std::array{rig.stats(Lane::kAlert).durable, rig.stats(Lane::kEvent).durable - 1,
                      rig.stats(Lane::kBulk).durable};
  };
  EXPECT_EQ(rig.loop->step(rig.now), rig.now + Millis{20});
  EXPECT_EQ(durable(), (std::array<std::uint64_t, 3>{0, 0, 0}));
  rig.step_after(Millis{20});
  EXPECT_EQ(durable(), (std::array<std::uint64_t, 3>{1, 0, 0}));
  rig.step_after(Millis{230});
  EXPECT_EQ(durable(), (std::array<std::uint64_t, 3>{1, 1, 0}));
  rig.step_after(Millis{750});
  EXPECT_EQ(durable(), (std::array<std::uint64_t, 3>{1, 1, 1}));
}

TEST(StorageLoop, CommitsMarksTogetherWithTheirRecords) {
  TempDir dir;
  {
    Rig rig(dir.path());
    rig.open();
    EXPECT_EQ(rig.loop->source_marks(), SourceMarks{});
    rig.push(Lane::kBulk, numbered(1), SourceMark{100, 0});
    rig.push(Lane::kBulk, numbered(2), SourceMark{100, 1});
    rig.push(Lane::kAlert, numbered(3), SourceMark{90, 0});
    rig.flush();
    rig.push(Lane::kBulk, numbered(4), SourceMark{200, 0});  // Never committed.
  }
  {
    Rig rig(dir.path());
    rig.open();
    EXPECT_EQ(rig.loop->source_marks(), (SourceMarks{SourceMark{90, 0}, std::nullopt, SourceMark{100, 1}}));
  }
  {
    Options other = Rig::plain(dir.path());
    other.source_key = "another";
    Rig rig(other);
    rig.open();
    EXPECT_EQ(rig.loop->source_marks(), SourceMarks{});
  }
  Options anew = Rig::plain(dir.path());
  anew.source_restart = true;
  Rig rig(anew);
  rig.open();
  EXPECT_EQ(rig.loop->source_marks(), SourceMarks{});
}

}  // namespace
}  // namespace odograph::outbox
