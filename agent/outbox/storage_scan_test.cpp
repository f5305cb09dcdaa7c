// Rot that is found before its turn comes.
#include <gtest/gtest.h>

#include <cerrno>

#include "agent/outbox/database.h"
#include "agent/outbox/failing_writes.h"
#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

TEST(ScanPace, ReadsNoFasterThanItMayAndOnceADay) {
  ScanPace pace;
  EXPECT_FALSE(pace.is_due(at(0)));
  pace.opened(at(0));
  EXPECT_FALSE(pace.is_due(at(59'999)));
  EXPECT_TRUE(pace.is_due(at(60'000)));
  base::BootTime now = at(60'000);
  for (int i = 0; i < 100; ++i) {
    pace.read(now, 64 << 10);
    EXPECT_FALSE(pace.is_due(now));
    now = *pace.next_at();
  }
  EXPECT_EQ(pace.bytes(), 100U * (64 << 10));
  EXPECT_GE((now - at(60'000)).count(), static_cast<std::int64_t>(pace.bytes() * 1000 / kScanBytesPerSecond));
  pace.ended(now);
  EXPECT_FALSE(pace.is_due(now + kScanEvery - Millis{1}));
  EXPECT_TRUE(pace.is_due(now + kScanEvery));
}

TEST(Scan, FindsABrokenChunkLongBeforeItsTurnAndTellsOfIt) {
  TempDir dir;
  {
    Rig rig(dir.path());
    rig.open();
    for (int i = 0; i < 300; ++i) {
      rig.push(Lane::kBulk, numbered(i));
      rig.flush();
    }
    rig.loop->finish(rig.now);
  }
  {
    auto opened = Database::open(dir.path() / "outbox.db", "");
    auto& file = *std::get<0>(opened);
    EXPECT_FALSE(file.exec("PRAGMA locking_mode=EXCLUSIVE"));
    EXPECT_FALSE(file.exec("UPDATE bulk SET t1=t1+1 WHERE id=(1<<32)+250"));
  }
  Rig rig(dir.path());
  rig.loop->set_anchor({Millis{1'700'000'000'000}, model::TimeQuality::kGnss});
  rig.open();
  rig.flush();
  // The queue is full with the first ones, and nobody takes them.
  EXPECT_EQ(rig.stats(Lane::kBulk).corrupt, 0U);
  rig.step_after(kScanFirstAfter - Millis{1});
  EXPECT_EQ(rig.loop->stats().scanned_bytes, 0U);
  for (int i = 0; i < 10; ++i) rig.step_after(Millis{1000});
  EXPECT_EQ(rig.stats(Lane::kBulk).corrupt, 1U);
  EXPECT_EQ(rig.loop->stats().crc_failures, 1U);
  EXPECT_GT(rig.loop->stats().scanned_bytes, 0U);
  const auto scanned = rig.loop->stats().scanned_bytes;
  rig.step_after(Millis{60'000});
  EXPECT_EQ(rig.loop->stats().scanned_bytes, scanned) << "once a day is enough";
  bool told = false;
  for (const auto& record : records_of(rig.drain(Lane::kEvent))) {
    told = told || (record.loss && record.loss->first_n == 250 && record.loss->reason == model::LossReason::kCorrupt);
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(records_of(rig.drain(Lane::kBulk)).size(), 299U);
}

TEST(Scan, WaitsWhileTheMediumRefusesACommit) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.vfs = FailingFlushes::vfs();  // Where nobody looks every kLookEvery whether the file is in its place.
  Rig rig(options);
  rig.open();
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  EXPECT_EQ(rig.loop->step(rig.now), rig.now + kScanFirstAfter) << "it wants to be called for it";
  rig.now += kScanFirstAfter;
  {
    const FailingWrites failing(ENOSPC);
    rig.push(Lane::kBulk, numbered(2));
    for (int i = 0; i < 5; ++i) rig.step_after(Millis{1000});
    EXPECT_EQ(rig.loop->stats().scanned_bytes, 0U);
  }
  rig.step_after(kFullRetryAfter);
  rig.step_after(kFullRetryAfter);
  EXPECT_GT(rig.loop->stats().scanned_bytes, 0U);
}

}  // namespace
}  // namespace odograph::outbox
