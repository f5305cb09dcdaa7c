// A data directory that is not as it should be.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "agent/outbox/database.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Action;
using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

std::unique_ptr<Database> database(const fs::path& path) {
  auto opened = Database::open(path, "");
  return std::move(std::get<std::unique_ptr<Database>>(opened));
}

void make_ours(const fs::path& dir) {
  Rig rig(dir);
  rig.open();
  rig.push(Lane::kBulk, numbered(1));
  rig.loop->finish(rig.now);
}

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct TroubleCase {
  const char* name;
  void (*prepare)(const fs::path& dir);
  const char* below;  ///< The data directory, within the test's own.
  Action action;
  const char* says;
};

const TroubleCase kTroubleCases[] = {
    {"Missing", [](const fs::path&) {}, "nowhere/data", Action::kRetry, "does not exist"},
    {"AFile", [](const fs::path& dir) { std::ofstream(dir / "file") << "x"; }, "file", Action::kRetry,
     "is not a directory"},
    {"ForeignDatabase", [](const fs::path& dir) { database(dir / "outbox.db")->exec("CREATE TABLE theirs(x)"); }, "",
     Action::kStop, "is the database of another program"},
    {"ForeignApplicationId", [](const fs::path& dir) { database(dir / "outbox.db")->exec("PRAGMA application_id=7"); },
     "", Action::kStop, "is the database of another program"},
    {"NewerSchema",
     [](const fs::path& dir) {
       make_ours(dir);
       auto file = database(dir / "outbox.db");
       static_cast<void>(file->exec("PRAGMA locking_mode=EXCLUSIVE"));
       static_cast<void>(file->exec("PRAGMA user_version=2"));
     },
     "", Action::kStop, "has schema 2, this agent knows 1"},
};

TEST(Trouble, OfTheDirectoryIsOneClearLine) {
  for (const auto& c : kTroubleCases) {
    TempDir dir;
    c.prepare(dir.path());
    const fs::path data = std::string(c.below).empty() ? dir.path() : dir.path() / c.below;
    const std::string before = content(data / "outbox.db");
    const auto outbox = Outbox::start(Rig::plain(data), base::RealClock(), Outbox::OnTrouble::kFail);
    ASSERT_FALSE(outbox) << c.name;
    EXPECT_EQ(outbox.error().action, c.action) << c.name;
    EXPECT_NE(outbox.error().what.find(data.string()), std::string::npos) << c.name << ": " << outbox.error().what;
    EXPECT_NE(outbox.error().what.find(c.says), std::string::npos) << c.name << ": " << outbox.error().what;
    EXPECT_EQ(outbox.error().what.find('\n'), std::string::npos) << c.name;
    EXPECT_TRUE(content(data / "outbox.db") == before) << c.name << ": what is not ours is left alone";
  }
}

TEST(Trouble, ASecondAgentIsRefusedAndTheFirstGoesOn) {
  TempDir dir;
  Rig first(dir.path());
  first.open();
  const auto second = Outbox::start(Rig::plain(dir.path()), base::RealClock(), Outbox::OnTrouble::kFail);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().action, Action::kRetry);
  const std::string holder = "in use by another odograph-agent (process " + std::to_string(::getpid()) + ")";
  EXPECT_NE(second.error().what.find(holder), std::string::npos) << second.error().what;
  first.push(Lane::kBulk, numbered(1));
  first.flush();
}

TEST(Trouble, AReadOnlyDirectoryIsToldAndTakenUpOnceItIsWritable) {
  TempDir dir;
  const fs::path data = dir.path() / "data";
  fs::create_directory_symlink("/sys/kernel", data);  // Nobody makes files there, root included.
  const auto refused = Outbox::start(Rig::plain(data), base::RealClock(), Outbox::OnTrouble::kFail);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().action, Action::kRetry);
  EXPECT_NE(refused.error().what.find(data.string() + ": cannot be written"), std::string::npos)
      << refused.error().what;
  Rig rig(data);
  rig.loop->set_anchor(kGnss);
  EXPECT_TRUE(rig.loop->open(rig.now));
  rig.push(Lane::kBulk, numbered(1));
  EXPECT_EQ(rig.loop->step(rig.now), rig.now + kReopenAfter);
  EXPECT_EQ(rig.loop->stats().state, State::kReadonly);
  fs::remove(data);
  fs::create_directory(data);
  rig.step_after(kReopenAfter - Millis{1});
  EXPECT_EQ(rig.loop->stats().state, State::kReadonly);
  rig.step_after(Millis{1});
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
  rig.flush();
  EXPECT_EQ(records_of(rig.drain(Lane::kBulk)).size(), 1U);
}

TEST(Trouble, KeepTryingStartsWithoutAFileAndStoresOnceThereIsOne) {
  TempDir dir;
  const fs::path data = dir.path() / "later" / "data";
  Options options = Rig::plain(data);
  options.ring_records = {8, 8, 8};
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  EXPECT_TRUE(rig.loop->open(rig.now));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rig.push(Lane::kBulk, numbered(i)), i < 8);
  rig.loop->step(rig.now);
  EXPECT_EQ(rig.loop->stats().state, State::kDegradedRam);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 8U);
  fs::create_directory(data.parent_path());
  rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
  EXPECT_TRUE(rig.loop->stats().trouble.empty());
  rig.flush();
  EXPECT_EQ(records_of(rig.drain(Lane::kBulk)).size(), 8U);
  const auto events = records_of(rig.drain(Lane::kEvent));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(events[0].boot);
  ASSERT_TRUE(events[1].loss);
  EXPECT_EQ(events[1].loss->count, 2U);
}

TEST(Trouble, ABrokenFileIsPutAsideWithItsWal) {
  TempDir dir;
  make_ours(dir.path());
  std::uint64_t stream = 0;
  {
    Rig rig(dir.path());
    rig.open();
    stream = rig.loop->stats().stream_id;
    rig.loop->finish(rig.now);
  }
  {
    // The schema's page, behind the header that says that the file is ours.
    std::fstream file(dir.path() / "outbox.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file << std::string(kPageBytes - 100, '\x5a');
  }
  Rig rig(dir.path());
  rig.open();
  EXPECT_NE(rig.loop->stats().stream_id, stream);
  EXPECT_TRUE(fs::exists(dir.path() / "quarantine-1" / "outbox.db"));
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).stored, 1U);
}

}  // namespace
}  // namespace odograph::outbox
