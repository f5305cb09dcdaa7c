// A medium that fails while it is written to.
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Action;
using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

TEST(Medium, AFileSystemThatIsFullAtTheStartIsTold) {
  TempDir dir;
  const FailingWrites failing(ENOSPC);
  const auto refused = Outbox::start(Rig::plain(dir.path()), base::RealClock(), Outbox::OnTrouble::kFail);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().action, Action::kRetry);
  EXPECT_NE(refused.error().what.find(dir.path().string()), std::string::npos) << refused.error().what;
  EXPECT_NE(refused.error().what.find("full"), std::string::npos) << refused.error().what;
}

TEST(Medium, AFullFileSystemLosesNothingThatWasAccepted) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.ring_records = {10, 10, 300};
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  // More than the queue holds, so that there would be something to evict.
  std::uint64_t accepted = 0;
  for (; accepted < 100; ++accepted) {
    rig.push(Lane::kBulk, numbered(1));
    rig.flush();
  }
  {
    const FailingWrites failing(ENOSPC);
    for (int i = 0; i < 500; ++i) {
      if (rig.push(Lane::kBulk, numbered(i))) ++accepted;
      rig.step_after(Millis{100});
    }
    EXPECT_EQ(rig.loop->stats().state, State::kFull);
    EXPECT_NE(rig.loop->stats().trouble.find(dir.path().string()), std::string::npos) << rig.loop->stats().trouble;
    EXPECT_EQ(accepted, 400U);
    EXPECT_EQ(rig.stats(Lane::kBulk).ring_full, 200U);
  }
  rig.step_after(kFullRetryAfter);
  rig.flush();
  const auto bulk = rig.stats(Lane::kBulk);
  EXPECT_EQ(bulk.durable, accepted);
  EXPECT_EQ(bulk.stored, accepted);
  EXPECT_EQ(bulk.evicted, 0U) << "giving records up would not have helped";
  std::uint64_t told = 0;
  for (const auto& record : records_of(rig.drain(Lane::kEvent))) told += record.loss ? record.loss->count : 0;
  EXPECT_EQ(told, bulk.ring_full);
}

// The cut that this is for is found by tests/powercut with `--control names-unsafe --page 512 --seed 24`.
TEST(Medium, EveryOpeningMakesTheNamesDurableAndFailsIfItCannot) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  int flushes = 0;
  int error = 0;
  options.file.flush_directory = [&](const fs::path& directory) {
    EXPECT_EQ(directory, dir.path());
    EXPECT_TRUE(fs::exists(directory / "outbox.db-wal")) << "its name is what has to last";
    ++flushes;
    return error;
  };
  for (int opened = 1; opened <= 2; ++opened) {
    Rig rig(options);
    rig.open();
    EXPECT_EQ(flushes, opened);
  }
  const std::pair<int, Trouble> failures[] = {
      {EIO, Trouble::kIo}, {ENOSPC, Trouble::kFull}, {EROFS, Trouble::kReadonly}, {ENOENT, Trouble::kMissing}};
  for (const auto& [number, trouble] : failures) {
    error = number;
    Rig rig(options);
    const auto failure = rig.loop->open(rig.now);
    ASSERT_TRUE(failure) << number;
    EXPECT_EQ(failure->trouble, trouble) << failure->what;
  }
}

// The cut that this is for: tests/powercut with `--control cache-trusted --page 512 --seed 13362`.
TEST(Medium, EveryOpeningReadsFromTheMediumBeforeItBelievesTheWal) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  std::vector<std::string> forgotten;
  options.file.forget_cached = [&](const fs::path& path) { forgotten.push_back(path.filename().string()); };
  {
    Rig rig(options);
    rig.open();
    rig.push(Lane::kBulk, numbered(1));
    rig.flush();
    EXPECT_EQ(forgotten, (std::vector<std::string>{"outbox.db-wal", "outbox.db-journal", "outbox.db"}));
    // Refused writes until the file is closed and opened anew.
    const FailingWrites failing(EIO);
    rig.push(Lane::kBulk, numbered(2));
    for (int i = 0; i <= kIoFailuresMax; ++i) rig.step_after(Millis{1000});
    EXPECT_EQ(forgotten.size(), 6U);
  }
  Rig rig(Rig::plain(dir.path()));
  rig.loop->set_anchor(kGnss);
  rig.open();
  EXPECT_EQ(records_of(rig.drain(Lane::kBulk)).size(), 1U) << "the system's own way leaves the file as it is";
}

struct FaultCase {
  const char* name;
  int error;
  State state;  ///< After the first failure.
};

