// How much of the disk the outbox takes, and what it does where it cannot.
#include "agent/outbox/reservation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Millis;
using model::Lane;

constexpr std::uint64_t kMiB = 1 << 20;

TEST(PlanCap, TakesWhatFitsAndLeavesSomeToOthers) {
  const struct {
    const char* name = nullptr;
    Space space;  // wanted, WAL, used, held, WAL's, free, left; MiB
    std::uint64_t cap = 0;
  } rows[] = {
      {"PlentyOfRoom", {256, 4, 0, 0, 0, 10'000, 500}, 256},
      {"JustEnough", {256, 4, 0, 0, 0, 261, 1}, 256},
      {"OneShort", {256, 4, 0, 0, 0, 260, 1}, 255},
      {"AShareIsLeft", {256, 4, 0, 0, 0, 100, 50}, 46},
      {"WhatItHoldsCounts", {256, 4, 100, 200, 4, 57, 1}, 256},
      {"AllOfItIsHeldAndTheDiskIsFull", {256, 4, 100, 256, 4, 0, 50}, 256},
      {"SomeOfItIsHeldAndTheDiskIsFull", {256, 4, 100, 200, 4, 0, 50}, 200},
      {"RaisedOnAFullDisk", {512, 4, 100, 256, 4, 0, 50}, 256},
      {"RaisedOnADiskWithSomeRoom", {512, 4, 100, 256, 4, 101, 1}, 356},
      {"Lowered", {100, 4, 50, 256, 4, 0, 50}, 100},
      {"LoweredBelowWhatIsUsed", {100, 4, 150, 256, 4, 0, 50}, 100},
      {"TheWalComesFirst", {256, 4, 0, 0, 1, 10, 1}, 6},
      {"NotEvenTheWal", {256, 4, 0, 0, 0, 3, 1}, 0},
      {"NothingFreeAndRecordsInIt", {256, 4, 3, 3, 0, 0, 50}, 3},
      {"SparseFilesAreAsLargeAsTheyAre", {256, 4, 30, 3, 0, 0, 50}, 30},
  };
  for (const auto& row : rows) {
    Space space = row.space;
    for (auto* part :
         {&space.wanted, &space.wal, &space.used, &space.held, &space.wal_held, &space.free, &space.left}) {
      *part *= kMiB;
    }
    EXPECT_EQ(plan_cap(space) / kMiB, row.cap) << row.name;
  }
  EXPECT_EQ(left_to_others(10 * kMiB), kLeftFreeBytesMin);
  EXPECT_EQ(left_to_others(1000 * kMiB) / kMiB, 50U);
  EXPECT_EQ(left_to_others(100'000 * kMiB), kLeftFreeBytesMax);
}

/// A file system of which as much is free as the test says; what it gives to a file it has no more.
struct Disk {
  DiskCalls calls() {
    DiskCalls calls;
    calls.reserve = [this](int fd, std::uint64_t bytes) { return reserve(fd, bytes); };
    calls.space = [this](int) { return DiskSpace{free, 20 * kMiB}; };
    return calls;
  }
  int reserve(int fd, std::uint64_t bytes) {
    std::array<char, 4096> path{};
    EXPECT_GT(::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.data(), path.size() - 1), 0);
    const std::string name = fs::path(path.data()).filename();
    ++asked;
    if (error != 0 && name == refuses) return error;
    auto& had = given[name];
    if (bytes > had + free) return ENOSPC;
    if (bytes > had) free -= bytes - std::exchange(had, bytes);
    return 0;
  }
  std::uint64_t free = 0;
  std::string refuses = "outbox.db";
  int error = 0;
  int asked = 0;
  std::map<std::string, std::uint64_t> given;
};

Options on(Disk& disk, const TempDir& dir, std::uint64_t cap) {
  Options options = Rig::plain(dir.path());
  options.cap_bytes = cap;
  options.file.disk = disk.calls();
  return options;
}

TEST(Reservation, BothFilesHaveAllTheirRoomBeforeTheFirstRecordAndAreNoLarger) {
  TempDir dir;
  Disk disk{.free = 100 * kMiB};
  Rig rig(on(disk, dir, 16 * kMiB));
  rig.open();
  EXPECT_EQ(disk.given["outbox.db"], 16 * kMiB);
  EXPECT_EQ(disk.given["outbox.db-wal"], kWalRoomBytes);
  EXPECT_LT(fs::file_size(dir.path() / "outbox.db"), kMiB);
  const auto stats = rig.loop->stats();
  EXPECT_EQ(stats.reserved, Reserved::kWhole);
  EXPECT_EQ(stats.cap_bytes, 16 * kMiB);
  // Checkpoints truncate the database to the size that it has, which would give its room back.
  const int asked = disk.asked;
  for (int i = 0; i < 300; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.flush();
  }
  EXPECT_EQ(disk.asked, asked);
}

TEST(Reservation, ALongWalKeepsItsRoomAndOneThatIsCutGetsItAgain) {
  TempDir dir;
  Disk disk{.free = 100 * kMiB};
  Options options = on(disk, dir, 16 * kMiB);
  options.file.checkpoint_pages = 1'000'000;
  Rig rig(options);
  rig.open();
  const auto wal_bytes = [&] { return fs::file_size(dir.path() / "outbox.db-wal"); };
  const auto grow_to = [&](std::uint64_t bytes) {
    for (int i = 0; wal_bytes() <= bytes; ++i) {
      for (int k = 0; k < 2000; ++k) rig.push(Lane::kBulk, noisy(i));
      rig.flush();
    }
  };
  grow_to(kWalKeptBytesMax);
  rig.loop->finish(rig.now);
  EXPECT_GT(wal_bytes(), kWalKeptBytesMax);
  rig.open();
  grow_to(kWalRoomBytes);
  const int asked = disk.asked;
  rig.loop->finish(rig.now);
  EXPECT_EQ(wal_bytes(), 0U);
  EXPECT_GT(disk.asked, asked);
}

TEST(Reservation, WhereItCannotBeHadTheOutboxGoesOnWithoutAndSaysSo) {
  for (const int error : {EOPNOTSUPP, ENOSYS, EIO}) {
    TempDir dir;
    Disk disk{.free = 100 * kMiB, .refuses = "outbox.db-wal", .error = error};
    Rig rig(on(disk, dir, 16 * kMiB));
    rig.loop->set_anchor(kGnss);
    rig.open();
    const auto stats = rig.loop->stats();
    EXPECT_EQ(stats.reserved, Reserved::kNone);
    EXPECT_EQ(stats.cap_bytes, 16 * kMiB);
    EXPECT_NE(stats.reserved_reason, "");
    EXPECT_EQ(stats.state, State::kOk);
    rig.push(Lane::kBulk, numbered(1));
    rig.flush();
    EXPECT_EQ(rig.drain(Lane::kBulk).size(), 1U);
    const int asked = disk.asked;
    rig.step_after(10 * kRoomAgainAfter);
    EXPECT_EQ(disk.asked, asked) << "it would not be otherwise";
  }
}

TEST(Reservation, ACapThatDoesNotFitShrinksAndGrowsBackWhenThereIsRoom) {
  TempDir dir;
  Disk disk{.free = 20 * kMiB};
  Rig rig(on(disk, dir, 64 * kMiB));
  rig.open();
  auto stats = rig.loop->stats();
  EXPECT_EQ(stats.reserved, Reserved::kPart);
  EXPECT_EQ(stats.reserved_reason, "the disk has no room for more");
  EXPECT_EQ(stats.wanted_cap_bytes, 64 * kMiB);
  EXPECT_GE(stats.cap_bytes, 14 * kMiB);
  EXPECT_LE(stats.cap_bytes, 15 * kMiB) << "a MiB is left to others, the WAL has its own";
  EXPECT_GE(disk.free + kPageBytes, kLeftFreeBytesMin);
  rig.step_after(Millis{0});
  disk.free += 100 * kMiB;
  rig.step_after(kRoomAgainAfter - Millis{1});
  EXPECT_EQ(rig.loop->stats().reserved, Reserved::kPart) << "not yet";
  rig.step_after(Millis{1});
  stats = rig.loop->stats();
  EXPECT_EQ(stats.reserved, Reserved::kWhole);
  EXPECT_EQ(stats.cap_bytes, 64 * kMiB);
  EXPECT_EQ(stats.reserved_reason, "");
}

TEST(Reservation, AShrunkCapIsWhatRecordsAreEvictedBy) {
  TempDir dir;
  Disk disk{.free = 15 * kMiB};
  Rig rig(on(disk, dir, 64 * kMiB));
  rig.loop->set_anchor(kGnss);
  rig.open();
  const std::uint64_t cap = rig.loop->stats().cap_bytes;
  EXPECT_LT(cap, 10 * kMiB);
  for (int i = 0; rig.stats(Lane::kBulk).evicted + rig.stats(Lane::kBulk).thinned == 0 && i < 400; ++i) {
    for (int k = 0; k < 2000; ++k) rig.push(Lane::kBulk, noisy(i));
    rig.flush();
  }
  EXPECT_LE(rig.loop->stats().used_bytes, cap);
  EXPECT_LE(fs::file_size(dir.path() / "outbox.db"), cap);
}

TEST(Reservation, TooLittleToBeginWithKeepsRecordsInMemoryUntilThereIsMore) {
  TempDir dir;
  Disk disk{.free = 10 * kMiB};
  Rig rig(on(disk, dir, 64 * kMiB));
  rig.loop->set_anchor(kGnss);
  const auto failure = rig.loop->open(rig.now);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->trouble, Trouble::kFull);
  EXPECT_NE(failure->what.find("too little to begin: 8192 KiB are needed"), std::string::npos) << failure->what;
  EXPECT_EQ(rig.loop->stats().state, State::kDegradedRam);
  rig.push(Lane::kBulk, numbered(1));
  rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 1U);
  disk.free += 100 * kMiB;
  rig.step_after(kReopenAfter);
  rig.flush();
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U);
}

