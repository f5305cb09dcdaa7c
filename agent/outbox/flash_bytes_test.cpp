// What commits cost the flash. The same at the block layer: ./dev bench.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};
constexpr std::uint64_t kBlock = 4096;

Options with_interval(const std::filesystem::path& directory, Millis bulk) {
  Options options = Rig::plain(directory);
  options.source_key.clear();
  options.commit_after[2] = bulk;
  return options;
}

enum class Link { kUp, kDown };

/// A record a second for `seconds`; with the link up, what was handed out is acknowledged a second later.
void drive(Rig& rig, int seconds, Link link) {
  for (int i = 0; i < seconds; ++i) {
    rig.now += Millis{1000};
    while (link == Link::kUp) {
      bool none = true;
      for (const auto lane : model::kStoredLanes) {
        const auto chunk = rig.handout.next(lane);
        if (chunk) rig.handout.ack(id_of(*chunk));
        none = none && !chunk;
      }
      if (none) break;
      rig.loop->step(rig.now);
    }
    rig.push(Lane::kBulk, numbered(i));
    for (auto wake = rig.loop->step(rig.now); wake && *wake <= rig.now;) wake = rig.loop->step(rig.now);
  }
}

struct Cost {
  std::uint64_t commits;
  std::uint64_t bytes;
};

Cost cost_of_driving(Rig& rig, int seconds, Link link) {
  const auto before = rig.loop->stats();
  drive(rig, seconds, link);
  const auto after = rig.loop->stats();
  return {after.commits - before.commits, after.bytes_written - before.bytes_written};
}

TEST(FlashBytes, OnlineADeletionSharesTheNextCommitAndACommitIsTwoBlocks) {
  TempDir dir;
  Rig rig(with_interval(dir.path(), Millis{9'000}));
  rig.loop->set_anchor(kGnss);
  rig.open();
  // The file has seen an outage, as every file has in time: its pages are no longer the last ones of it.
  drive(rig, 1'000, Link::kDown);
  drive(rig, 700, Link::kUp);
  const Cost cost = cost_of_driving(rig, 1'300, Link::kUp);
  EXPECT_NEAR(static_cast<double>(cost.commits), 130, 1);
  EXPECT_LE(cost.bytes, cost.commits * (2 * kBlock + 400)) << cost.bytes / cost.commits << " a commit";
}

TEST(FlashBytes, AnOutageCostsLittleMore) {
  TempDir dir;
  Rig rig(with_interval(dir.path(), Millis{9'000}));
  rig.loop->set_anchor(kGnss);
  rig.open();
  drive(rig, 700, Link::kUp);
  const Cost cost = cost_of_driving(rig, 1'300, Link::kDown);
  EXPECT_NEAR(static_cast<double>(cost.commits), 130, 1);
  EXPECT_LE(cost.bytes, cost.commits * (5 * kBlock / 2)) << cost.bytes / cost.commits << " a commit";
}

// What flash_budget.h reckons with, for the limit's floor and for the vehicle in its test.
TEST(FlashBytes, ACommitCostsNearlyTheSameWhateverIsInIt) {
  for (const int records : {1, 10, 60, 600}) {
    TempDir dir;
    Rig rig(with_interval(dir.path(), Millis{1'000 * (records - 1)}));
    rig.loop->set_anchor(kGnss);
    rig.open();
    // The WAL comes to its length.
    drive(rig, 150 * std::min(records, 10), Link::kDown);
    const Cost cost = cost_of_driving(rig, 20 * records, Link::kDown);
    EXPECT_NEAR(static_cast<double>(cost.commits), 20, 1);
    EXPECT_NEAR(static_cast<double>(cost.bytes), static_cast<double>(cost.commits * kFlashCommitBytes),
                0.2 * static_cast<double>(cost.bytes))
        << records << " records a commit";
  }
}

std::uint64_t wal_bytes(const TempDir& dir) { return std::filesystem::file_size(dir.path() / "outbox.db-wal"); }

TEST(FlashBytes, TheWalKeepsItsPlaceOverAnEndAndAStart) {
  TempDir dir;
  std::uint64_t kept = 0;
  {
    Rig rig(with_interval(dir.path(), Millis{1'000}));
    rig.open();
    drive(rig, 200, Link::kDown);
    kept = wal_bytes(dir);
    EXPECT_GT(kept, kCheckpointPages * kBlock);
    rig.loop->finish(rig.now);
    EXPECT_EQ(wal_bytes(dir), kept);
  }
  Rig rig(with_interval(dir.path(), Millis{1'000}));
  rig.open();
  EXPECT_EQ(wal_bytes(dir), kept);
}

TEST(FlashBytes, AWalThatGrewTooLongIsCutAtTheEndWhereNoRoomIsHeldForIt) {
  TempDir dir;
  Options options = with_interval(dir.path(), Millis{1'000});
  options.file.checkpoint_pages = 1'000;
  options.file.disk.reserve = [](int, std::uint64_t) { return EOPNOTSUPP; };
  Rig rig(options);
  rig.open();
  drive(rig, 300, Link::kDown);
  EXPECT_GT(wal_bytes(dir), kWalKeptBytesMax);
  rig.loop->finish(rig.now);
  EXPECT_EQ(wal_bytes(dir), 0U);
}

class PageSize : public testing::TestWithParam<std::uint64_t> {};

TEST_P(PageSize, AFileOfAnotherOneKeepsItAndItsRecords) {
  TempDir dir;
  {
    Options options = Rig::plain(dir.path());
    options.file.page_bytes = GetParam();
    Rig rig(options);
    rig.open();
    for (int i = 0; i < 100; ++i) rig.push(Lane::kBulk, numbered(i));
    rig.flush();
    rig.loop->finish(rig.now);
  }
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  for (int i = 100; i < 200; ++i) rig.push(Lane::kBulk, numbered(i));
  rig.flush();
  const auto records = records_of(rig.drain(Lane::kBulk));
  ASSERT_EQ(records.size(), 200U);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(records[static_cast<std::size_t>(i)].alt_cm, i);
  EXPECT_EQ(rig.loop->stats().used_bytes % GetParam(), 0U);
  EXPECT_LE(rig.loop->stats().used_bytes, std::filesystem::file_size(dir.path() / "outbox.db") + wal_bytes(dir));
}

INSTANTIATE_TEST_SUITE_P(Sizes, PageSize, testing::Values(512, 1024, 4096, 8192));

}  // namespace
}  // namespace odograph::outbox
