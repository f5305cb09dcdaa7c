// Real file systems that turn read-only under the outbox. mounts_test.py starts it where something can be mounted.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

bool run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

/// A mount point below a directory of the test's own; unmounted with it.
struct MountPoint {
  MountPoint() { fs::create_directory(path()); }
  ~MountPoint() { ::umount2(path().c_str(), MNT_DETACH); }
  fs::path path() const { return dir.path() / "data"; }
  bool tmpfs() const { return ::mount("tmpfs", path().c_str(), "tmpfs", 0, "size=32m") == 0; }
  bool remount(unsigned long flags) const {
    return ::mount("tmpfs", path().c_str(), "tmpfs", MS_REMOUNT | flags, "size=32m") == 0;
  }
  /// Of 32 MiB, through a loop device.
  bool make_ext4() const {
    const std::string image = (dir.path() / "image").string();
    return run("truncate -s 32M " + image) && run("mkfs.ext4 -q -F " + image) && ext4();
  }
  bool ext4() const {
    return run("mount -o loop,errors=remount-ro " + (dir.path() / "image").string() + " " + path().string());
  }
  TempDir dir;
};

std::vector<std::int32_t> altitudes(const std::vector<Chunk>& chunks) {
  std::vector<std::int32_t> all;
  for (const auto& record : records_of(chunks)) all.push_back(record.alt_cm.value_or(-1));
  return all;
}

TEST(Mount, AReadOnlyStartIsToldAndEndsWithTheMountsReadOnly) {
  MountPoint mount;
  ASSERT_TRUE(mount.tmpfs() && mount.remount(MS_RDONLY));
  Rig rig(mount.path());
  rig.loop->set_anchor(kGnss);
  EXPECT_TRUE(rig.loop->open(rig.now));
  EXPECT_EQ(rig.loop->stats().state, State::kReadonly);
  EXPECT_NE(rig.loop->stats().trouble.find("Read-only file system"), std::string::npos) << rig.loop->stats().trouble;
  rig.push(Lane::kBulk, numbered(1));
  rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 1U);
  ASSERT_TRUE(mount.remount(0));
  rig.step_after(kReopenAfter);
  rig.flush();
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
  EXPECT_EQ(altitudes(rig.drain(Lane::kBulk)), std::vector<std::int32_t>{1});
  EXPECT_EQ(rig.loop->stats().durability, Durability::kBestEffort) << "it is in memory";
  EXPECT_NE(rig.loop->stats().durability_reason.find("is in memory (tmpfs)"), std::string::npos);
  rig.loop->finish(rig.now);
}

TEST(Mount, AFileSystemThatGivesUpWhileItIsWrittenToIsTakenUpAgain) {
  MountPoint mount;
  ASSERT_TRUE(mount.make_ext4());
  Rig rig(mount.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  EXPECT_EQ(rig.loop->stats().durability, Durability::kFull);
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  // As the kernel does after an error in its journal, with files open or not.
  ASSERT_TRUE(run("mount -o remount,abort " + mount.path().string()));
  for (int i = 2; i <= 5; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.step_after(Millis{1000});
    EXPECT_EQ(rig.loop->stats().state, State::kReadonly) << rig.loop->stats().trouble;
  }
  rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.loop->stats().state, State::kReadonly) << rig.loop->stats().trouble;
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 4U);
  // The system mends it; nobody tells the agent.
  ASSERT_EQ(::umount(mount.path().c_str()), 0) << "the agent holds no file of it";
  ASSERT_TRUE(mount.ext4());
  rig.step_after(kReopenAfter);
  rig.flush();
  EXPECT_EQ(rig.loop->stats().state, State::kOk) << rig.loop->stats().trouble;
  EXPECT_EQ(rig.loop->stats().quarantines, 0U);
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 5U);
  EXPECT_EQ(altitudes(rig.drain(Lane::kBulk)), (std::vector<std::int32_t>{1, 2, 3, 4, 5}));
  rig.loop->finish(rig.now);
}

TEST(Mount, ARemountWithoutBarriersIsSeenAndSoIsTheOneWithThem) {
  MountPoint mount;
  ASSERT_TRUE(mount.make_ext4());
  Rig rig(mount.path());
  rig.open();
  rig.loop->step(rig.now);
  const struct {
    const char* option = nullptr;
    Durability durability = Durability::kFull;
  } rows[] = {{"barrier=0", Durability::kBestEffort}, {"barrier=1", Durability::kFull}};
  for (const auto& [option, durability] : rows) {
    ASSERT_TRUE(run(std::string("mount -o remount,") + option + " " + mount.path().string()));
    rig.step_after(kLookEvery);
    EXPECT_EQ(rig.loop->stats().durability, durability) << option << ": " << rig.loop->stats().durability_reason;
  }
  rig.loop->finish(rig.now);
}

}  // namespace
}  // namespace odograph::outbox
