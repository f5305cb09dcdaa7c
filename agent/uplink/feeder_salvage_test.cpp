// What is salvaged from a broken file, on its way through the feeder.
#include "agent/uplink/feeder.h"
#include "agent/uplink/feeder_fixture.h"

namespace odograph::uplink {
namespace {

constexpr std::uint64_t kOld = 5;

outbox::Chunk salvaged(model::Lane lane, std::uint32_t chunk_no, std::uint32_t first_n, std::uint32_t count) {
  outbox::Chunk chunk;
  chunk.stream_id = kOld;
  chunk.lane = lane;
  chunk.boot = 1;
  chunk.chunk_no = chunk_no;
  chunk.first_n = first_n;
  chunk.count = count;
  chunk.packed = wire::pack(records_from(first_n, count));
  return chunk;
}

std::uint64_t stream_of(const FakeHandle::Sent& sent) {
  const auto batch = wire::decode(sent.value);
  return batch ? batch->header.stream_id : 0;
}

TEST_F(FeederTest, SalvagedChunksGoBehindEverythingElse) {
  options_.send_after = {};
  outbox_.add_salvaged(salvaged(kAlert, 3, 1, 2));
  outbox_.add(kBulk, 1, 3);
  outbox_.add(kBulk, 4, 3, 2);
  start();
  step();
  fly();
  EXPECT_EQ(told_from(), (Told{"bulk 1:1-3", "bulk 2:4-6", "alert 1:1-2"}));
  EXPECT_EQ(stream_of(handle().sent.at(1)), 7U);
  EXPECT_EQ(stream_of(handle().sent.at(2)), kOld) << "under its old name";
}

TEST_F(FeederTest, SalvagedChunksMergeWithinALaneOnly) {
  options_.send_after = {};
  outbox_.add_salvaged(salvaged(kEvent, 1, 1, 2));
  outbox_.add_salvaged(salvaged(kEvent, 2, 3, 2));
  outbox_.add_salvaged(salvaged(kBulk, 1, 5, 2));
  outbox_.add_salvaged(salvaged(kBulk, 2, 7, 2));
  start();
  step();
  EXPECT_EQ(told_from(), (Told{"event 1:1-4", "bulk 1:5-8"}));
}

TEST_F(FeederTest, SalvagedChunksAreAcknowledgedOneStreamAndLaneAfterTheOther) {
  options_.send_after = {};
  outbox_.add_salvaged(salvaged(kEvent, 1, 1, 2));
  outbox_.add_salvaged(salvaged(kBulk, 1, 1, 2));
  outbox_.add(kBulk, 1, 3);
  start();
  step();
  handle().report(Outcome::kStored);
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
  ASSERT_EQ(handle().sent.size(), 3U);
  handle().report(Outcome::kStored);
  step();
  EXPECT_EQ(outbox_.salvaged(), 1U);
  handle().report(Outcome::kStored, 1);
  step();
  EXPECT_EQ(outbox_.salvaged(), 0U);
}

TEST_F(FeederTest, SalvagedChunksThatFailedAreSentAgain) {
  options_.send_after = {};
  outbox_.add_salvaged(salvaged(kBulk, 1, 1, 2));
  start();
  step();
  handle().report(Outcome::kAgain);
  step();
  EXPECT_EQ(outbox_.salvaged(), 1U);
  step(base::Millis{60'000});
  EXPECT_EQ(told_from().back(), "bulk 1:1-2");
  EXPECT_EQ(handle().sent.size(), 2U);
  EXPECT_EQ(feeder_->stats().lanes[kSalvagedQueue].redelivered_records, 2U);
}

TEST_F(FeederTest, ARefusedSalvagedRecordIsLeftOutOfItsLaneAlone) {
  options_.send_after = {};
  outbox_.add_salvaged(salvaged(kEvent, 1, 1, 1));
  outbox_.add_salvaged(salvaged(kBulk, 1, 1, 1));
  start();
  step();
  handle().report(Outcome::kPoison);
  handle().report(Outcome::kAgain);
  for (int i = 0; i < 3; ++i) step(base::Millis{60'000});
  EXPECT_EQ(told_from().back(), "bulk 1:1-1") << "the same number in another lane is another record";
}

}  // namespace
}  // namespace odograph::uplink
