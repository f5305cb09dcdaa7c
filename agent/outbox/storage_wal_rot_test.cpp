// A WAL that is damaged, or parted from its database.
#include <gtest/gtest.h>

#include <cerrno>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using model::Lane;

constexpr Anchor kGnss{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

TEST(WalRot, AnyDamageDeliversNothingWrongAndIngestGoesOn) {
  TempDir dir;
  Rig first(hasty(dir.path()));
  first.loop->set_anchor(kGnss);
  first.open();
  for (int i = 0; i < 50; ++i) {
    first.push(Lane::kBulk, numbered(i));
    first.flush();
  }
  const std::string wal = bytes_of(dir.path() / "outbox.db-wal");
  for (const Damage damage : {Damage::kBit, Damage::kSector, Damage::kZeroPage, Damage::kCut}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      TempDir cut;
      std::mt19937_64 dice(seed);
      fs::copy(dir.path() / "outbox.db", cut.path() / "outbox.db");
      put_bytes(cut.path() / "outbox.db-wal", damaged(wal, damage, dice));
      Rig rig(hasty(cut.path()));
      rig.loop->set_anchor(kGnss);
      rig.open();
      std::int32_t want = 0;
      for (const Chunk& chunk : rig.drain(Lane::kBulk)) {
        for (const auto& record : records_of(chunk)) {
          EXPECT_EQ(record.alt_cm, want) << "the beginning of what was written, and nothing else";
          EXPECT_EQ(record.n, static_cast<std::uint32_t>(++want));
        }
      }
      rig.push(Lane::kBulk, numbered(1));
      rig.flush();
      EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U);
    }
  }
}

TEST(WalRot, ACutWithinAQuarantineIsMended) {
  TempDir dir;
  TempDir cut;
  std::uint64_t stream = 0;
  for (const bool is_cut : {false, true}) {
    Rig rig(hasty(dir.path()));
    rig.loop->set_anchor(kGnss);
    rig.open();
    stream = rig.loop->stats().stream_id;
    rig.push(Lane::kBulk, numbered(500));
    rig.flush();
    if (!is_cut) {
      rig.loop->finish(rig.now);
      continue;
    }
    // The second boot's row is in the WAL only.
    for (const char* name : {"outbox.db", "outbox.db-wal", "outbox.known"}) {
      fs::copy(dir.path() / name, cut.path() / name);
    }
  }
  // As `quarantine` leaves it after its first move.
  fs::create_directory(cut.path() / "quarantine-1");
  fs::copy(cut.path() / "outbox.known", cut.path() / "quarantine-1" / "outbox.known");
  fs::rename(cut.path() / "outbox.db", cut.path() / "quarantine-1" / "outbox.db");
  Rig rig(cut.path());
  rig.open();
  EXPECT_TRUE(fs::exists(cut.path() / "quarantine-1" / "outbox.db-wal"));
  EXPECT_NE(rig.loop->stats().stream_id, stream);
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(all.records.count(name_of(Lane::kBulk, 1, 1)), 1U);
  EXPECT_EQ(all.records.count(name_of(Lane::kBulk, 2, 1)), 1U) << "of the WAL";
}

TEST(WalRot, AFullMediumDelaysTheSalvageOfAWalAndLosesNothing) {
  TempDir dir;
  Rig first(hasty(dir.path()));
  first.loop->set_anchor(kGnss);
  first.open();
  for (int i = 0; i < 20; ++i) {
    first.push(Lane::kBulk, numbered(i));
    first.flush();
  }
  TempDir cut;
  const fs::path quarantine = cut.path() / "quarantine-1";
  fs::create_directory(quarantine);
  for (const char* name : {"outbox.db", "outbox.db-wal", "outbox.known"})
    fs::copy(dir.path() / name, quarantine / name);
  Rig rig(hasty(cut.path()));
  rig.open();
  {
    const FailingWrites failing(ENOSPC);
    for (int i = 0; i < 5; ++i) rig.step_after(kSalvageRetryEvery);
    EXPECT_EQ(rig.loop->stats().salvaged_chunks, 0U);
    EXPECT_TRUE(fs::exists(quarantine / "outbox.db-wal"));
  }
  rig.step_after(kSalvageRetryEvery);
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(all.records.count(name_of(Lane::kBulk, 1, 20)), 1U);
  EXPECT_TRUE(all.losses.empty());
}

TEST(WalRot, AWalWhoseDatabaseIsGoneIsNotDeleted) {
  TempDir dir;
  Rig first(dir.path());
  first.loop->set_anchor(kGnss);
  first.open();
  first.push(Lane::kBulk, numbered(7));
  first.flush();
  TempDir cut;
  for (const char* name : {"outbox.db-wal", "outbox.known"}) fs::copy(dir.path() / name, cut.path() / name);
  Rig rig(cut.path());
  rig.open();
  EXPECT_EQ(rig.loop->stats().repairs.wals_put_aside, 1U);
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(all.records.count(name_of(Lane::kBulk, 1, 1)), 1U);
  EXPECT_EQ(all.streams, std::set<std::uint64_t>{first.loop->stats().stream_id});
}

}  // namespace
}  // namespace odograph::outbox
