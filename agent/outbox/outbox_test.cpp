// The whole outbox with its thread.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "agent/outbox/outbox_fixture.h"
#include "lib/base/unique_fd.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};
constexpr Millis kPatience{20'000};

std::unique_ptr<Outbox> started(const Options& options) {
  auto outbox = Outbox::start(options, base::RealClock(), Outbox::OnTrouble::kFail);
  EXPECT_TRUE(outbox) << (outbox ? "" : outbox.error().what);
  return outbox ? *std::move(outbox) : nullptr;
}

bool readable(int fd, Millis patience) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(patience.count())) == 1;
}

/// Takes chunks of `lane` until it has `count` records, acknowledging none.
std::vector<Chunk> take(Outbox& outbox, Lane lane, std::size_t count) {
  std::vector<Chunk> chunks;
  for (std::size_t got = 0; got < count;) {
    if (auto chunk = outbox.next(lane)) {
      got += chunk->count;
      chunks.push_back(*std::move(chunk));
    } else if (!readable(outbox.chunk_fd(lane), kPatience)) {
      ADD_FAILURE() << got << " of " << count;
      return chunks;
    }
  }
  return chunks;
}

TEST(Outbox, CarriesRecordsFromTheLoopToTheUplink) {
  TempDir dir;
  auto outbox = started(Rig::plain(dir.path()));
  ASSERT_TRUE(outbox);
  outbox->set_anchor(kGnss);
  std::thread loop([&] {
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(outbox->push(Lane::kBulk, numbered(i)));
  });
  const auto chunks = take(*outbox, Lane::kBulk, 5000);
  loop.join();
  std::int32_t want = 0;
  for (const auto& record : records_of(chunks)) EXPECT_EQ(record.alt_cm, want++);
  EXPECT_EQ(want, 5000);
  ASSERT_FALSE(chunks.empty());
  outbox->ack(id_of(chunks.back()));
  ASSERT_TRUE(outbox->flush(kPatience));
  const auto stats = outbox->stats();
  EXPECT_EQ(stats.lanes[index_of(Lane::kBulk)].acked, 5000U);
  EXPECT_EQ(stats.lanes[index_of(Lane::kBulk)].stored, 0U);
  EXPECT_EQ(stats.state, State::kOk);
  EXPECT_EQ(chunks[0].stream_id, stats.stream_id);
  EXPECT_GT(stats.bytes_written, 5000U);
}

TEST(Outbox, HandsOutWhatIsSalvagedUntilItIsAcknowledged) {
  TempDir dir;
  {
    auto outbox = started(Rig::plain(dir.path()));
    ASSERT_TRUE(outbox);
    for (int i = 0; i < 50; ++i) outbox->push(Lane::kBulk, numbered(i));
  }
  {
    std::fstream file(dir.path() / "outbox.db", std::ios::in | std::ios::out | std::ios::binary);
    file << "no database";
  }
  auto outbox = started(Rig::plain(dir.path()));
  ASSERT_TRUE(outbox);
  EXPECT_EQ(outbox->stats().quarantines, 1U);
  std::int32_t want = 0;
  bool is_closed = false;
  while (!is_closed) {
    const auto chunk = outbox->next_salvaged();
    if (!chunk) {
      ASSERT_TRUE(readable(outbox->salvage_fd(), kPatience)) << want;
      continue;
    }
    EXPECT_NE(chunk->stream_id, outbox->stats().stream_id);
    for (const auto& record : records_of(*chunk)) {
      if (chunk->lane == Lane::kBulk) EXPECT_EQ(record.alt_cm, want++);
    }
    is_closed = chunk->boot == kClosingBoot;
    auto id = id_of(*chunk);
    id.stream_id = chunk->stream_id;
    outbox->ack_salvaged(id);
  }
  EXPECT_EQ(want, 50);
  // The acknowledgement wakes the storage thread, which steps before it answers this.
  EXPECT_TRUE(outbox->flush(kPatience));
  EXPECT_TRUE(outbox->flush(kPatience));
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "quarantine-1"));
}

