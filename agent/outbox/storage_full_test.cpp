// A file that is full of what the uplink has: what gives way, what does not, and that it never stays so.
#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <set>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using model::Lane;

enum class Taken { kByUplink, kNot };

struct FullFileRig : Rig {
  static constexpr std::size_t kRing = 200;
  static constexpr int kRecordsACommit = 160;
  explicit FullFileRig(const std::filesystem::path& directory) : Rig(small(directory)) {
    loop->set_anchor(kGnss);
    open();
  }
  static Options small(const std::filesystem::path& directory) {
    Options options = plain(directory);
    options.cap_bytes = 102 << 10;
    options.ring_records = {16, 16, kRing};
    return options;
  }
  /// The uplink takes what there is.
  void take_all() {
    for (const auto lane : model::kStoredLanes) {
      for (auto& chunk : drain(lane)) taken[lane].push_back(std::move(chunk));
    }
  }
  void push_bulk() {
    for (int i = 0; i < kRecordsACommit; ++i) push(Lane::kBulk, noisy(made++));
  }
  /// Commits until one is refused or something had to go; false if neither comes.
  bool fill(Taken by) {
    for (int i = 0; i < 400; ++i) {
      push_bulk();
      if (by == Taken::kByUplink) take_all();
      asked = loop->ask_flush();
      loop->step(now);
      if (loop->flushed() < asked || stats(Lane::kBulk).evicted > 0) return true;
    }
    return false;
  }
  bool is_flushed() const { return loop->flushed() >= asked; }
  void ack_taken() {
    for (const auto& [lane, chunks] : taken) handout.ack(id_of(chunks.back()));
  }
  /// Bulk numbers that came, and the same of those that loss records tell.
  std::set<std::uint32_t> numbers_taken() {
    std::set<std::uint32_t> numbers;
    for (const auto& record : records_of(taken[Lane::kBulk])) numbers.insert(record.n);
    return numbers;
  }
  std::set<std::uint32_t> numbers_told() {
    std::set<std::uint32_t> numbers;
    for (const auto& loss : losses_of(taken[Lane::kEvent])) {
      for (std::uint32_t n = loss.first_n; n > 0 && n <= loss.last_n; ++n) numbers.insert(n);
    }
    return numbers;
  }
  void expect_that_all_came_or_is_told() {
    const auto came = numbers_taken();
    const auto told = numbers_told();
    const auto last = static_cast<std::uint32_t>(stats(Lane::kBulk).durable);
    for (std::uint32_t n = 1; n <= last; ++n) EXPECT_TRUE(came.contains(n) || told.contains(n)) << n;
  }
  std::map<Lane, std::vector<Chunk>> taken;
  std::int32_t made = 0;
  std::uint64_t asked = 0;
};

TEST(FullFile, LeavesWhatTheUplinkHasAndCountsWhatTheRingRefuses) {
  TempDir dir;
  FullFileRig rig(dir.path());
  ASSERT_TRUE(rig.fill(Taken::kByUplink));
  EXPECT_FALSE(rig.is_flushed());
  const auto stored = rig.stats(Lane::kBulk).stored;
  for (int i = 0; i < 10; ++i) {
    rig.push_bulk();
    rig.step_after(kFullRetryAfter);
  }
  EXPECT_FALSE(rig.is_flushed());
  EXPECT_EQ(rig.loop->stats().state, State::kFull);
  const auto bulk = rig.stats(Lane::kBulk);
  EXPECT_EQ(bulk.evicted, 0U);
  EXPECT_EQ(bulk.stored, stored);
  EXPECT_EQ(bulk.in_ring, FullFileRig::kRing);
  EXPECT_GT(bulk.ring_full, 0U);
  EXPECT_EQ(bulk.made, bulk.durable + bulk.ring_full + bulk.in_ring);
}

TEST(FullFile, GoesOnWithTheAcknowledgementsThatComeWhileItIsFull) {
  TempDir dir;
  FullFileRig rig(dir.path());
  ASSERT_TRUE(rig.fill(Taken::kByUplink));
  rig.push_bulk();
  rig.push_bulk();
  rig.push_bulk();
  const auto lost = rig.stats(Lane::kBulk).ring_full;
  ASSERT_GT(lost, 0U);
  const auto stored = rig.stats(Lane::kBulk).stored;
  rig.ack_taken();
  rig.step_after(kFullRetryAfter);
  ASSERT_TRUE(rig.is_flushed()) << rig.loop->stats().trouble;
  const auto bulk = rig.stats(Lane::kBulk);
  EXPECT_EQ(bulk.acked, stored);
  EXPECT_EQ(bulk.stored, bulk.durable - bulk.acked);
  EXPECT_EQ(bulk.evicted, 0U);
  rig.take_all();
  rig.expect_that_all_came_or_is_told();
  std::uint64_t told = 0;
  for (const auto& loss : losses_of(rig.taken[Lane::kEvent])) told += loss.count;
  EXPECT_EQ(told, lost);
}

TEST(FullFile, DropsTheOldestOfWhatTheUplinkHasNotTakenFromTheQueue) {
  TempDir dir;
  FullFileRig rig(dir.path());
  ASSERT_TRUE(rig.fill(Taken::kNot));
  for (int i = 0; i < 50; ++i) {
    rig.push_bulk();
    rig.flush();
  }
  const auto bulk = rig.stats(Lane::kBulk);
  EXPECT_GT(bulk.evicted, 0U);
  EXPECT_EQ(bulk.ring_full, 0U);
  EXPECT_EQ(bulk.stored + bulk.evicted + bulk.thinned, bulk.durable);
  rig.take_all();
  rig.expect_that_all_came_or_is_told();
  EXPECT_FALSE(rig.numbers_taken().contains(1)) << "the oldest goes first";
}

