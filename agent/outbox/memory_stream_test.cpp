// While no file can be had: records go out of memory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "agent/outbox/commit_report.h"
#include "agent/outbox/memory_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Millis;
using model::Lane;

/// Its writing end; nobody reads.
int report_pipe() {
  static int ends[2] = {-1, -1};
  if (ends[1] < 0) EXPECT_EQ(::pipe(ends), 0);
  return ends[1];
}

/// Of a directory that is not there: nothing can be opened.
class Memory : public testing::Test {
 protected:
  void SetUp() override {
    EXPECT_TRUE(rig_.loop->open(rig_.now));
    rig_.loop->set_anchor(kGnss);
    rig_.loop->note_link(Link::kUp);
    rig_.loop->step(rig_.now);
  }

  fs::path data() const { return dir_.path() / "later" / "data"; }
  void give_the_directory() {
    fs::create_directories(data().parent_path());
    rig_.step_after(kReopenAfter);
    ASSERT_EQ(rig_.loop->stats().state, State::kOk) << rig_.loop->stats().trouble;
  }
  /// All that the uplink takes, acknowledged or not.
  std::vector<Chunk> taken(Lane lane) {
    std::vector<Chunk> chunks;
    while (auto chunk = rig_.handout.next(lane)) chunks.push_back(*std::move(chunk));
    return chunks;
  }
  void ack(const Chunk& chunk) {
    rig_.handout.ack({chunk.lane, chunk_id(chunk.boot, chunk.chunk_no), chunk.stream_id});
    rig_.loop->step(rig_.now);
  }

  TempDir dir_;
  Rig rig_{sending(data())};
};

TEST_F(Memory, SendsEachLaneAtItsTime) {
  const struct {
    Lane lane;
    Millis after;
    std::uint64_t own;  ///< The boot record.
  } cases[] = {{Lane::kAlert, Millis{20}, 0}, {Lane::kEvent, Millis{250}, 1}, {Lane::kBulk, Millis{1000}, 0}};
  static_cast<void>(taken(Lane::kEvent));
  for (const auto& c : cases) {
    rig_.push(c.lane, numbered(7));
    rig_.step_after(c.after - Millis{1});
    EXPECT_TRUE(taken(c.lane).empty()) << model::to_string(c.lane);
    rig_.step_after(Millis{1});
    const auto chunks = taken(c.lane);
    ASSERT_EQ(chunks.size(), 1U) << model::to_string(c.lane);
    EXPECT_EQ(records_of(chunks[0]).at(0).alt_cm, 7);
    ack(chunks[0]);
    EXPECT_EQ(rig_.stats(c.lane).from_memory, 1U + c.own);
    EXPECT_EQ(rig_.stats(c.lane).made, rig_.stats(c.lane).acked);
  }
  EXPECT_EQ(rig_.loop->stats().state, State::kDegradedRam);
  EXPECT_TRUE(rig_.loop->stats().sends_from_memory);
}

TEST_F(Memory, NamesWhatItSendsByTheVehicleAndTheTime) {
  rig_.push(Lane::kBulk, numbered(1));
  rig_.step_after(Millis{1000});
  const auto chunk = taken(Lane::kBulk).at(0);
  EXPECT_EQ(chunk.stream_id, memory_stream_id("truck-17"));
  EXPECT_EQ(chunk.boot, memory_boot(base::UtcTime{kGnss.offset}));
  EXPECT_NE(chunk.boot_nonce, 0U);
  EXPECT_EQ(chunk.vehicle_id, "truck-17");
  EXPECT_EQ(chunk.first_n, 1U);
  ASSERT_TRUE(chunk.anchor);
  EXPECT_EQ(chunk.anchor->offset, kGnss.offset);
  const auto events = records_of(taken(Lane::kEvent));
  ASSERT_EQ(events.size(), 1U);
  ASSERT_TRUE(events[0].boot);
  EXPECT_EQ(events[0].boot->previous_boot, 0U);
}

