// Files in quarantine in which nothing of ours is found: they are somebody's, and are not deleted.
#include <gtest/gtest.h>

#include "agent/outbox/original_file.h"
#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;

std::string noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(dice());
  return bytes;
}

/// Opens an outbox where a file of these bytes lies in its place, and salvages what there is.
Stats after(const fs::path& directory, const std::string& bytes) {
  put_bytes(directory / "outbox.db", bytes);
  fs::remove(directory / "outbox.db-wal");
  Rig rig(hasty(directory));
  rig.open();
  EXPECT_EQ(rig.loop->stats().quarantines, 1U);
  const Salvaged all = salvage_all(rig);
  EXPECT_TRUE(all.records.empty());
  rig.step_after(kSalvageEvery);
  return rig.loop->stats();
}

TEST(SalvageUnrecognised, KeepsTheFileAsItWasAndSaysWhere) {
  const std::pair<const char*, std::string> cases[] = {
      {"Noise", noise(300'000, 1)},
      {"NoiseOfOddSize", noise(5'001, 2)},
      {"Small", noise(3, 3)},
      {"Text", "Dear diary,\nI am no database.\n"},
  };
  for (const auto& [name, bytes] : cases) {
    TempDir dir;
    const Stats stats = after(dir.path(), bytes);
    const fs::path kept = dir.path() / "unrecognised" / "outbox.db";
    EXPECT_EQ(stats.salvage_outcome, "quarantine-1: nothing of ours was found in it; kept as " + kept.string()) << name;
    EXPECT_TRUE(bytes_of(kept) == bytes) << name;
    EXPECT_EQ(stats.quarantined, "") << name;
    EXPECT_FALSE(fs::exists(dir.path() / "quarantine-1")) << name;
    EXPECT_EQ(std::distance(fs::directory_iterator(kept.parent_path()), fs::directory_iterator()), 1) << name;
  }
}

TEST(SalvageUnrecognised, OneIsKeptTheLast) {
  TempDir dir;
  after(dir.path(), noise(20'000, 1));
  const std::string last = noise(30'000, 2);
  after(dir.path(), last);
  EXPECT_TRUE(bytes_of(dir.path() / "unrecognised" / "outbox.db") == last);
}

TEST(SalvageUnrecognised, AFileOfOursWithoutItsHeaderIsSalvagedAndRemoved) {
  TempDir dir;
  {
    Rig rig(hasty(dir.path()));
    rig.open();
    rig.loop->set_anchor(kGnss);
    for (int i = 0; i < 3; ++i) {
      rig.push(model::Lane::kBulk, numbered(i));
      rig.flush();
    }
    rig.loop->finish(rig.now);
  }
  std::string bytes = bytes_of(dir.path() / "outbox.db");
  bytes.replace(0, 100, 100, 'x');
  put_bytes(dir.path() / "outbox.db", bytes);
  fs::remove(dir.path() / "outbox.db-wal");
  Rig rig(hasty(dir.path()));
  rig.open();
  EXPECT_EQ(rig.loop->stats().quarantined, (dir.path() / "quarantine-1").string());
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(all.records.size(), 4U) << "and the boot record";
  EXPECT_TRUE(rig.loop->stats().salvage_outcome.starts_with("quarantine-1: 4 records sent on, "))
      << rig.loop->stats().salvage_outcome;
  EXPECT_FALSE(fs::exists(dir.path() / "quarantine-1"));
  EXPECT_FALSE(fs::exists(dir.path() / kKeptFolder));
}

TEST(OriginalFile, IsKeptOnceAndGivenBackWhole) {
  TempDir dir;
  const fs::path quarantine = dir.path() / "quarantine-7";
  fs::create_directory(quarantine);
  put_bytes(quarantine / "outbox.db", "0123456789");
  EXPECT_FALSE(has_original(quarantine));
  EXPECT_FALSE(give_back_original(quarantine)) << "nothing was kept";
  EXPECT_FALSE(keep_original(quarantine / "outbox.db", 10, 4));
  put_bytes(quarantine / "outbox.db", "xxxx456789and more");
  EXPECT_FALSE(keep_original(quarantine / "outbox.db", 18, 4)) << "the first time counts";
  EXPECT_TRUE(has_original(quarantine));
  EXPECT_EQ(give_back_original(quarantine), dir.path() / kKeptFolder / "outbox.db");
  EXPECT_EQ(bytes_of(dir.path() / kKeptFolder / "outbox.db"), "0123456789");
  EXPECT_FALSE(fs::exists(quarantine));
}

TEST(OriginalFile, ThatIsDamagedGivesNothingBack) {
  for (const char* kept : {"", "10", "x\nabc", "10abc"}) {
    TempDir dir;
    const fs::path quarantine = dir.path() / "quarantine-1";
    fs::create_directory(quarantine);
    put_bytes(quarantine / "outbox.db", "0123456789");
    put_bytes(quarantine / "outbox.original", kept);
    EXPECT_FALSE(give_back_original(quarantine)) << kept;
    EXPECT_EQ(bytes_of(quarantine / "outbox.db"), "0123456789") << kept;
  }
}

TEST(OriginalFile, ThatCannotBeKeptIsTold) {
  TempDir dir;
  const auto failed = keep_original(dir.path() / "none" / "outbox.db", 10, 4);
  ASSERT_TRUE(failed);
}

}  // namespace
}  // namespace odograph::outbox
