// A file that is removed while it is in use, alone or with its directory.
#include <gtest/gtest.h>

#include "agent/outbox/removed_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Millis;
using model::Lane;

TEST(Removed, AnIdleFileIsMissedWithinTheLookAndAllOfItComes) {
  Place at;
  fs::permissions(at.data, fs::perms::owner_all);
  Running running(Rig::plain(at.data));
  Rig& rig = running.rig;
  fs::remove_all(at.data);
  rig.step_after(kLookEvery - Millis{1});
  EXPECT_EQ(rig.loop->stats().repairs.files_removed, 0U);
  rig.step_after(Millis{1});
  const auto stats = rig.loop->stats();
  EXPECT_EQ(stats.repairs.files_removed, 1U);
  EXPECT_EQ(stats.repairs.files_rescued, 1U);
  EXPECT_EQ(stats.repairs.directories_made_again, 1U);
  EXPECT_EQ(stats.state, State::kOk) << stats.trouble;
  EXPECT_NE(stats.stream_id, running.stream);
  EXPECT_EQ(stats.quarantined, at.data / "quarantine-1");
  EXPECT_EQ(stats.quarantines, 0U) << "it was not broken";
  EXPECT_EQ(fs::status(at.data).permissions(), fs::perms::owner_all);
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(all.streams, std::set<std::uint64_t>{running.stream});
  EXPECT_EQ(altitudes(all.records, Lane::kBulk), up_to(100));
  EXPECT_EQ(altitudes(all.records, Lane::kAlert), std::set<std::int32_t>{1000});
  EXPECT_TRUE(all.losses.empty()) << all.losses.size();
  EXPECT_FALSE(fs::exists(at.data / "quarantine-1"));
  rig.push(Lane::kBulk, numbered(5000));
  rig.flush();
  EXPECT_EQ(altitudes(rig.drain(Lane::kBulk)), std::vector<std::int32_t>{5000});
}

TEST(Removed, WhatIsCommittedMeanwhileComesOnceAndWhatIsAcknowledgedNotAgain) {
  Place at;
  Running running(Rig::plain(at.data));
  Rig& rig = running.rig;
  const auto sent = rig.drain(Lane::kBulk);
  ASSERT_EQ(sent.size(), 100U);
  rig.handout.ack(id_of(sent[59]));
  rig.flush();
  fs::remove(at.data / "outbox.db");
  fs::remove(at.data / "outbox.db-wal");
  rig.push(Lane::kBulk, numbered(100));
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 101U);
  EXPECT_EQ(rig.loop->stats().repairs.files_rescued, 1U);
  EXPECT_EQ(rig.loop->stats().repairs.directories_made_again, 0U);
  EXPECT_TRUE(rig.drain(Lane::kBulk).empty()) << "it is in the copy";
  const Salvaged all = salvage_all(rig);
  auto left = up_to(101);
  left.erase(left.begin(), left.find(60));
  EXPECT_EQ(altitudes(all.records, Lane::kBulk), left);
  EXPECT_TRUE(all.losses.empty());
}

TEST(Removed, AWalThatIsLeftAloneIsNoOtherFile) {
  Place at;
  Running running(Rig::plain(at.data));
  fs::remove(at.data / "outbox.db");
  running.rig.step_after(Millis{0});
  running.rig.step_after(kLookEvery);
  const auto stats = running.rig.loop->stats();
  EXPECT_EQ(stats.repairs.files_rescued, 1U);
  EXPECT_EQ(stats.repairs.wals_put_aside, 0U);
  EXPECT_EQ(stats.quarantines_waiting, 1U);
  const Salvaged all = salvage_all(running.rig);
  EXPECT_EQ(altitudes(all.records, Lane::kBulk), up_to(100));
  EXPECT_TRUE(all.losses.empty());
}