TEST(Medium, AFailedCommitIsKeptAndTriedAgain) {
  const FaultCase cases[] = {{"EIO", EIO, State::kRecovering}, {"ENOSPC", ENOSPC, State::kFull}};
  for (const auto& c : cases) {
    for (int failures = 1; failures < 12; ++failures) {
      TempDir dir;
      Rig rig(dir.path());
      rig.loop->set_anchor(kGnss);
      rig.open();
      for (int i = 0; i < 10; ++i) rig.push(Lane::kBulk, numbered(i), SourceMark{7, 7});
      {
        const FailingWrites failing(c.error, failures % 4);
        rig.step_after(Millis{1000});
        EXPECT_EQ(rig.loop->stats().state, c.state) << c.name;
        for (int i = 1; i < failures; ++i) rig.step_after(kFullRetryAfter);
        EXPECT_EQ(rig.stats(Lane::kBulk).durable, 0U);
      }
      rig.push(Lane::kBulk, numbered(10));
      rig.step_after(kReopenAfter);
      rig.step_after(kReopenAfter);
      rig.flush();
      EXPECT_EQ(rig.loop->stats().state, State::kOk) << c.name << " " << failures << rig.loop->stats().trouble;
      std::int32_t want = 0;
      for (const auto& record : records_of(rig.drain(Lane::kBulk))) {
        EXPECT_EQ(record.alt_cm, want++);
        EXPECT_EQ(record.n, static_cast<std::uint32_t>(want));
      }
      EXPECT_EQ(want, 11) << c.name << " " << failures;
      EXPECT_EQ(rig.stats(Lane::kBulk).stored, 11U);
      EXPECT_EQ(records_of(rig.drain(Lane::kEvent)).size(), 1U) << "one boot, one report";
    }
  }
}

TEST(Medium, ACommitThatFailedAndYetIsThereIsNotMadeTwice) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.vfs = FailingFlushes::vfs();
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  rig.flush();
  for (int i = 0; i < 10; ++i) rig.push(Lane::kBulk, numbered(i));
  {
    const FailingFlushes failing;
    for (int i = 0; i < 2 * kIoFailuresMax; ++i) rig.step_after(Millis{1000});
    EXPECT_EQ(rig.loop->stats().state, State::kDegradedRam);
    EXPECT_EQ(rig.stats(Lane::kBulk).durable, 0U) << "not flushed is not durable";
    EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 10U);
  }
  rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 10U);
  EXPECT_EQ(rig.stats(Lane::kBulk).stored, 10U);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 0U);
  rig.push(Lane::kBulk, numbered(10));
  rig.flush();
  std::int32_t want = 0;
  for (const auto& record : records_of(rig.drain(Lane::kBulk))) EXPECT_EQ(record.alt_cm, want++);
  EXPECT_EQ(want, 11);
}

TEST(Medium, ANewFileGetsWhatWasOnItsWayToTheOld) {
  TempDir dir;
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  rig.push(Lane::kBulk, numbered(100));
  rig.flush();
  const std::uint64_t stream = rig.loop->stats().stream_id;
  const auto old = rig.drain(Lane::kBulk);
  ASSERT_EQ(old.size(), 1U);
  for (int i = 0; i < 10; ++i) rig.push(Lane::kBulk, numbered(i));
  {
    const FailingWrites failing(EIO);
    rig.step_after(Millis{1000});
    for (const char* name : {"outbox.db", "outbox.db-wal"}) fs::remove(dir.path() / name);
    for (int i = 0; i < 2 * kIoFailuresMax; ++i) rig.step_after(Millis{1000});
  }
  rig.step_after(kReopenAfter);
  rig.handout.ack(id_of(old[0]));  // Late, and for the file that is gone.
  rig.flush();
  EXPECT_NE(rig.loop->stats().stream_id, stream);
  EXPECT_EQ(rig.loop->stats().boot, 2U) << "ids ascend within a process";
  const auto chunks = rig.drain(Lane::kBulk);
  std::int32_t want = 0;
  for (const auto& record : records_of(chunks)) {
    EXPECT_EQ(record.alt_cm, want++);
    EXPECT_EQ(record.n, static_cast<std::uint32_t>(want));
  }
  EXPECT_EQ(want, 10);
  EXPECT_NE(chunks.at(0).stream_id, stream);
  const auto events = records_of(rig.drain(Lane::kEvent));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(*events[0].boot, (model::BootReport{"1.2.3", 0, false, {}}));
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What a killed process left in the WAL may be in the cache alone, and a flush that failed may have taken even the
// chance of it ever getting to the medium: nothing of it may get into the database.
TEST(Medium, AWalThatCannotBeFlushedAtTheStartIsNotCheckpointedOnTheWayOut) {
  TempDir dir;
  TempDir killed;
  Options options = Rig::plain(dir.path());
  options.vfs = FailingFlushes::vfs();
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  for (const auto& entry : fs::directory_iterator(dir.path())) fs::copy(entry, killed.path() / entry.path().filename());
  options.directory = killed.path();
  const std::string before = bytes_of(killed.path() / "outbox.db");
  Rig next(options);
  {
    const FailingFlushes failing(1);
    ASSERT_TRUE(next.loop->open(next.now));
  }
  EXPECT_TRUE(bytes_of(killed.path() / "outbox.db") == before) << "something was written to it";
  next.loop->set_anchor(kGnss);
  next.now += kReopenAfter;
  next.flush();
  EXPECT_EQ(records_of(next.drain(Lane::kBulk)).size(), 1U);
}

}  // namespace
}  // namespace odograph::outbox
