// A medium that does not give back what it was given, and a file that another process has.
#include <gtest/gtest.h>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};
/// More than any file of these tests has.
constexpr std::int64_t kBehind = 1LL << 40;

/// A closed file of more pages than SQLite caches when it opens it.
void fill(const fs::path& dir) {
  std::mt19937_64 dice(3);
  Rig rig(hasty(dir));
  rig.loop->set_anchor(kGnss);
  rig.open();
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < 1000; ++k) rig.push(Lane::kBulk, bulky(dice));
    rig.flush();
  }
  rig.loop->finish(rig.now);
}

/// Steps a second apart until `done`, or a minute is over.
void step_until(Rig& rig, const std::function<bool()>& done) {
  for (int i = 0; i < 60 && !done(); ++i) rig.step_after(Millis{1000});
  EXPECT_TRUE(done()) << rig.loop->stats().trouble;
}

TEST(Io, AReadThatFailsOnceIsReadAgain) {
  TempDir dir;
  fill(dir.path());
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  const std::uint64_t stream = rig.loop->stats().stream_id;
  const auto size = static_cast<std::int64_t>(fs::file_size(dir.path() / "outbox.db"));
  std::size_t got = 0;
  {
    const FailingReads failing(size / 2, kBehind, 1);
    for (int i = 0; i < 100 && FailingReads::failed() == 0; ++i) {
      rig.loop->step(rig.now);
      while (rig.handout.next(Lane::kBulk)) ++got;
    }
    ASSERT_EQ(FailingReads::failed(), 1);
    EXPECT_EQ(rig.loop->stats().state, State::kRecovering);
    EXPECT_NE(rig.loop->stats().trouble.find("could not be read"), std::string::npos) << rig.loop->stats().trouble;
    rig.push(Lane::kBulk, numbered(1));
    rig.flush();
    EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U) << "ingest goes on";
  }
  for (int i = 0; i < 20; ++i) {
    rig.step_after(Millis{1000});
    while (rig.handout.next(Lane::kBulk)) ++got;
  }
  EXPECT_EQ(got, 101U);
  EXPECT_EQ(rig.loop->stats().stream_id, stream) << "the same file";
  EXPECT_EQ(rig.loop->stats().quarantines, 0U);
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
}

TEST(Io, APlaceThatCannotBeReadAnyMoreCostsWhatLiesThereOnly) {
  TempDir dir;
  fill(dir.path());
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  const std::uint64_t stream = rig.loop->stats().stream_id;
  const auto page = static_cast<std::int64_t>(fs::file_size(dir.path() / "outbox.db") / kPageBytes / 2 * kPageBytes);
  std::set<Name> got;
  const FailingReads failing(page, page + 1, 1'000'000);
  const auto drain = [&] {
    rig.push(Lane::kBulk, numbered(1));
    while (const auto chunk = rig.handout.next(Lane::kBulk)) {
      if (chunk->stream_id != stream) continue;
      for (const auto& record : records_of(*chunk)) got.insert(name_of(Lane::kBulk, chunk->boot, record.n));
    }
    return rig.loop->stats().quarantines > 0;
  };
  step_until(rig, drain);
  EXPECT_GE(FailingReads::failed(), kUnreadableMax);
  const Salvaged all = salvage_all(rig);
  for (const auto& each : all.records) got.insert(each.first);
  std::size_t lost = 0;
  for (std::uint32_t n = 1; n <= 100'000; ++n) {
    const Name name = name_of(Lane::kBulk, 1, n);
    if (got.count(name) > 0) continue;
    ++lost;
    EXPECT_TRUE(is_told(all, name)) << n;
  }
  EXPECT_LE(lost, 1000U) << "a page is of one chunk";
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
}

TEST(Io, AFileThatCannotBeReadAtTheStartIsPutAsideAfterSomeTries) {
  TempDir dir;
  fill(dir.path());
  Rig rig(dir.path());
  const auto size = static_cast<std::int64_t>(fs::file_size(dir.path() / "outbox.db"));
  const FailingReads failing(size / 2, kBehind, 1'000'000);
  rig.push(Lane::kBulk, numbered(1));
  EXPECT_TRUE(rig.loop->open(rig.now)) << "it has to be counted";
  EXPECT_EQ(rig.loop->stats().state, State::kDegradedRam);
  for (int i = 1; i < kUnreadableMax; ++i) rig.step_after(kReopenAfter);
  EXPECT_EQ(rig.loop->stats().quarantines, 1U);
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U);
}

TEST(Io, TheSecondOfTwoAgentsWaitsForTheFirstToEnd) {
  TempDir dir;
  Rig first(dir.path());
  first.open();
  Rig second(dir.path());
  EXPECT_TRUE(second.loop->open(second.now));
  second.push(Lane::kBulk, numbered(1));
  second.step_after(kReopenAfter);
  EXPECT_EQ(second.loop->stats().state, State::kDegradedRam);
  EXPECT_NE(second.loop->stats().trouble.find("in use by another odograph-agent (process "), std::string::npos)
      << second.loop->stats().trouble;
  first.loop->finish(first.now);
  second.step_after(kReopenAfter);
  second.flush();
  EXPECT_EQ(second.loop->stats().state, State::kOk);
  EXPECT_EQ(second.stats(Lane::kBulk).durable, 1U);
}

}  // namespace
}  // namespace odograph::outbox
