// Records that go out of memory while there is a file, which cannot be had for now.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/memory_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

TEST(MemoryStream, LeavesAFileThatAnotherAgentHasToThatOne) {
  TempDir dir;
  Rig first(sending(dir.path()));
  first.open();
  Rig second(sending(dir.path()));
  EXPECT_TRUE(second.loop->open(second.now));
  second.loop->set_anchor(kGnss);
  second.loop->note_link(Link::kUp);
  second.push(Lane::kAlert, numbered(1));
  second.step_after(Millis{1000});
  EXPECT_FALSE(second.handout.next(Lane::kAlert)) << "everything would come twice";
  EXPECT_FALSE(second.loop->stats().sends_from_memory);
}

TEST(MemoryStream, GoesOnWhereItWasWhenTheFileGoesAwayAgain) {
  TempDir dir;
  Rig rig(sending(dir.path()));
  rig.open();
  rig.loop->set_anchor(kGnss);
  rig.loop->note_link(Link::kUp);
  rig.flush();
  std::vector<Chunk> from_memory;
  for (int outage = 0; outage < 2; ++outage) {
    std::optional<FailingWrites> failing(EIO);
    rig.push(Lane::kBulk, numbered(outage));
    for (int i = 0; i < 12; ++i) rig.step_after(Millis{1000});
    EXPECT_TRUE(rig.loop->stats().sends_from_memory) << rig.loop->stats().trouble;
    rig.push(Lane::kBulk, numbered(100 + outage));
    for (int i = 0; i < 12; ++i) rig.step_after(Millis{1000});
    while (auto chunk = rig.handout.next(Lane::kBulk)) {
      if (chunk->stream_id == memory_stream_id("truck-17")) from_memory.push_back(*std::move(chunk));
    }
    failing.reset();
    rig.step_after(kReopenAfter);
    rig.flush();
    EXPECT_FALSE(rig.loop->stats().sends_from_memory);
  }
  ASSERT_EQ(from_memory.size(), 2U);
  EXPECT_EQ(from_memory[0].boot, from_memory[1].boot);
  EXPECT_EQ(from_memory[0].boot_nonce, from_memory[1].boot_nonce);
  EXPECT_EQ(from_memory[0].first_n, 1U);
  EXPECT_EQ(from_memory[1].first_n, 2U);
}

/// A file that goes away with something stored that the uplink does not have yet, or has and has not sent.
TEST(MemoryStream, LetsWhatIsStoredComeLaterAndMixesUpNoAcknowledgement) {
  TempDir dir;
  Rig rig(sending(dir.path()));
  rig.open();
  rig.loop->set_anchor(kGnss);
  rig.loop->note_link(Link::kUp);
  rig.push(Lane::kAlert, numbered(1));
  rig.flush();
  std::optional<FailingWrites> failing(EIO);
  rig.push(Lane::kEvent, numbered(2));
  for (int i = 0; i < 12; ++i) rig.step_after(Millis{1000});
  rig.push(Lane::kAlert, numbered(3));
  rig.step_after(Millis{20});
  const auto stored = rig.handout.next(Lane::kAlert);
  const auto sent = rig.handout.next(Lane::kAlert);
  ASSERT_TRUE(stored && sent);
  EXPECT_EQ(records_of(*stored).at(0).alt_cm, 1) << "oldest first";
  EXPECT_EQ(records_of(*sent).at(0).alt_cm, 3);
  // The link failed, and now only what is in memory can be given again.
  rig.handout.rewind(Lane::kAlert);
  rig.loop->step(rig.now);
  const auto again = rig.handout.next(Lane::kAlert);
  ASSERT_TRUE(again);
  EXPECT_EQ(records_of(*again).at(0).alt_cm, 3);
  rig.handout.ack({Lane::kAlert, chunk_id(again->boot, again->chunk_no), again->stream_id});
  rig.loop->step(rig.now);
  EXPECT_EQ(rig.stats(Lane::kAlert).from_memory, 1U);
  failing.reset();
  rig.step_after(kReopenAfter);
  rig.flush();
  const auto late = rig.handout.next(Lane::kAlert);
  ASSERT_TRUE(late) << "it was not acknowledged with what came after it";
  EXPECT_EQ(late->stream_id, stored->stream_id);
  EXPECT_EQ(late->packed.columns, stored->packed.columns);
  EXPECT_FALSE(rig.handout.next(Lane::kAlert));
  EXPECT_EQ(rig.stats(Lane::kAlert).stored, 1U);
}

}  // namespace
}  // namespace odograph::outbox
