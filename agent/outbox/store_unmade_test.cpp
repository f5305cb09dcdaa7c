// Files whose first making was cut short, and such as only look like it.
#include <gtest/gtest.h>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using model::Lane;

constexpr std::size_t kSector = 512;

/// What a cut may leave of the first page: sectors kept, missing and garbled.
std::string torn(std::size_t bytes, char first_sector) {
  return std::string(kSector, first_sector) + std::string(bytes - kSector, '\0');
}

struct Case {
  const char* name;
  std::string database;
  std::string wal;
  std::string known;      ///< Of `outbox.known`.
  std::string put_aside;  ///< Of the same in a quarantine; empty for none.
  std::uint64_t made_again = 0;
};

constexpr const char* kStream = "stream 0123456789abcdef\n";

const Case kCases[] = {
    {"FirstSectorMissing", torn(2048, '\0'), "", "", "", 1},
    {"FirstSectorGarbled", torn(kPageBytes, '\xa7'), "", "", "", 1},
    {"OneSector", std::string(kSector, '\x11'), "", "", "", 1},
    {"InThePlaceOfABrokenOne", torn(2048, '\0'), "", kStream, kStream, 1},
    {"NoWholeSectors", std::string(kSector + 1, '\x11'), "", "", "", 0},
    {"ASecondPage", torn(kPageBytes + kSector, '\0'), "", "", "", 0},
    {"AWalThatMayHoldSomething", torn(2048, '\0'), std::string(5000, 'x'), "", "", 0},
    {"AFileThatHadAStreamCutShort", torn(2048, '\0'), "", kStream, "", 0},
    {"AnotherStreamsQuarantine", torn(2048, '\0'), "", kStream, "stream 00000000000000aa\n", 0},
};

class UnmadeFile : public testing::TestWithParam<Case> {};

TEST_P(UnmadeFile, IsMadeAgainWhereItHeldNothingAndElsePutAside) {
  const Case& c = GetParam();
  TempDir dir;
  put_bytes(dir.path() / "outbox.db", c.database);
  if (!c.wal.empty()) put_bytes(dir.path() / "outbox.db-wal", c.wal);
  if (!c.known.empty()) put_bytes(dir.path() / "outbox.known", c.known);
  if (!c.put_aside.empty()) {
    fs::create_directory(dir.path() / "quarantine-1");
    put_bytes(dir.path() / "quarantine-1" / "outbox.known", c.put_aside);
    put_bytes(dir.path() / "quarantine-1" / "outbox.db", std::string(2 * kPageBytes, 'x'));
  }
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  const Stats stats = rig.loop->stats();
  EXPECT_EQ(stats.repairs.files_made_again, c.made_again);
  EXPECT_EQ(stats.quarantines, 1 - c.made_again);
  EXPECT_EQ(stats.state, State::kOk);
  rig.push(Lane::kBulk, numbered(7));
  rig.flush();
  EXPECT_EQ(records_of(rig.drain(Lane::kBulk)).size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Unmade, UnmadeFile, testing::ValuesIn(kCases), [](const auto& row) { return row.param.name; });

TEST(Unmade, AFileThatCannotBeReadIsNotRemoved) {
  TempDir dir;
  put_bytes(dir.path() / "outbox.db", torn(2048, '\0'));
  Rig rig(dir.path());
  {
    const FailingReads failing(0, kPageBytes, 100);
    const auto failure = rig.loop->open(rig.now);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->trouble, Trouble::kUnreadable) << failure->what;
  }
  EXPECT_EQ(bytes_of(dir.path() / "outbox.db"), torn(2048, '\0'));
  rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
  EXPECT_EQ(rig.loop->stats().repairs.files_made_again, 1U);
}

}  // namespace
}  // namespace odograph::outbox