TEST_F(Memory, KeepsWhatIsNotAcknowledgedAndGivesItAgain) {
  for (int i = 1; i <= 3; ++i) {
    rig_.push(Lane::kBulk, numbered(i));
    rig_.step_after(Millis{1000});
  }
  const auto first = taken(Lane::kBulk);
  ASSERT_EQ(first.size(), 3U);
  ack(first[0]);
  EXPECT_EQ(rig_.stats(Lane::kBulk).in_ring, 2U);
  rig_.handout.rewind(Lane::kBulk);
  rig_.loop->step(rig_.now);
  const auto again = taken(Lane::kBulk);
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].first_n, 2U);
  EXPECT_EQ(again[0].packed.columns, first[1].packed.columns);
  ack(again[1]);
  EXPECT_EQ(rig_.stats(Lane::kBulk).in_ring, 0U);
  EXPECT_EQ(rig_.stats(Lane::kBulk).acked, 3U);
}

TEST_F(Memory, WhatWasSentNeverComesIntoTheFileAndWhatWasNotDoes) {
  rig_.push(Lane::kBulk, numbered(1));
  rig_.push(Lane::kBulk, numbered(2));
  rig_.step_after(Millis{1000});
  const auto sent = taken(Lane::kBulk);
  ASSERT_EQ(records_of(sent).size(), 2U);
  rig_.push(Lane::kBulk, numbered(3));
  ASSERT_NO_FATAL_FAILURE(give_the_directory());
  EXPECT_FALSE(rig_.loop->stats().sends_from_memory);
  rig_.push(Lane::kBulk, numbered(4));
  rig_.flush();
  const auto later = taken(Lane::kBulk);
  ASSERT_EQ(later.size(), 2U);
  for (std::size_t i = 0; i < later.size(); ++i) {
    EXPECT_EQ(later[i].stream_id, rig_.loop->stats().stream_id);
    EXPECT_NE(later[i].stream_id, sent[0].stream_id);
    EXPECT_EQ(later[i].first_n, i + 1) << "the file's numbers have no hole for what went out of memory";
    EXPECT_EQ(records_of(later[i]).at(0).alt_cm, static_cast<std::int32_t>(i) + 3);
  }
  EXPECT_EQ(rig_.stats(Lane::kBulk).in_ring, 2U) << "not durable before it is acknowledged";
  EXPECT_EQ(rig_.loop->stats(rig_.now).durable_lag, kReopenAfter + Millis{1000});
  ack(sent.back());
  EXPECT_EQ(rig_.stats(Lane::kBulk).durable, 4U);
  EXPECT_EQ(rig_.loop->stats(rig_.now).durable_lag, std::nullopt);
}

TEST_F(Memory, AnAcknowledgementOfItsStreamDeletesNothingOfTheFile) {
  rig_.push(Lane::kBulk, numbered(1));
  rig_.step_after(Millis{1000});
  const auto sent = taken(Lane::kBulk);
  ASSERT_NO_FATAL_FAILURE(give_the_directory());
  rig_.push(Lane::kBulk, numbered(2));
  rig_.flush();
  const auto stored = taken(Lane::kBulk);
  ASSERT_EQ(stored.size(), 1U);
  // The boot of memory is far above the file's.
  ack(sent.at(0));
  rig_.step_after(Millis{5000});
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 1U);
  ack(stored[0]);
  rig_.step_after(Millis{5000});
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 0U);
}

TEST_F(Memory, WhatTheUplinkHasNotTakenYetStaysThereForIt) {
  rig_.push(Lane::kBulk, numbered(1));
  rig_.step_after(Millis{1000});
  ASSERT_NO_FATAL_FAILURE(give_the_directory());
  EXPECT_FALSE(rig_.handout.withdraw(Lane::kBulk)) << "nothing of a file";
  rig_.push(Lane::kBulk, numbered(2));
  rig_.flush();
  const auto first = rig_.handout.next(Lane::kBulk);
  const auto second = rig_.handout.next(Lane::kBulk);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->stream_id, memory_stream_id("truck-17"));
  EXPECT_EQ(second->stream_id, rig_.loop->stats().stream_id);
}

TEST_F(Memory, HandsOutNothingMoreOnceTheLinkIsDown) {
  rig_.push(Lane::kBulk, numbered(1));
  rig_.step_after(Millis{1000});
  EXPECT_EQ(taken(Lane::kBulk).size(), 1U);
  rig_.loop->note_link(Link::kDown);
  rig_.push(Lane::kBulk, numbered(2));
  rig_.step_after(Millis{1000});
  EXPECT_TRUE(taken(Lane::kBulk).empty());
  EXPECT_FALSE(rig_.loop->stats().sends_from_memory);
  ASSERT_NO_FATAL_FAILURE(give_the_directory());
  rig_.flush();
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 1U) << "as without any of this";
}

