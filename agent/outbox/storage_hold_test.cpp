#include <gtest/gtest.h>

#include <cerrno>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};
constexpr Millis kLimit{10'000};

Options holding(const std::filesystem::path& directory) {
  Options options = Rig::plain(directory);
  options.source_key.clear();
  options.commit_after[2] = kLimit;
  options.hold = true;
  return options;
}

/// With its boot told and acknowledged: nothing waits.
void settle(Rig& rig) {
  rig.open();
  rig.loop->set_anchor(kGnss);
  rig.flush();
  for (const auto& chunk : rig.drain(Lane::kEvent)) rig.handout.ack(id_of(chunk));
  rig.flush();
}

class Hold : public testing::Test {
 protected:
  void SetUp() override { settle(rig_); }

  /// Pushes one and returns what is handed out for it at once.
  std::optional<Chunk> pushed(int i) {
    rig_.push(Lane::kBulk, numbered(i));
    rig_.step_after(Millis{1});
    return rig_.handout.next(Lane::kBulk);
  }
  std::uint64_t commits() const { return rig_.loop->stats().commits; }

  TempDir dir_;
  Rig rig_{holding(dir_.path())};
};

TEST_F(Hold, WritesNothingWhileAcknowledgementsComeInTime) {
  const auto before = rig_.loop->stats();
  for (int i = 1; i <= 100; ++i) {
    const auto chunk = pushed(i);
    ASSERT_TRUE(chunk);
    EXPECT_EQ(chunk->first_n, static_cast<std::uint32_t>(i));
    EXPECT_EQ(chunk->chunk_no, static_cast<std::uint32_t>(i));
    EXPECT_EQ(records_of(*chunk).at(0).alt_cm, i);
    rig_.now += Millis{1000};
    rig_.handout.ack(id_of(*chunk));
    rig_.step_after(Millis{1});
    EXPECT_EQ(rig_.loop->stats(rig_.now).durable_lag, std::nullopt);
  }
  const auto after = rig_.loop->stats();
  EXPECT_EQ(after.commits, before.commits);
  EXPECT_EQ(after.bytes_written, before.bytes_written);
  EXPECT_EQ(after.lanes[2].acked, 100U);
  EXPECT_EQ(after.lanes[2].durable, 100U);
  EXPECT_EQ(after.lanes[2].in_ring, 0U);
  EXPECT_EQ(after.lanes[2].stored, 0U);
}

TEST_F(Hold, CommitsAtTheLimitWhatIsNotAcknowledged) {
  const auto chunk = pushed(1);
  ASSERT_TRUE(chunk);
  rig_.now = rig_.now - Millis{1} + kLimit - Millis{1};
  rig_.loop->step(rig_.now);
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 0U);
  EXPECT_EQ(rig_.loop->stats(rig_.now).durable_lag, kLimit - Millis{1});
  rig_.step_after(Millis{1});
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 1U);
  EXPECT_EQ(rig_.stats(Lane::kBulk).durable, 1U);
  EXPECT_FALSE(rig_.handout.next(Lane::kBulk)) << "it is out already";
  rig_.handout.ack(id_of(*chunk));
  rig_.flush();
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 0U);
  EXPECT_EQ(rig_.stats(Lane::kBulk).acked, 1U);
}

TEST_F(Hold, AsksToBeCalledAtTheLimit) {
  rig_.push(Lane::kBulk, numbered(1));
  EXPECT_EQ(rig_.loop->step(rig_.now), rig_.now + kLimit);
}

TEST_F(Hold, HoldsNothingBackBehindWhatIsStored) {
  ASSERT_TRUE(pushed(1));
  rig_.step_after(kLimit);
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 1U);
  EXPECT_FALSE(pushed(2)) << "the link does not answer: as without hold";
  rig_.step_after(kLimit);
  const auto second = rig_.handout.next(Lane::kBulk);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->first_n, 2U);
  rig_.handout.ack(id_of(*second));
  rig_.flush();
  const auto third = pushed(3);
  ASSERT_TRUE(third) << "nothing waits any more";
  EXPECT_EQ(third->first_n, 3U);
}

TEST_F(Hold, GivesTheSameAgainAfterARewind) {
  const auto first = pushed(1);
  const auto second = pushed(2);
  ASSERT_TRUE(first && second);
  rig_.handout.ack(id_of(*first));
  rig_.handout.rewind(Lane::kBulk);
  rig_.loop->step(rig_.now);
  rig_.loop->step(rig_.now);
  const auto again = rig_.handout.next(Lane::kBulk);
  ASSERT_TRUE(again);
  EXPECT_EQ(id_of(*again).id, id_of(*second).id);
  EXPECT_EQ(again->first_n, second->first_n);
  EXPECT_EQ(again->packed.columns, second->packed.columns);
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 1U) << "from the file";
  EXPECT_FALSE(rig_.handout.next(Lane::kBulk));
}

TEST_F(Hold, FreesItsRoomTogetherWithWhatComesAfterIt) {
  ASSERT_TRUE(pushed(1));
  rig_.push(Lane::kBulk, numbered(2));
  rig_.push(Lane::kBulk, numbered(3));
  rig_.flush();
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 3U);
  EXPECT_EQ(rig_.stats(Lane::kBulk).in_ring, 0U);
  EXPECT_EQ(rig_.rings[2]->room(), rig_.options.ring_records[2]);
}

