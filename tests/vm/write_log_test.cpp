#include "tests/vm/write_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::vm {
namespace {

constexpr std::uint64_t kFlush = 1, kFua = 2, kDiscard = 4, kMark = 8;
constexpr std::uint64_t kDiskSectors = 64;

std::string number(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}
std::string sector(std::string bytes) {
  bytes.resize(kSectorBytes, '\0');
  return bytes;
}

/// A log as the kernel writes it.
class LogFile {
 public:
  LogFile& entry(std::uint64_t flags, std::uint64_t at, const std::string& sectors) {
    body_ += sector(number(at) + number(sectors.size()) + number(flags) + number(0));
    for (const char c : sectors) body_ += std::string(kSectorBytes, c);
    ++count_;
    return *this;
  }
  LogFile& discard(std::uint64_t at, std::uint64_t sectors) {
    body_ += sector(number(at) + number(sectors) + number(kDiscard) + number(0));
    ++count_;
    return *this;
  }
  LogFile& mark(const std::string& text) { return mark(text, text.size()); }
  LogFile& mark(const std::string& text, std::uint64_t bytes) {
    body_ += sector(number(0) + number(0) + number(kMark) + number(bytes) + text);
    ++count_;
    return *this;
  }
  std::string bytes() const { return super(0x6a736677736872, 1, count_, 512) + body_; }
  static std::string super(std::uint64_t magic, std::uint64_t version, std::uint64_t count,
                           std::uint64_t sector_bytes) {
    return sector(number(magic) + number(version) + number(count) + number(sector_bytes));
  }

 private:
  std::string body_;
  std::uint64_t count_ = 0;
};

class WriteLogTest : public testing::Test {
 protected:
  base::Result<WriteLog> read(const std::string& bytes) {
    const auto path = dir_.path() / "log";
    std::ofstream(path, std::ios::binary) << bytes;
    return WriteLog::read(path);
  }
  /// The disk at that moment, a letter a sector; '.' for one that was never written.
  std::string disk_at(const LogFile& file, const Moment& moment) {
    const auto log = read(file.bytes());
    EXPECT_TRUE(log) << (log ? "" : log.error().what);
    std::ofstream(dir_.path() / "disk", std::ios::binary) << std::string(kDiskSectors * kSectorBytes, '.');
    auto disk = Disk::read(dir_.path() / "disk");
    const auto image = disk->at(*log, moment);
    EXPECT_TRUE(image) << (image ? "" : image.error().what);
    std::string letters;
    for (std::size_t i = 0; i < 12; ++i) letters += (**image)[i * kSectorBytes];
    return letters;
  }

 private:
  outbox::TempDir dir_;
};

struct Refused {
  const char* name;
  std::string bytes;
};

TEST_F(WriteLogTest, RefusesWhatIsNotAWholeLog) {
  const LogFile one = LogFile().entry(0, 4, "a").entry(kFlush, 0, "");
  const Refused cases[] = {
      {"Empty", ""},
      {"AnotherMagic", LogFile::super(1, 1, 0, 512)},
      {"AnotherVersion", LogFile::super(0x6a736677736872, 2, 0, 512)},
      {"SectorsOfAnotherSize", LogFile::super(0x6a736677736872, 1, 0, 4096)},
      {"MoreEntriesThanThereAre", LogFile::super(0x6a736677736872, 1, 3, 512) + one.bytes().substr(512)},
      {"MoreEntriesThanAllowed", LogFile::super(0x6a736677736872, 1, kEntriesMax + 1, 512)},
      {"AWriteBehindTheLargestDisk", LogFile().entry(0, kDiskBytesMax, "a").bytes()},
      {"AMarkLongerThanItsSector", LogFile().mark("1", 500).bytes()},
  };
  for (const auto& one_case : cases) EXPECT_FALSE(read(one_case.bytes)) << one_case.name;
  EXPECT_TRUE(read(one.bytes()));
  EXPECT_TRUE(read(LogFile().bytes()));
}

TEST_F(WriteLogTest, TellsEntriesApartAndReadsMarksThatAreNumbers) {
  const auto log = read(LogFile()
                            .entry(0, 4, "ab")
                            .entry(kFlush, 0, "")
                            .entry(kFua, 8, "c")
                            .discard(4, 1000)
                            .mark("17")
                            .mark("dm-log-writes-end")
                            .bytes());
  ASSERT_TRUE(log);
  using Kind = Entry::Kind;
  const Kind kinds[] = {Kind::kWrite, Kind::kFlush, Kind::kFua, Kind::kDiscard, Kind::kMark, Kind::kMark};
  ASSERT_EQ(log->entries().size(), std::size(kinds));
  for (std::size_t i = 0; i < std::size(kinds); ++i) EXPECT_EQ(log->entries()[i].kind, kinds[i]) << i;
  EXPECT_EQ(log->entries()[4].lines, 17);
  EXPECT_FALSE(log->entries()[5].lines);
}

TEST_F(WriteLogTest, APrefixIsWhatWasDurableThen) {
  const auto file = LogFile().entry(0, 4, "ab").entry(kFlush, 0, "").entry(kFua, 5, "c").mark("1").entry(0, 4, "d");
  const char* const disks[] = {"............", "....ab......", "....ab......",
                               "....ac......", "....ac......", "....dc......"};
  for (std::size_t i = 0; i < std::size(disks); ++i) EXPECT_EQ(disk_at(file, {i, {}}), disks[i]) << i;
  EXPECT_EQ(disk_at(LogFile().entry(0, 4, "ab").discard(4, 1), {2, {}})[4], '\0');
}

TEST_F(WriteLogTest, WithinAFlushAnyPartOfItsOwnWritesIsThere) {
  const auto file = LogFile()
                        .entry(0, 1, "a")
                        .entry(kFlush, 0, "")
                        .entry(kFua, 2, "b")
                        .mark("1")
                        .entry(0, 4, "cd")
                        .entry(0, 6, "ef")
                        .entry(kFlush, 0, "");
  std::set<std::string> seen;
  for (std::uint64_t dice = 0; dice < 200; ++dice) {
    const std::string disk = disk_at(file, {6, dice});
    if (dice < 10) EXPECT_EQ(disk, disk_at(file, {6, dice})) << "the same dice";
    EXPECT_EQ(disk.substr(0, 4), ".ab.") << "what came before is there";
    for (std::size_t i = 4; i < 8; ++i) EXPECT_TRUE(disk[i] == '.' || disk[i] == "cdef"[i - 4]) << disk;
    seen.insert(disk.substr(4, 4));
  }
  EXPECT_EQ(seen.size(), 16) << "every part of four sectors";
}

TEST_F(WriteLogTest, TheSuperblockIsNotCut) {
  const auto file = LogFile().entry(0, 0, "abcdefgh").entry(kFlush, 0, "");
  for (std::uint64_t dice = 0; dice < 50; ++dice) {
    const std::string disk = disk_at(file, {1, dice});
    EXPECT_EQ(disk[2] == '.', disk[3] == '.') << disk;
  }
}

TEST_F(WriteLogTest, AWriteBehindTheEndOfTheDiskIsRefused) {
  const auto log = read(LogFile().entry(0, kDiskSectors, "a").bytes());
  ASSERT_TRUE(log);
  auto disk = Disk::read("/dev/null");
  ASSERT_TRUE(disk);
  EXPECT_FALSE(disk->go_to(*log, 1));
  EXPECT_FALSE(Disk::read("/nonexistent/disk"));
}

}  // namespace
}  // namespace odograph::vm