TEST(Outbox, ASourceThatWaitsForRoomLosesNothing) {
  TempDir dir;
  Options options = Rig::plain(dir.path());
  options.ring_records = {16, 16, 16};
  options.commit_after = {Millis{1}, Millis{1}, Millis{1}};
  auto outbox = started(options);
  ASSERT_TRUE(outbox);
  for (int i = 0; i < 500; ++i) {
    while (outbox->room(Lane::kBulk) == 0) ASSERT_TRUE(readable(outbox->room_fd(), kPatience));
    ASSERT_TRUE(outbox->push(Lane::kBulk, numbered(i)));
  }
  ASSERT_TRUE(outbox->flush(kPatience));
  const auto bulk = outbox->stats().lanes[index_of(Lane::kBulk)];
  EXPECT_EQ(bulk.durable, 500U);
  EXPECT_EQ(bulk.ring_full, 0U);
}

TEST(Outbox, StoppingCommitsWhatTheRingsHold) {
  TempDir dir;
  {
    auto outbox = started(Rig::plain(dir.path()));
    ASSERT_TRUE(outbox);
    for (int i = 0; i < 100; ++i) outbox->push(Lane::kBulk, numbered(i));
  }
  std::filesystem::remove(dir.path() / "outbox.db-wal");  // All of it is in the database: the WAL was checkpointed.
  auto outbox = started(Rig::plain(dir.path()));
  ASSERT_TRUE(outbox);
  EXPECT_EQ(records_of(take(*outbox, Lane::kBulk, 100)).size(), 100U);
  outbox->set_anchor(kGnss);
  const auto events = records_of(take(*outbox, Lane::kEvent, 2));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(*events[1].boot, (model::BootReport{"1.2.3", 1, true, {0, 1, 100}}));
}

/// Pushes until it is killed, and tells through `told` how many records are durable.
[[noreturn]] void feed_until_killed(const std::filesystem::path& directory, int first, int told) {
  Options options = Rig::plain(directory);
  options.commit_bytes = 2000;
  auto outbox = Outbox::start(options, base::RealClock(), Outbox::OnTrouble::kFail);
  if (!outbox) ::_exit(2);
  for (int i = first;; ++i) {
    while ((*outbox)->room(Lane::kBulk) == 0) readable((*outbox)->room_fd(), kPatience);
    (*outbox)->push(Lane::kBulk, numbered(i), SourceMark{static_cast<std::uint64_t>(i), 0});
    if (i % 37 != 36) continue;
    if (!(*outbox)->flush(kPatience)) ::_exit(3);
    if (::write(told, &i, sizeof i) != sizeof i) ::_exit(4);
  }
}

TEST(Outbox, WhatWasReportedDurableSurvivesKills) {
  TempDir dir;
  int next = 0;
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const base::UniqueFd reports(ends[0]);
    base::UniqueFd told(ends[1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) feed_until_killed(dir.path(), next, told.get());
    told.reset();
    int durable = next - 1;
    for (int i = 0; i <= round % 5; ++i) ASSERT_EQ(::read(reports.get(), &durable, sizeof durable), 4);
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    for (int later = 0; ::read(reports.get(), &later, sizeof later) == 4;) durable = later;

    Rig rig(dir.path());
    rig.open();
    std::int32_t want = 0;
    for (const auto& record : records_of(rig.drain(Lane::kBulk))) {
      auto expected = numbered(want++);
      expected.n = record.n;
      ASSERT_EQ(record, expected);
    }
    ASSERT_GT(want, durable) << "round " << round;
    const auto mark = rig.loop->source_marks()[index_of(Lane::kBulk)];
    ASSERT_TRUE(mark);
    ASSERT_EQ(mark->offset, static_cast<std::uint64_t>(want - 1)) << "mark and records are one transaction";
    next = want;
  }
}

}  // namespace
}  // namespace odograph::outbox