TEST(Reservation, AFileWithRecordsIsOpenedHoweverLittleThereIs) {
  TempDir dir;
  {
    Rig rig(dir.path());
    rig.open();
    rig.push(Lane::kBulk, numbered(1));
    rig.flush();
    rig.loop->finish(rig.now);
    give_back_blocks(dir.path());
  }
  Disk disk;
  Rig rig(on(disk, dir, 64 * kMiB));
  rig.loop->set_anchor(kGnss);
  rig.open();
  EXPECT_EQ(rig.loop->stats().reserved, Reserved::kPart);
  EXPECT_EQ(rig.drain(Lane::kBulk).size(), 1U);
}

TEST(Reservation, AQuotaThatNobodyToldOfIsFoundByTrying) {
  TempDir dir;
  Disk disk{.free = 30 * kMiB};
  Options options = on(disk, dir, 64 * kMiB);
  options.file.disk.space = [](int) { return DiskSpace{1000 * kMiB, 1000 * kMiB}; };
  Rig rig(options);
  rig.open();
  const auto stats = rig.loop->stats();
  EXPECT_EQ(stats.reserved, Reserved::kPart);
  EXPECT_GE(stats.cap_bytes, 16 * kMiB);
  EXPECT_LE(stats.cap_bytes, 30 * kMiB - kWalRoomBytes);
}

