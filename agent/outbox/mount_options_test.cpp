#include "agent/outbox/mount_options.h"

#include <gtest/gtest.h>

#include <fstream>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

struct Case {
  const char* name;
  const char* line;       ///< Of the data's mount; the root is an ordinary ext4.
  const char* directory;  ///< Where the data is.
  const char* reason;     ///< Empty: nothing speaks against it.
};

const Case kCases[] = {
    {"Ext4", "50 27 179:2 / /data rw,noatime shared:3 - ext4 /dev/mmcblk0p2 rw,errors=remount-ro", "/data/o", ""},
    {"Writeback", "50 27 179:2 / /data rw - ext4 /dev/mmcblk0p2 rw,data=writeback", "/data", ""},
    {"BarrierOn", "50 27 179:2 / /data rw - ext4 /dev/mmcblk0p2 rw,barrier=1", "/data", ""},
    {"F2fsPosix", "50 27 179:2 / /data rw - f2fs /dev/mmcblk0p2 rw,fsync_mode=posix", "/data", ""},
    {"F2fsStrict", "50 27 179:2 / /data rw - f2fs /dev/mmcblk0p2 rw,fsync_mode=strict", "/data", ""},
    {"Btrfs", "50 27 0:31 /@data /data rw - btrfs /dev/sda2 rw,ssd,space_cache=v2,subvol=/@data", "/data", ""},
    {"WordInAName", "50 27 0:31 / /nobarrier rw - ext4 /dev/nobarrier rw", "/nobarrier", ""},
    {"PartOfAnOption", "50 27 0:31 / /data rw - ext4 /dev/sda2 rw,xnobarrier", "/data", ""},
    {"NeighbourInMemory", "50 27 0:40 / /data rw - tmpfs tmpfs rw", "/database", ""},
    {"MalformedLine", "50 27 0:40 / /data rw tmpfs tmpfs rw", "/data", ""},
    {"ShortLine", "50 27 0:40 - tmpfs tmpfs rw", "/data", ""},
    {"NothingBehindTheDash", "50 27 0:40 / /data rw -", "/data", ""},
    {"OverlayOnExt4", "50 27 0:41 / /data rw - overlay overlay rw,lowerdir=/l,upperdir=/u/up,workdir=/u/w", "/data",
     ""},
    {"OverlayOnItself", "50 27 0:41 / /data rw - overlay overlay rw,lowerdir=/l,upperdir=/data/up", "/data", ""},
    {"OverlayWithoutUpper", "50 27 0:41 / /data ro - overlay overlay ro,lowerdir=/l", "/data", ""},
    {"VolatileElsewhere", "50 27 0:41 / /data rw - ext4 /dev/sda2 rw,volatile", "/data", ""},
    {"Nobarrier", "50 27 179:2 / /data rw,noatime - ext4 /dev/mmcblk0p2 rw,nobarrier", "/data/o",
     "/data is mounted nobarrier (ext4)"},
    {"Barrier0", "50 27 179:2 / /data rw - ext3 /dev/mmcblk0p2 rw,barrier=0,data=ordered", "/data",
     "/data is mounted barrier=0 (ext3)"},
    {"BarrierNone", "50 27 179:2 / /data rw - reiserfs /dev/sda1 rw,barrier=none", "/data",
     "/data is mounted barrier=none (reiserfs)"},
    {"Xfs", "50 27 8:3 / /data rw,relatime - xfs /dev/sda3 rw,attr2,nobarrier,inode64", "/data",
     "/data is mounted nobarrier (xfs)"},
    {"F2fsNobarrier", "50 27 179:2 / /data rw - f2fs /dev/mmcblk0p2 rw,fsync_mode=nobarrier", "/data",
     "/data is mounted fsync_mode=nobarrier (f2fs)"},
    {"Tmpfs", "49 27 0:40 / /data rw,nosuid shared:7 master:2 - tmpfs tmpfs rw,size=1024k", "/data",
     "/data is in memory (tmpfs)"},
    {"Ramfs", "49 27 0:40 / /data rw - ramfs none rw", "/data/a/b", "/data is in memory (ramfs)"},
    {"Escapes", R"(49 27 0:40 / /my\040data\134x rw - tmpfs tmpfs rw)", R"(/my data\x/o)",
     R"(/my data\x is in memory (tmpfs))"},
    {"OverlayVolatile", "50 27 0:41 / /data rw - overlay overlay rw,lowerdir=/l,upperdir=/u/up,volatile", "/data",
     "/data is mounted volatile (overlay)"},
    {"OverlayOnMemory", "50 27 0:41 / /data rw - overlay overlay rw,lowerdir=/l,upperdir=/ram/up,workdir=/ram/w",
     "/data", "/data is an overlay, and /ram is in memory (tmpfs)"},
    {"OnTop", "50 27 8:3 / /data rw - ext4 /dev/a rw\n51 50 0:40 / /data rw - tmpfs tmpfs rw", "/data",
     "/data is in memory (tmpfs)"},
};

TEST(MountOptions, TellWhetherAFlushCanBeBelieved) {
  const std::string others =
      "22 1 0:21 / /proc rw,nosuid - proc proc rw\n27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
      "30 27 0:39 / /ram rw - tmpfs tmpfs rw\n";
  for (const Case& c : kCases) {
    const auto found = find_durability(others + c.line + "\n", c.directory);
    EXPECT_EQ(found.reason, c.reason) << c.name;
    const bool full = std::string(c.reason).empty();
    EXPECT_EQ(found.durability, full ? Durability::kFull : Durability::kBestEffort) << c.name;
  }
}

TEST(MountOptions, OfNoTableSayNothing) {
  for (const char* table : {"", "\n\n", "x", " - ", "1 2 3 4 /a"}) {
    EXPECT_EQ(find_durability(table, "/data").durability, Durability::kFull) << table;
  }
}

TEST(MountOptions, AreReadForTheRealDirectory) {
  TempDir dir;
  std::filesystem::create_directory(dir.path() / "real");
  std::filesystem::create_directory_symlink(dir.path() / "real", dir.path() / "link");
  const auto real = std::filesystem::canonical(dir.path() / "real").string();
  std::ofstream(dir.path() / "mountinfo")
      << "27 1 254:0 / / rw - ext4 /dev/vda rw\n49 27 0:40 / " + real + " rw - tmpfs tmpfs rw\n";
  EXPECT_EQ(durability_of(dir.path() / "mountinfo", dir.path() / "link").reason, real + " is in memory (tmpfs)");
  EXPECT_EQ(durability_of(dir.path() / "mountinfo", dir.path()).reason, "");
  EXPECT_EQ(durability_of(dir.path() / "mountinfo", dir.path() / "nowhere").reason, "");
  EXPECT_EQ(durability_of(dir.path() / "nothing", dir.path()).reason, "");
}

TEST(MountOptions, ReachTheStats) {
  TempDir dir;
  const auto path = std::filesystem::canonical(dir.path()).string();
  std::ofstream(dir.path() / "mountinfo") << "27 1 254:0 / " + path + " rw - ext4 /dev/vda rw,nobarrier\n";
  Options options = Rig::plain(dir.path());
  options.file.mountinfo = dir.path() / "mountinfo";
  Rig rig(options);
  rig.open();
  EXPECT_EQ(rig.loop->stats().durability, Durability::kBestEffort);
  EXPECT_EQ(rig.loop->stats().durability_reason, path + " is mounted nobarrier (ext4)");
}

}  // namespace
}  // namespace odograph::outbox
