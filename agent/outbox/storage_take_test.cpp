// Rings that ran full of large records: what one transaction takes of them, and that a flush and an end take all.
#include <gtest/gtest.h>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using model::Lane;

constexpr std::size_t kRecords = 9000;
constexpr std::size_t kSignals = 60;

/// With signals that do not compress.
model::Record large(std::int32_t i) {
  static const auto kDefs = [] {
    std::vector<std::shared_ptr<const model::SignalDef>> defs;
    for (std::size_t s = 0; s < kSignals; ++s) {
      defs.push_back(std::make_shared<model::SignalDef>(model::SignalDef{"signal" + std::to_string(s), "", 0}));
    }
    return defs;
  }();
  auto record = numbered(i);
  for (const auto& def : kDefs) {
    record.signals.push_back({def, static_cast<std::int64_t>(base::random_u64() >> 4)});
  }
  return record;
}

Options stalled(const fs::path& directory) {
  Options options = Rig::plain(directory);
  options.ring_records = {1024, 4096, kRecords};
  return options;
}

enum class By { kItself, kFlush, kEnd };

class StalledRing : public testing::TestWithParam<By> {};

TEST_P(StalledRing, IsCommittedInPartsThatTheWalHasRoomFor) {
  TempDir dir;
  Rig rig(stalled(dir.path()));
  rig.loop->set_anchor(kGnss);
  rig.open();
  std::size_t weighs = 0;
  for (std::size_t i = 0; i < kRecords; ++i) {
    auto record = large(static_cast<std::int32_t>(i));
    weighs += weight(record);
    ASSERT_TRUE(rig.push(Lane::kBulk, std::move(record), SourceMark{i, 0}));
  }
  ASSERT_GT(weighs, kWalRoomBytes);
  const auto before = rig.loop->stats().commits;
  if (GetParam() == By::kFlush) rig.flush();
  if (GetParam() == By::kEnd) rig.loop->finish(rig.now);
  // Woken at once for as long as something is due.
  for (auto wake = std::optional(rig.now); GetParam() == By::kItself && wake && *wake <= rig.now;) {
    wake = rig.loop->step(rig.now);
    while (rig.handout.next(Lane::kBulk)) {
    }
  }
  const auto bulk = rig.stats(Lane::kBulk);
  EXPECT_EQ(bulk.durable, kRecords);
  EXPECT_EQ(bulk.in_ring, 0U);
  EXPECT_GE(rig.loop->stats().commits - before, weighs / (kTakeBytesMax + (1U << 10)));
  EXPECT_LE(fs::file_size(dir.path() / "outbox.db-wal"), kWalRoomBytes);
}

INSTANTIATE_TEST_SUITE_P(Take, StalledRing, testing::Values(By::kItself, By::kFlush, By::kEnd));

TEST(Take, GivesTheOldestUntilTheyWeighEnoughAndKeepsTheRestWhereItWas) {
  const std::size_t each = weight(numbered(0));
  const struct {
    std::size_t waiting, bytes, taken;
  } rows[] = {{0, 100, 0},      {5, 0, 0},        {5, 1, 1},        {5, each, 1},
              {5, each + 1, 2}, {5, 4 * each, 4}, {5, 5 * each, 5}, {5, 100 * each, 5}};
  for (const auto& row : rows) {
    Ring ring(5, 1 << 20);
    for (std::size_t i = 0; i < row.waiting; ++i) {
      ring.push({numbered(static_cast<std::int32_t>(i)), {}, 0}, [&] { return at(static_cast<std::int64_t>(i)); });
    }
    const auto taken = ring.take(row.bytes);
    ASSERT_EQ(taken.size(), row.taken) << row.bytes;
    for (std::size_t i = 0; i < taken.size(); ++i) EXPECT_EQ(taken[i].record.alt_cm, static_cast<std::int32_t>(i));
    const auto level = ring.level();
    EXPECT_EQ(level.waiting, row.waiting - row.taken);
    EXPECT_EQ(level.bytes, each * level.waiting);
    EXPECT_EQ(level.oldest.has_value(), level.waiting > 0);
    if (level.oldest) EXPECT_EQ(*level.oldest, at(0)) << "no later than it was pushed";
    EXPECT_EQ(ring.room(), 5 - row.waiting) << "what was taken keeps its room";
    ring.settle(row.taken);
    EXPECT_EQ(ring.room(), 5 - row.waiting + row.taken);
    const auto rest = ring.take(100 * each);
    ASSERT_EQ(rest.size(), level.waiting);
    if (!rest.empty()) EXPECT_EQ(rest.front().record.alt_cm, static_cast<std::int32_t>(row.taken));
    EXPECT_FALSE(ring.level().oldest);
    ring.settle(rest.size());
    EXPECT_FALSE(ring.counts().held_since);
  }
}

}  // namespace
}  // namespace odograph::outbox