/// Each record in a chunk of its own: as much as possible of the database changes with what is deleted.
void store_small_chunks(Rig& rig, std::uint64_t bytes) {
  std::uint64_t rule_set = 0;
  while (rig.loop->stats().used_bytes < bytes) {
    for (int i = 0; i < 10'000; ++i) rig.push(Lane::kBulk, noisy(i), {}, ++rule_set);
    rig.flush();
  }
}

TEST(Reservation, DeletingDoesNotNeedMoreThanTheWalsRoom) {
  enum class Goes { kAcknowledged, kEvicted };
  for (const Goes goes : {Goes::kAcknowledged, Goes::kEvicted}) {
    TempDir dir;
    Disk disk{.free = 200 * kMiB};
    Options options = on(disk, dir, 16 * kMiB);
    // The WAL then tells what its largest transaction took.
    options.file.checkpoint_pages = 1;
    {
      Rig rig(options);
      rig.loop->set_anchor(kGnss);
      rig.open();
      store_small_chunks(rig, 9 * kMiB);
      rig.loop->finish(rig.now);
    }
    if (goes == Goes::kEvicted) options.cap_bytes = 2 * kMiB;
    Rig rig(options);
    rig.loop->set_anchor(kGnss);
    rig.open();
    if (goes == Goes::kAcknowledged) {
      const auto chunks = rig.drain(Lane::kBulk);
      rig.handout.ack(id_of(chunks.back()));
    }
    for (int i = 0; i < 20; ++i) {
      rig.push(Lane::kBulk, numbered(i));
      rig.flush();
    }
    const auto bulk = rig.stats(Lane::kBulk);
    EXPECT_GT(bulk.acked + bulk.evicted, 10'000U);
    EXPECT_LT(rig.loop->stats().used_bytes, 3 * kMiB);
    EXPECT_LT(fs::file_size(dir.path() / "outbox.db-wal"), kWalRoomBytes);
  }
}

TEST(Reservation, AWalWithoutRoomIsTold) {
  TempDir dir;
  Disk disk{.free = 100 * kMiB, .refuses = "outbox.db-wal", .error = ENOSPC};
  Rig rig(on(disk, dir, 16 * kMiB));
  rig.open();
  EXPECT_EQ(rig.loop->stats().reserved, Reserved::kPart);
  EXPECT_EQ(rig.loop->stats().reserved_reason, "the disk has no room for its write-ahead log");
  EXPECT_EQ(rig.loop->stats().cap_bytes, 16 * kMiB);
}

}  // namespace
}  // namespace odograph::outbox