TEST_F(Memory, LeavesMostOfARingToTheFile) {
  const std::size_t share = rig_.options.ring_records[2] / kMemoryShare;
  for (std::int32_t i = 0; i < 12'000; ++i) rig_.push(Lane::kBulk, numbered(i));
  std::uint64_t sent = 0;
  for (int i = 0; i < 50; ++i) {
    rig_.step_after(Millis{1000});
    sent += records_of(taken(Lane::kBulk)).size();
  }
  EXPECT_GE(sent, share);
  EXPECT_LT(sent, share + 1050) << "one more take at the most";
  ASSERT_NO_FATAL_FAILURE(give_the_directory());
  rig_.flush();
  EXPECT_EQ(rig_.stats(Lane::kBulk).stored, 12'000 - sent);
}

TEST_F(Memory, TellsWhatARingLostOnce) {
  const std::size_t room = rig_.options.ring_records[0];
  for (std::size_t i = 0; i < room + 5; ++i) rig_.push(Lane::kAlert, numbered(1));
  rig_.step_after(Millis{20});
  const auto losses = losses_of(taken(Lane::kEvent));
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].count, 5U);
  EXPECT_EQ(losses[0].lane, Lane::kAlert);
  ASSERT_NO_FATAL_FAILURE(give_the_directory());
  rig_.flush();
  EXPECT_TRUE(losses_of(taken(Lane::kEvent)).empty());
}

TEST_F(Memory, AFlushHastensItAndIsNotCalledDone) {
  rig_.push(Lane::kBulk, numbered(1));
  const auto asked = rig_.loop->ask_flush();
  rig_.loop->step(rig_.now);
  EXPECT_EQ(taken(Lane::kBulk).size(), 1U);
  EXPECT_LT(rig_.loop->flushed(), asked);
  EXPECT_EQ(rig_.stats(Lane::kBulk).durable, 0U);
  EXPECT_TRUE(rig_.loop->stats(rig_.now).durable_lag);
}

TEST(MemoryStream, IsNotBegunWhereItWouldDoHarm) {
  const struct {
    const char* name;
    void (*change)(Options& options);
    bool has_time = true;
    Link link = Link::kUp;
  } cases[] = {
      {"NotAsked", [](Options& options) { options.send_from_memory = false; }},
      {"ASourceThatCanWait", [](Options& options) { options.source_key = "file"; }},
      {"ACommitReport", [](Options& options) { options.commit_report = *CommitReport::open(::dup(report_pipe())); }},
      {"NoTime", [](Options&) {}, false},
      {"NoLink", [](Options&) {}, true, Link::kDown},
  };
  for (const auto& c : cases) {
    TempDir dir;
    Options options = sending(dir.path() / "nowhere" / "data");
    c.change(options);
    Rig rig(options);
    EXPECT_TRUE(rig.loop->open(rig.now)) << c.name;
    if (c.has_time) rig.loop->set_anchor(kGnss);
    rig.loop->note_link(c.link);
    rig.push(Lane::kAlert, numbered(1));
    rig.step_after(Millis{1000});
    EXPECT_FALSE(rig.handout.next(Lane::kAlert)) << c.name;
    EXPECT_FALSE(rig.handout.next(Lane::kEvent)) << c.name;
    EXPECT_FALSE(rig.loop->stats().sends_from_memory) << c.name;
    EXPECT_EQ(rig.stats(Lane::kAlert).in_ring, 1U) << c.name;
  }
}

TEST(MemoryStream, IsNamedByVehicleAndSecond) {
  EXPECT_EQ(memory_stream_id("truck-17"), memory_stream_id("truck-17"));
  EXPECT_NE(memory_stream_id("truck-17"), memory_stream_id("truck-18"));
  EXPECT_NE(memory_stream_id(""), 0U);
  const struct {
    std::int64_t utc_ms;
    std::uint32_t boot;
  } cases[] = {{0, 1},
               {1'577'836'800'000, 1},
               {1'577'836'802'999, 2},
               {1'795'468'800'000, 217'632'000},
               {9'000'000'000'000'000, kBootMax}};
  for (const auto& c : cases) EXPECT_EQ(memory_boot(base::UtcTime{Millis{c.utc_ms}}), c.boot) << c.utc_ms;
}

}  // namespace
}  // namespace odograph::outbox
