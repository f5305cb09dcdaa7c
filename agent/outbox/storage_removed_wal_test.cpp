// A WAL that is removed while it is in use, and its database is not.
#include <gtest/gtest.h>

#include "agent/outbox/removed_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Millis;
using model::Lane;

/// Every record that the file has, handed out anew as to an agent that starts after a kill.
std::set<std::int32_t> left_after_a_kill(const fs::path& data, const fs::path& copy) {
  fs::copy(data, copy);
  Rig rig(Rig::plain(copy));
  rig.open();
  const auto all = altitudes(rig.drain(Lane::kBulk));
  return {all.begin(), all.end()};
}

TEST(RemovedWal, AWalAloneIsMissedAndAllOfItComesIntoTheFile) {
  Place at;
  Running running(Rig::plain(at.data));
  Rig& rig = running.rig;
  fs::remove(at.data / "outbox.db-wal");
  rig.push(Lane::kBulk, numbered(100));
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 101U);
  auto stats = rig.loop->stats();
  EXPECT_EQ(stats.repairs.files_removed, 1U);
  EXPECT_EQ(stats.repairs.files_rescued, 1U);
  EXPECT_EQ(stats.commit_failures, 0U);
  EXPECT_EQ(stats.stream_id, running.stream);
  EXPECT_EQ(stats.quarantines_waiting, 0U);
  EXPECT_EQ(left_after_a_kill(at.data, at.dir.path() / "killed-1"), up_to(101));
  for (int i = 101; i < 200; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.flush();
  }
  EXPECT_EQ(left_after_a_kill(at.data, at.dir.path() / "killed-2"), up_to(200));
  EXPECT_EQ(altitudes(rig.drain(Lane::kBulk)).size(), 200U) << "each once";
}

TEST(RemovedWal, AWalAloneIsMissedWithinTheLookWithoutACommit) {
  Place at;
  Running running(Rig::plain(at.data));
  running.rig.step_after(Millis{0});
  fs::remove(at.data / "outbox.db-wal");
  running.rig.step_after(kLookEvery);
  EXPECT_EQ(running.rig.loop->stats().repairs.files_rescued, 1U);
  EXPECT_EQ(left_after_a_kill(at.data, at.dir.path() / "killed"), up_to(100));
}

TEST(RemovedWal, AnOlderWalThatIsPutInItsPlaceIsNotTaken) {
  Place at;
  Running running(Rig::plain(at.data));
  Rig& rig = running.rig;
  fs::copy(at.data / "outbox.db-wal", at.dir.path() / "older");
  rig.push(Lane::kBulk, numbered(100));
  rig.flush();
  fs::rename(at.dir.path() / "older", at.data / "outbox.db-wal");
  rig.step_after(Millis{0});
  rig.step_after(kLookEvery);
  EXPECT_EQ(rig.loop->stats().repairs.files_rescued, 1U);
  EXPECT_EQ(rig.loop->stats().state, State::kOk) << rig.loop->stats().trouble;
  EXPECT_EQ(left_after_a_kill(at.data, at.dir.path() / "killed"), up_to(101));
}

}  // namespace
}  // namespace odograph::outbox
