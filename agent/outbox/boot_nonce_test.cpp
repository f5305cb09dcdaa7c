#include "agent/outbox/boot_nonce.h"

#include <gtest/gtest.h>

#include <map>

#include "agent/outbox/boot_fixture.h"

namespace odograph::outbox {
namespace {

using model::Lane;

/// Boots get the nonces 101, 102, ... of one counter, whatever file they are of.
struct Nonces {
  std::uint32_t last = 100;
};

Options with(Nonces& nonces, const std::filesystem::path& directory) {
  Options options = hasty(directory);
  options.file.make_boot_nonce = [&nonces] { return ++nonces.last; };
  return options;
}

std::map<std::uint32_t, std::uint32_t> nonces_of(const std::vector<Chunk>& chunks) {
  std::map<std::uint32_t, std::uint32_t> nonces;
  for (const Chunk& chunk : chunks) nonces[chunk.boot] = chunk.boot_nonce;
  return nonces;
}

struct Case {
  const char* name;
  std::uint32_t boot;
  std::int64_t stored;
  std::uint32_t nonce;
};

TEST(BootNonce, IsBelievedWithItsChecksumOnly) {
  const std::int64_t sound = stored_nonce(7, 0xFFFF'FFFF);
  const Case cases[] = {
      {"AsItWasStored", 7, sound, 0xFFFF'FFFF},
      {"Least", 1, stored_nonce(1, 1), 1},
      {"NotKnown", 7, stored_nonce(7, 0), 0},
      {"OfAnotherBoot", 8, sound, 0},
      {"ABitOfTheNonce", 7, sound ^ (std::int64_t{1} << 40), 0},
      {"ABitOfTheChecksum", 7, sound ^ 1, 0},
      {"Zeros", 7, 0, 0},
  };
  for (const Case& row : cases) EXPECT_EQ(nonce_from(row.boot, row.stored), row.nonce) << row.name;
}

TEST(BootNonce, IsAnotherOneEachTime) {
  const std::uint32_t first = random_boot_nonce();
  EXPECT_NE(first, 0U);
  // One in four billion times they are the same.
  EXPECT_NE(first, random_boot_nonce());
}

TEST(BootNonce, GoesOutWithTheChunksOfItsBootWhoeverSendsThem) {
  TempDir dir;
  Nonces nonces;
  for (int boot = 1; boot <= 3; ++boot) {
    Rig rig(with(nonces, dir.path()));
    rig.open();
    push_a_record(rig, boot);
    EXPECT_EQ(rig.loop->stats().boot_nonce, nonces.last);
    if (boot == 3) {
      EXPECT_EQ(nonces_of(rig.drain(Lane::kBulk)),
                (std::map<std::uint32_t, std::uint32_t>{{1, 101}, {2, 102}, {3, 103}}));
    }
  }
}

TEST(BootNonce, GoesWithTheLastRowOfItsBoot) {
  TempDir dir;
  Nonces nonces;
  {
    Rig rig(with(nonces, dir.path()));
    rig.open();
    push_a_record(rig, 1);
    for (const auto lane : model::kStoredLanes) {
      for (const Chunk& chunk : rig.drain(lane)) rig.handout.ack(id_of(chunk));
    }
    rig.step_after(base::Millis{2000});
    rig.loop->finish(rig.now);
  }
  {
    Rig rig(with(nonces, dir.path()));
    rig.open();
  }
  EXPECT_EQ(asked(dir.path(), "SELECT group_concat(k) FROM meta WHERE k LIKE 'nonce_%'"), "nonce_2");
}

TEST(BootNonce, OfAFileThatWasMadeBeforeThereWereAnyIsNotKnown) {
  TempDir dir;
  Nonces nonces;
  {
    Rig rig(with(nonces, dir.path()));
    rig.open();
    push_a_record(rig, 1);
  }
  asked(dir.path(), "DELETE FROM meta WHERE k LIKE 'nonce_%'");
  Rig rig(with(nonces, dir.path()));
  rig.open();
  push_a_record(rig, 2);
  EXPECT_EQ(nonces_of(rig.drain(Lane::kBulk)), (std::map<std::uint32_t, std::uint32_t>{{1, 0}, {2, 102}}));
}

// The whole file goes back to what it was before the boot began, as a lie about flushes leaves it.
TEST(BootNonce, TellsABootFromTheOneThatWasUndone) {
  TempDir dir;
  Nonces nonces;
  {
    Rig rig(with(nonces, dir.path()));
    rig.open();
    push_a_record(rig, 1);
    rig.loop->finish(rig.now);
  }
  const std::string before = bytes_of(dir.path() / "outbox.db");
  std::array<Stats, 2> seen;
  for (Stats& stats : seen) {
    put_bytes(dir.path() / "outbox.db", before);
    std::filesystem::remove(dir.path() / "outbox.db-wal");
    Rig rig(with(nonces, dir.path()));
    rig.open();
    stats = rig.loop->stats();
  }
  EXPECT_EQ(seen[0].stream_id, seen[1].stream_id);
  EXPECT_EQ(seen[0].boot, seen[1].boot);
  EXPECT_NE(seen[0].boot_nonce, seen[1].boot_nonce);
}

TEST(BootNonce, ComesBackIntoAFileThatWasTakenBackWithinABoot) {
  TempDir dir;
  Nonces nonces;
  {
    Rig rig(with(nonces, dir.path()));
    rig.open();
    push_a_record(rig, 1);
    rig.loop->finish(rig.now);
  }
  const std::string before = bytes_of(dir.path() / "outbox.db");
  {
    Rig rig(with(nonces, dir.path()));
    rig.open();
    std::filesystem::remove(dir.path() / "outbox.db-wal");
    put_bytes(dir.path() / "taken-back", before);
    std::filesystem::rename(dir.path() / "taken-back", dir.path() / "outbox.db");
    rig.loop->set_anchor(kGnss);
    rig.push(Lane::kBulk, numbered(2));
    for (int i = 0; i < 3; ++i) rig.step_after(kRetryAfter + base::Millis{1000});
    EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U);
    EXPECT_EQ(rig.loop->stats().boot, 2U);
  }
  Rig rig(with(nonces, dir.path()));
  rig.open();
  EXPECT_EQ(nonces_of(rig.drain(Lane::kBulk)), (std::map<std::uint32_t, std::uint32_t>{{1, 101}, {2, 102}}));
}

TEST(BootNonce, GoesOutWithWhatIsSalvaged) {
  TempDir dir;
  Nonces nonces;
  {
    Rig rig(with(nonces, dir.path()));
    rig.open();
    push_a_record(rig, 1);
    rig.loop->finish(rig.now);
  }
  std::filesystem::create_directory(dir.path() / "quarantine-1");
  std::filesystem::rename(dir.path() / "outbox.db", dir.path() / "quarantine-1" / "outbox.db");
  std::filesystem::remove(dir.path() / "outbox.db-wal");
  Rig rig(with(nonces, dir.path()));
  rig.open();
  std::map<std::uint32_t, std::uint32_t> found;
  for (int i = 0; i < 100 && rig.loop->stats().quarantines_waiting > 0; ++i) {
    rig.step_after(kSalvageEvery);
    while (auto chunk = rig.handout.next_salvaged()) {
      found[chunk->boot] = chunk->boot_nonce;
      rig.handout.ack_salvaged({chunk->lane, chunk_id(chunk->boot, chunk->chunk_no), chunk->stream_id});
    }
  }
  EXPECT_EQ(found, (std::map<std::uint32_t, std::uint32_t>{{1, 101}, {kClosingBoot, 0}}));
}

}  // namespace
}  // namespace odograph::outbox
