#include "agent/outbox/wal_mend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

using model::Lane;

constexpr Anchor kGnss{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};
constexpr std::size_t kHeader = 32;
constexpr std::size_t kFrame = 24 + kPageBytes;
constexpr int kCommits = 40;

std::uint32_t u32(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// What a kill leaves of a process that committed the bulk records 1 to kCommits, one by one.
struct Killed {
  std::string database, known, wal;
  Killed() {
    TempDir dir;
    Rig rig(hasty(dir.path()));
    rig.loop->set_anchor(kGnss);
    rig.open();
    for (int i = 0; i < kCommits; ++i) {
      rig.push(Lane::kBulk, numbered(i));
      rig.flush();
    }
    database = bytes_of(dir.path() / "outbox.db");
    known = bytes_of(dir.path() / "outbox.known");
    wal = bytes_of(dir.path() / "outbox.db-wal");
    // Commits of before, under other salts, may lie behind.
    std::size_t frames = 0;
    while (kHeader + (frames + 1) * kFrame <= wal.size() && u32(wal, kHeader + frames * kFrame + 8) == u32(wal, 16)) {
      ++frames;
    }
    live = kHeader + frames * kFrame;
  }
  std::size_t live = 0;  ///< Bytes of the WAL that are of its own salts.
};
const Killed& killed() {
  static const Killed kOnce;
  return kOnce;
}

/// The end of each commit in the WAL, padding included.
std::vector<std::size_t> ends_of_commits() {
  std::vector<std::size_t> ends;
  const std::string& wal = killed().wal;
  for (std::size_t at = kHeader; at < killed().live; at += kFrame) {
    if (u32(wal, at + 4) == 0) continue;
    const bool is_padding = at >= kHeader + kFrame && wal.substr(at, 8) == wal.substr(at - kFrame, 8) &&
                            wal.substr(at + 24, kPageBytes) == wal.substr(at - kFrame + 24, kPageBytes);
    if (is_padding && !ends.empty()) ends.pop_back();
    ends.push_back(at + kFrame);
  }
  return ends;
}

/// What an outbox makes of it: the numbers that go out, of the file and of a quarantine, and those told as lost.
struct Seen {
  std::set<std::uint32_t> there;
  Salvaged salvaged;
  std::uint64_t quarantines = 0;
  Repairs repairs;
  std::uint64_t stored = 0;
};
Seen open_with(const std::string& wal) {
  TempDir dir;
  put_bytes(dir.path() / "outbox.db", killed().database);
  put_bytes(dir.path() / "outbox.known", killed().known);
  put_bytes(dir.path() / "outbox.db-wal", wal);
  Rig rig(hasty(dir.path()));
  rig.loop->set_anchor(kGnss);
  rig.open();
  Seen seen;
  seen.quarantines = rig.loop->stats().quarantines;
  seen.repairs = rig.loop->stats().repairs;
  for (const Chunk& chunk : rig.drain(Lane::kBulk)) {
    for (const auto& record : records_of(chunk)) {
      if (record.alt_cm == static_cast<std::int32_t>(record.n) - 1) seen.there.insert(record.n);
    }
  }
  seen.salvaged = salvage_all(rig);
  for (const auto& [name, record] : seen.salvaged.records) {
    if (name[0] == static_cast<std::uint32_t>(Lane::kBulk)) seen.there.insert(name[2]);
  }
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  seen.stored = rig.stats(Lane::kBulk).durable;
  return seen;
}

void expect_all_there_or_told(const Seen& seen) {
  for (std::uint32_t n = 1; n <= kCommits; ++n) {
    EXPECT_TRUE(seen.there.contains(n) || is_told(seen.salvaged, name_of(Lane::kBulk, 1, n))) << n;
  }
}

TEST(WalMend, ASoundWalStaysAsItIs) {
  EXPECT_EQ(mend_wal(killed().wal, kPageBytes).state, WalState::kSound);
  EXPECT_EQ(mend_wal("", kPageBytes).state, WalState::kSound);
  EXPECT_EQ(mend_wal(std::string(100'000, '\0'), kPageBytes).state, WalState::kSound);
  EXPECT_EQ(mend_wal(std::string(100'000, '\x37'), kPageBytes).state, WalState::kSound);
}

// Every byte of the headers, and some of each page. A commit of one page looks like the padding of the one before, so
// nothing behind the last few commits proves that they were done.
TEST(WalMend, PutsRightMostBitsBeforeTheLastCommitsAndMissesNone) {
  const auto ends = ends_of_commits();
  ASSERT_GE(ends.size(), 4U);
  const std::size_t last = ends[ends.size() - 5];
  std::mt19937_64 dice(5);
  const std::string sound = killed().wal.substr(0, killed().live);
  int tried = 0;
  int mended = 0;
  for (std::size_t at = 0; at < last; at += at % kFrame < kHeader + 24 ? 1U : 97U) {
    std::string wal = killed().wal;
    wal[at] = static_cast<char>(wal[at] ^ (1 << dice() % 8));
    const MendedWal made = mend_wal(wal, kPageBytes);
    ASSERT_NE(made.state, WalState::kSound) << at;
    ++tried;
    if (made.state != WalState::kMended) continue;
    ++mended;
    // Of a broken header the counter of checkpoints may stay as it is, and then all sums differ.
    ASSERT_TRUE(at < kHeader || sound.starts_with(made.bytes)) << at;
  }
  EXPECT_GT(tried, 1000);
  EXPECT_GT(mended, tried * 2 / 3);
}

// Nothing comes behind, but of a torn frame more is missing than one bit.
TEST(WalMend, PutsRightMostBitsOfTheLastCommitsTooAndTakesTheRestForATornEnd) {
  const auto ends = ends_of_commits();
  std::mt19937_64 dice(8);
  const std::string sound = killed().wal.substr(0, killed().live);
  int tried = 0;
  int mended = 0;
  for (std::size_t at = ends[ends.size() - 5]; at < killed().live; at += (at - kHeader) % kFrame < 24 ? 1U : 13U) {
    std::string wal = killed().wal;
    wal[at] = static_cast<char>(wal[at] ^ (1 << dice() % 8));
    const MendedWal made = mend_wal(wal, kPageBytes);
    ++tried;
    if (made.state == WalState::kSound) continue;
    if (made.state == WalState::kMended) ++mended;
    ASSERT_TRUE(made.state == WalState::kPatched || made.bytes == sound) << at;
  }
  EXPECT_GT(tried, 1000);
  EXPECT_GT(mended, tried * 2 / 3);
  // Two bits of the last commit are as good as a torn sector.
  std::string wal = killed().wal;
  for (const std::size_t at : {200U, 300U}) wal[ends[ends.size() - 2] + at] ^= '\x01';
  EXPECT_EQ(mend_wal(wal, kPageBytes).state, WalState::kSound);
}

TEST(WalMend, ABitOfTheLastCommitCostsNoRecordAndIsCounted) {
  std::string wal = killed().wal;
  const auto ends = ends_of_commits();
  wal[ends[ends.size() - 2] + 24 + 40] ^= '\x01';
  const Seen seen = open_with(wal);
  EXPECT_EQ(seen.there.size(), std::size_t{kCommits});
  EXPECT_EQ(seen.quarantines, 0U);
  EXPECT_EQ(seen.repairs.wals_mended, 1U);
}

TEST(WalMend, LosesNoMoreThanTheBrokenChunkToABit) {
  std::mt19937_64 dice(6);
  const auto ends = ends_of_commits();
  int put_aside = 0;
  for (int i = 0; i < 16; ++i) {
    std::string wal = killed().wal;
    const std::size_t at = dice() % ends[ends.size() - 5];
    wal[at] = static_cast<char>(wal[at] ^ (1 << dice() % 8));
    const Seen seen = open_with(wal);
    EXPECT_GE(seen.there.size(), std::size_t{kCommits} - seen.quarantines) << at;
    expect_all_there_or_told(seen);
    EXPECT_EQ(seen.stored, 1U);
    EXPECT_EQ(seen.repairs.wals_put_aside, seen.quarantines) << at;
    EXPECT_EQ(seen.repairs.wals_mended + seen.repairs.wals_put_aside, 1U) << at;
    put_aside += static_cast<int>(seen.quarantines);
  }
  EXPECT_LT(put_aside, 9);
}

/// Damage of a sector or more is put aside: what is there comes, and what does not is told.
TEST(WalMend, TellsWhatGreaterDamageCosts) {
  const auto ends = ends_of_commits();
  for (const Damage damage : {Damage::kSector, Damage::kZeroPage}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      std::mt19937_64 dice(seed);
      const std::size_t before = ends[ends.size() - 5];
      const Seen seen = open_with(damaged(killed().wal.substr(0, before), damage, dice) + killed().wal.substr(before));
      expect_all_there_or_told(seen);
      EXPECT_EQ(seen.quarantines, 1U) << seed;
      EXPECT_EQ(seen.repairs.wals_put_aside, 1U) << seed;
      EXPECT_EQ(seen.stored, 1U);
    }
  }
}

// Whatever of the last commit did not reach the medium: that commit was not done, and that is all.
TEST(WalMend, TakesATornEndForNoRot) {
  const auto ends = ends_of_commits();
  std::mt19937_64 dice(7);
  for (std::size_t commit = 1; commit < ends.size(); ++commit) {
    // What lies behind the end of a commit's last sector is flushed with the next one, padding or not.
    const std::size_t padding = ends[commit - 1] - kFrame;
    const std::size_t begin = (padding + 4095) / 4096 * 4096;
    const std::string behind = killed().wal.substr(killed().live);
    for (int i = 0; i < 20; ++i) {
      std::string wal = killed().wal.substr(0, ends[commit]);
      // Sectors of the file, not of the frame; what was there before is zero, or noise.
      for (std::size_t sector = begin / 512; sector * 512 < wal.size(); ++sector) {
        if (dice() % 3 == 0) continue;
        const bool is_noise = dice() % 4 == 0;
        for (std::size_t at = std::max(begin, sector * 512); at < std::min(wal.size(), sector * 512 + 512); ++at) {
          wal[at] = is_noise ? static_cast<char>(dice()) : '\0';
        }
      }
      EXPECT_EQ(mend_wal(wal + behind, kPageBytes).state, WalState::kSound) << commit << " " << i;
    }
  }
}

TEST(WalMend, AnotherProgramsWalIsNotTouched) {
  TempDir dir;
  std::string database = killed().database;
  database[68] = 'X';
  std::string wal = killed().wal;
  wal[kHeader + 24 + 100] = static_cast<char>(wal[kHeader + 24 + 100] ^ 1);
  put_bytes(dir.path() / "outbox.db", database);
  put_bytes(dir.path() / "outbox.db-wal", wal);
  EXPECT_FALSE(page_size_of_ours(dir.path() / "outbox.db"));
  put_bytes(dir.path() / "outbox.db", killed().database);
  EXPECT_EQ(page_size_of_ours(dir.path() / "outbox.db"), kPageBytes);
  EXPECT_FALSE(page_size_of_ours(dir.path() / "missing"));
}

}  // namespace
}  // namespace odograph::outbox