// A batch that was composed and refused drops rows beyond what the queue took up again after a rewind; what was sent
// before the rewind may arrive all the same, and those rows with it.
TEST(FullFile, CountsOnceWhatIsToBeDroppedAndArrivesMeanwhile) {
  TempDir dir;
  auto options = FullFileRig::small(dir.path());
  options.ring_records[index_of(Lane::kBulk)] = 4000;
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  std::vector<Chunk> sent;
  std::int32_t made = 0;
  while (rig.loop->stats().used_bytes <= options.cap_bytes / 100 * kEvictAbovePercent) {
    for (int i = 0; i < 5; ++i) rig.push(Lane::kBulk, noisy(made++));
    rig.flush();
    for (auto& chunk : rig.drain(Lane::kBulk)) sent.push_back(std::move(chunk));
  }
  ASSERT_GT(sent.size(), 2 * kQueueChunksMax);
  ASSERT_EQ(rig.stats(Lane::kBulk).evicted, 0U);
  rig.handout.rewind(Lane::kBulk);
  rig.loop->step(rig.now);
  for (int i = 0; i < 3000; ++i) rig.push(Lane::kBulk, noisy(made++));
  const auto asked = rig.loop->ask_flush();
  {
    const FailingWrites failing(ENOSPC);
    rig.loop->step(rig.now);
  }
  ASSERT_LT(rig.loop->flushed(), asked);
  rig.handout.ack(id_of(sent.back()));
  rig.step_after(kFullRetryAfter);
  const auto bulk = rig.stats(Lane::kBulk);
  ASSERT_GE(rig.loop->flushed(), asked) << rig.loop->stats().trouble;
  EXPECT_GT(bulk.evicted, 0U);
  EXPECT_GT(bulk.acked, 0U);
  EXPECT_EQ(bulk.durable, static_cast<std::uint64_t>(made));
  EXPECT_EQ(bulk.acked + bulk.evicted, records_of(sent).size()) << "each of them once";
  EXPECT_EQ(bulk.stored, 3000U);
}

TEST(FullFile, GoesOnAfterARewindWithoutAcknowledgements) {
  TempDir dir;
  FullFileRig rig(dir.path());
  ASSERT_TRUE(rig.fill(Taken::kByUplink));
  ASSERT_FALSE(rig.is_flushed());
  for (const auto lane : model::kStoredLanes) rig.handout.rewind(lane);
  rig.loop->step(rig.now);
  rig.step_after(kFullRetryAfter);
  ASSERT_TRUE(rig.is_flushed()) << rig.loop->stats().trouble;
  EXPECT_GT(rig.stats(Lane::kBulk).evicted, 0U);
  rig.taken.clear();
  rig.take_all();
  rig.expect_that_all_came_or_is_told();
}

TEST(FullFile, KeepsNothingThatArrivedBeforeItWasStored) {
  TempDir dir;
  auto options = FullFileRig::small(dir.path());
  options.source_key.clear();
  options.hold = true;
  options.ring_records = {16, 4096, 4096};
  options.commit_bytes = 1 << 20;
  Rig rig(options);
  rig.loop->set_anchor(kGnss);
  rig.open();
  std::vector<Chunk> events;
  for (int i = 0; rig.loop->stats().used_bytes < options.cap_bytes / 100 * 80; ++i) {
    rig.push(Lane::kEvent, noisy(i));
    if (i % 200 == 0) rig.flush();
    for (auto& chunk : rig.drain(Lane::kEvent)) events.push_back(std::move(chunk));
  }
  constexpr int kRecords = 4000;
  for (int i = 0; i < kRecords; ++i) ASSERT_TRUE(rig.push(Lane::kBulk, noisy(i)));
  rig.loop->step(rig.now);
  const auto sent = rig.drain(Lane::kBulk);
  ASSERT_EQ(records_of(sent).size(), static_cast<std::size_t>(kRecords));
  const auto asked = rig.loop->ask_flush();
  rig.loop->step(rig.now);
  ASSERT_LT(rig.loop->flushed(), asked) << "it has no room in the file";
  rig.handout.ack(id_of(sent.back()));
  rig.handout.ack(id_of(events.back()));
  rig.step_after(kFullRetryAfter);
  EXPECT_GE(rig.loop->flushed(), asked) << rig.loop->stats().trouble;
  for (int i = 0; i < 5; ++i) rig.step_after(kAcksWait);
  EXPECT_EQ(rig.stats(Lane::kBulk).stored, 0U);
  EXPECT_EQ(rig.stats(Lane::kBulk).acked, static_cast<std::uint64_t>(kRecords));
}

TEST(FullFile, OfAQueueThatIsWithdrawnTheRestComesInOrder) {
  Handout handout([] {});
  EXPECT_FALSE(handout.withdraw(Lane::kBulk));
  for (const std::uint32_t no : {3U, 4U, 5U}) {
    Chunk chunk;
    chunk.lane = Lane::kBulk;
    chunk.boot = 2;
    chunk.chunk_no = no;
    ASSERT_TRUE(handout.put(std::move(chunk)));
  }
  ASSERT_TRUE(handout.next(Lane::kBulk));
  EXPECT_FALSE(handout.withdraw(Lane::kEvent));
  EXPECT_EQ(handout.withdraw(Lane::kBulk), chunk_id(2, 4));
  EXPECT_FALSE(handout.next(Lane::kBulk));
  EXPECT_FALSE(handout.withdraw(Lane::kBulk));
  handout.ack({Lane::kBulk, chunk_id(2, 5)});
  EXPECT_EQ(handout.acked(Lane::kBulk), chunk_id(2, 3)) << "what was taken back cannot have arrived";
}

}  // namespace
}  // namespace odograph::outbox