TEST(Removed, WhereAnotherFileIsInItsPlaceThatOneIsTakenAndTheOldOneToldAsLost) {
  Place at;
  Place other;
  std::uint64_t stream = 0;
  {
    Running running(Rig::plain(other.data));
    stream = running.stream;
    running.rig.loop->finish(running.rig.now);
  }
  Running running(Rig::plain(at.data));
  fs::remove(at.data / "outbox.db-wal");
  fs::rename(other.data / "outbox.db", at.data / "outbox.db");
  running.rig.push(Lane::kBulk, numbered(100));
  running.rig.step_after(Millis{1000});
  running.rig.flush();
  EXPECT_EQ(running.rig.loop->stats().stream_id, stream);
  EXPECT_EQ(running.rig.loop->stats().repairs.files_removed, 0U);
  EXPECT_EQ(running.rig.stats(Lane::kBulk).durable, 101U);
  const Salvaged all = salvage_all(running.rig);
  EXPECT_EQ(all.streams, std::set<std::uint64_t>{running.stream});
  for (std::uint32_t n = 1; n <= 100; ++n) EXPECT_TRUE(is_told(all, name_of(Lane::kBulk, 1, n))) << n;
}

TEST(Removed, WhatWasAcknowledgedOfTheOldOneIsNotTakenForWhatAnotherFileHolds) {
  Place at;
  Place other;
  for (const auto& each : {at.data, other.data}) {
    Running running(Rig::plain(each));
    running.rig.loop->finish(running.rig.now);
  }
  // Of the second boot, so that its ids are higher than all of the other file's.
  Running running(Rig::plain(at.data));
  Rig& rig = running.rig;
  const auto sent = rig.drain(Lane::kBulk);
  ASSERT_EQ(sent.size(), 200U);
  rig.handout.ack(id_of(sent[159]));
  rig.flush();
  ASSERT_EQ(rig.stats(Lane::kBulk).acked, 160U);
  fs::remove(at.data / "outbox.db-wal");
  fs::rename(other.data / "outbox.db", at.data / "outbox.db");
  rig.push(Lane::kBulk, numbered(100));
  rig.step_after(Millis{1000});
  rig.flush();
  EXPECT_EQ(rig.drain(Lane::kBulk).size(), 101U);
  // Late, and of the old one.
  rig.handout.ack({Lane::kBulk, id_of(sent.back()).id, running.stream});
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).acked, 160U);
  rig.handout.rewind(Lane::kBulk);
  rig.flush();
  EXPECT_EQ(rig.drain(Lane::kBulk).size(), 101U) << "nothing of it is gone";
}

TEST(Removed, WithoutADirectoryToGoToTheOpenFileIsKept) {
  TempDir dir;
  const fs::path above = dir.path() / "above";
  fs::create_directories(above / "data");
  Running running(Rig::plain(above / "data"));
  Rig& rig = running.rig;
  fs::remove_all(above);
  rig.push(Lane::kBulk, numbered(100));
  rig.step_after(Millis{1000});
  EXPECT_EQ(rig.loop->stats().state, State::kDegradedRam);
  EXPECT_EQ(rig.loop->stats().trouble, "outbox " + (above / "data").string() + ": its file was removed, and " +
                                           "data directory " + (above / "data").string() + ": does not exist");
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 100U);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 1U);
  rig.push(Lane::kBulk, numbered(101));
  rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 2U);
  fs::create_directory(above);
  rig.step_after(kReopenAfter);
  rig.flush();
  EXPECT_EQ(rig.loop->stats().state, State::kOk) << rig.loop->stats().trouble;
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 102U);
  EXPECT_EQ(rig.loop->stats().repairs.files_removed, 1U) << "once, however often it was tried";
  EXPECT_EQ(altitudes(rig.drain(Lane::kBulk)), std::vector<std::int32_t>{101});
  EXPECT_EQ(altitudes(salvage_all(rig).records, Lane::kBulk), up_to(101));
}