TEST_F(Hold, AnyCommitTakesItAlong) {
  ASSERT_TRUE(pushed(1));
  rig_.push(Lane::kAlert, numbered(2));
  rig_.step_after(Millis{20});
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 1U) << "what the commit tells as the lane's end is then durable";
}

TEST_F(Hold, AFlushMakesItDurable) {
  ASSERT_TRUE(pushed(1));
  rig_.flush();
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 1U);
}

TEST_F(Hold, IsKeptWhileTheMediumRefusesAndCommittedThen) {
  ASSERT_TRUE(pushed(1));
  {
    const FailingWrites failing(ENOSPC);
    rig_.step_after(kLimit);
    EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 0U);
    EXPECT_EQ(rig_.stats(Lane::kBulk).in_ring, 1U);
  }
  rig_.now += kFullRetryAfter;
  rig_.flush();
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 1U);
}

TEST_F(Hold, ACleanEndKeepsWhatIsNotAcknowledged) {
  const auto first = pushed(1);
  ASSERT_TRUE(first && pushed(2));
  rig_.handout.ack(id_of(*first));
  rig_.loop->finish(rig_.now);
  Rig next(holding(dir_.path()));
  next.open();
  next.flush();
  const auto chunks = next.drain(Lane::kBulk);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_EQ(chunks[0].first_n, 2U);
  next.loop->set_anchor(kGnss);
  next.flush();
  for (const auto& record : records_of(next.drain(Lane::kEvent))) {
    if (record.boot) EXPECT_EQ(*record.boot, (model::BootReport{"1.2.3", 1, true, {0, 1, 2}}));
  }
}

struct Killed {
  const char* name;
  Millis after;            ///< Between the hand-out and the kill.
  std::size_t stored;      ///< What the next boot finds.
  std::uint32_t end_told;  ///< Bulk's last durable number, as the next boot tells it.
};

class HoldKilled : public testing::TestWithParam<Killed> {};

// As a power cut leaves it: the files as they are while the loop is still open.
TEST_P(HoldKilled, NeverGivesANumberAgainNorTellsOneThatIsNotDurable) {
  TempDir dir;
  TempDir cut;
  std::uint64_t handed = 0;
  {
    Rig rig(holding(dir.path()));
    settle(rig);
    rig.push(Lane::kBulk, numbered(1));
    rig.loop->step(rig.now);
    const auto chunk = rig.handout.next(Lane::kBulk);
    ASSERT_TRUE(chunk);
    handed = id_of(*chunk).id;
    rig.step_after(GetParam().after);
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
      std::filesystem::copy(entry.path(), cut.path() / entry.path().filename());
    }
  }
  Rig next(holding(cut.path()));
  next.open();
  next.loop->set_anchor(kGnss);
  next.flush();
  const auto old = next.drain(Lane::kBulk);
  ASSERT_EQ(old.size(), GetParam().stored);
  for (const auto& chunk : old) EXPECT_EQ(id_of(chunk).id, handed) << "the same record under the same number";
  std::uint32_t end_told = ~0U;
  for (const auto& chunk : next.drain(Lane::kEvent)) {
    for (const auto& record : records_of(chunk)) {
      if (record.boot && record.boot->previous_boot == 1) end_told = record.boot->previous_ends.bulk;
    }
    next.handout.ack(id_of(chunk));
  }
  EXPECT_EQ(end_told, GetParam().end_told);
  for (const auto& chunk : old) next.handout.ack(id_of(chunk));
  next.flush();
  next.push(Lane::kBulk, numbered(7));
  next.loop->step(next.now);
  const auto chunk = next.handout.next(Lane::kBulk);
  ASSERT_TRUE(chunk);
  EXPECT_NE(id_of(*chunk).id, handed);
  EXPECT_EQ(chunk->boot, 2U);
}

INSTANTIATE_TEST_SUITE_P(Moments, HoldKilled,
                         testing::Values(Killed{"BeforeTheLimit", kLimit - Millis{1}, 0, 0},
                                         Killed{"AfterTheLimit", kLimit, 1, 1}),
                         [](const auto& row) { return row.param.name; });

struct Refusal {
  const char* name;
  void (*change)(Options&);
};

class HoldRefused : public testing::TestWithParam<Refusal> {};

TEST_P(HoldRefused, StoresFirst) {
  TempDir dir;
  Options options = holding(dir.path());
  GetParam().change(options);
  Rig rig(options);
  settle(rig);
  rig.push(Lane::kBulk, numbered(1));
  rig.loop->step(rig.now);
  EXPECT_FALSE(rig.handout.next(Lane::kBulk));
  rig.step_after(kLimit);
  EXPECT_EQ(rig.stats(Lane::kBulk).stored, 1U);
  EXPECT_TRUE(rig.handout.next(Lane::kBulk));
}

INSTANTIATE_TEST_SUITE_P(Where, HoldRefused,
                         testing::Values(Refusal{"ItIsNotAskedFor", [](Options& options) { options.hold = false; }},
                                         Refusal{"ASourcesMarksAreKept",
                                                 [](Options& options) { options.source_key = "f"; }}),
                         [](const auto& row) { return row.param.name; });

TEST(HoldWithoutATime, StoresFirst) {
  TempDir dir;
  Rig rig(holding(dir.path()));
  rig.open();
  rig.flush();
  rig.push(Lane::kBulk, numbered(1));
  rig.step_after(kLimit);
  EXPECT_EQ(rig.stats(Lane::kBulk).stored, 1U);
}

}  // namespace
}  // namespace odograph::outbox
