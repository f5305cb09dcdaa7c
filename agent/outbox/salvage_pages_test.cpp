#include "agent/outbox/salvage_pages.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using model::Lane;

RawPages pages_of(const fs::path& path) {
  return RawPages(base::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), kPageBytes);
}

/// Every row that any page seems to hold, of any lane.
std::vector<Row> all_rows(const RawPages& pages) {
  std::vector<Row> rows;
  for (std::uint32_t page = 1; page <= pages.count(); ++page) {
    for (const LeafCell& cell : cells_of(pages.read(page), page)) {
      for (const auto lane : model::kStoredLanes) {
        if (auto row = row_at(pages, page, cell, lane)) rows.push_back(*std::move(row));
      }
    }
  }
  return rows;
}

const OldFile& old_file() {
  // Chunks within a page, and chunks of many.
  static const OldFile kFile = make_old_file(2, 10, 1500);
  return kFile;
}

TEST(SalvagePages, GiveEveryRowOnceOverflowIncluded) {
  const OldFile& old = old_file();
  TempDir dir;
  put_bytes(dir.path() / "db", old.database);
  const auto rows = all_rows(pages_of(dir.path() / "db"));
  EXPECT_EQ(rows.size(), old.chunks);
  const bool overflows =
      std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.payload.size() > 2 * kPageBytes; });
  EXPECT_TRUE(overflows);
}

TEST(SalvagePages, AreZeroWhereNothingCanBeRead) {
  TempDir dir;
  put_bytes(dir.path() / "db", std::string(kPageBytes + 10, 'x'));
  const RawPages pages = pages_of(dir.path() / "db");
  EXPECT_EQ(pages.count(), 1U);
  EXPECT_EQ(pages.read(1), std::string(kPageBytes, 'x'));
  EXPECT_EQ(pages.read(2), std::string(10, 'x') + std::string(kPageBytes - 10, '\0'));
  EXPECT_EQ(pages.read(7), std::string(kPageBytes, '\0'));
  EXPECT_TRUE(cells_of("", 1).empty());
  EXPECT_TRUE(cells_of(std::string(kPageBytes, '\x0d'), 2).empty());
}

TEST(SalvagePages, OfMutatedFilesNeverGiveARowThatWasNotThere) {
  const OldFile& old = old_file();
  TempDir dir;
  put_bytes(dir.path() / "sound", old.database);
  std::vector<Row> sound = all_rows(pages_of(dir.path() / "sound"));
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 dice(seed);
    std::string bytes = old.database;
    // Much at once: bits, bytes, and pages that take each other's place.
    for (int i = 0; i < 200; ++i) bytes[dice() % bytes.size()] = static_cast<char>(dice());
    for (int i = 0; i < 200; ++i) {
      const std::size_t page = dice() % (bytes.size() / kPageBytes) * kPageBytes;
      bytes[page + dice() % 64] = static_cast<char>(dice());
    }
    const std::size_t from = dice() % (bytes.size() / kPageBytes) * kPageBytes;
    const std::size_t to = dice() % (bytes.size() / kPageBytes) * kPageBytes;
    bytes.replace(to, kPageBytes, bytes.substr(from, kPageBytes));
    put_bytes(dir.path() / "db", bytes);
    const RawPages pages = pages_of(dir.path() / "db");
    for (const Row& row : all_rows(pages)) {
      EXPECT_NE(std::find(sound.begin(), sound.end(), row), sound.end()) << "seed " << seed;
    }
    static_cast<void>(free_pages(pages));
  }
}

TEST(SalvagePages, TellTheFreeOnesOrThatTheListIsDamaged) {
  TempDir dir;
  {
    Rig rig(hasty(dir.path()));
    rig.loop->set_anchor({base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss});
    rig.open();
    std::mt19937_64 dice(1);
    for (int i = 0; i < 50; ++i) {
      for (int k = 0; k < 200; ++k) rig.push(Lane::kBulk, bulky(dice));
      rig.flush();
    }
    const auto chunks = rig.drain(Lane::kBulk);
    rig.handout.ack(id_of(chunks.back()));
    rig.flush();
    rig.loop->finish(rig.now);
  }
  const std::string bytes = bytes_of(dir.path() / "outbox.db");
  const auto free = free_pages(pages_of(dir.path() / "outbox.db"));
  ASSERT_TRUE(free);
  EXPECT_GE(std::count(free->begin(), free->end(), true), 40);
  constexpr std::size_t kTrunk = 32;
  constexpr std::size_t kCount = 36;
  for (const std::size_t at : {kTrunk + 3, kCount + 3}) {
    std::string wrong = bytes;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    put_bytes(dir.path() / "wrong", wrong);
    EXPECT_FALSE(free_pages(pages_of(dir.path() / "wrong"))) << at;
  }
}

}  // namespace
}  // namespace odograph::outbox