TEST(Removed, WhatCannotBeCopiedIsToldAsLostAndWhatCameLastGoesIntoTheNextFile) {
  Place at;
  Options options = Rig::plain(at.data);
  int failing = 0;
  options.file.flush_directory = [&](const fs::path&) { return failing-- > 0 ? EIO : 0; };
  Running running(options);
  Rig& rig = running.rig;
  fs::remove_all(at.data);
  failing = 1;
  rig.push(Lane::kBulk, numbered(100));
  rig.step_after(Millis{1000});
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 100U);
  rig.flush();
  EXPECT_EQ(rig.loop->stats().repairs.files_removed, 1U);
  EXPECT_EQ(rig.loop->stats().repairs.files_rescued, 0U);
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 101U);
  EXPECT_EQ(altitudes(rig.drain(Lane::kBulk)), std::vector<std::int32_t>{100});
  const Salvaged all = salvage_all(rig);
  EXPECT_TRUE(all.records.empty());
  for (std::uint32_t n = 1; n <= 100; ++n) EXPECT_TRUE(is_told(all, name_of(Lane::kBulk, 1, n))) << n;
}

TEST(Removed, ACleanEndTakesItAlongToo) {
  Place at;
  std::uint64_t stream = 0;
  {
    Running running(Rig::plain(at.data));
    stream = running.stream;
    fs::remove_all(at.data);
    running.rig.push(Lane::kBulk, numbered(100));
    running.rig.loop->finish(running.rig.now);
  }
  Rig rig(Rig::plain(at.data));
  rig.open();
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(all.streams, std::set<std::uint64_t>{stream});
  EXPECT_EQ(altitudes(all.records, Lane::kBulk), up_to(101));
}

TEST(Removed, NothingIsDoneAboutAFileThatIsInItsPlace) {
  Place at;
  Running running(Rig::plain(at.data));
  running.rig.step_after(kLookEvery);
  running.rig.step_after(kLookEvery);
  EXPECT_EQ(running.rig.loop->stats().repairs.files_removed, 0U);
  EXPECT_EQ(running.rig.loop->stats().stream_id, running.stream);
}

TEST(Remounted, SoThatAFlushDoesNotReachTheMediumIsSeenWithinTheLookAndSoIsItsEnd) {
  Place at;
  Options options = Rig::plain(at.data);
  options.file.mountinfo = at.dir.path() / "mountinfo";
  const std::string line = "36 35 8:2 / " + at.dir.path().string() + " rw shared:1 - ext4 /dev/sda2 rw";
  put_bytes(options.file.mountinfo, line + "\n");
  Rig rig(options);
  rig.open();
  EXPECT_EQ(rig.loop->stats().durability, Durability::kFull);
  put_bytes(options.file.mountinfo, line + ",nobarrier\n");
  rig.loop->step(rig.now);
  rig.step_after(kLookEvery - Millis{1});
  EXPECT_EQ(rig.loop->stats().durability, Durability::kFull) << "not looked at yet";
  rig.step_after(Millis{1});
  EXPECT_EQ(rig.loop->stats().durability, Durability::kBestEffort);
  EXPECT_EQ(rig.loop->stats().durability_reason, at.dir.path().string() + " is mounted nobarrier (ext4)");
  put_bytes(options.file.mountinfo, line + "\n");
  rig.step_after(kLookEvery);
  EXPECT_EQ(rig.loop->stats().durability, Durability::kFull);
  EXPECT_EQ(rig.loop->stats().durability_reason, "");
}

TEST(Removed, ADirectoryWhoseParentComesLaterIsMadeThen) {
  TempDir dir;
  Rig rig(dir.path() / "later" / "data");
  EXPECT_TRUE(rig.loop->open(rig.now));
  rig.push(Lane::kBulk, numbered(0));
  rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.loop->stats().state, State::kDegradedRam);
  fs::create_directory(dir.path() / "later");
  rig.step_after(kReopenAfter);
  rig.flush();
  EXPECT_EQ(rig.loop->stats().state, State::kOk) << rig.loop->stats().trouble;
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U);
  EXPECT_EQ(rig.loop->stats().repairs.directories_made_again, 0U) << "it was never there";
}

}  // namespace
}  // namespace odograph::outbox
