#include "agent/outbox/batch.h"

#include <gtest/gtest.h>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;
using model::LossReason;

Row lost(std::uint32_t boot, std::uint32_t chunk_no, std::uint32_t first_n, std::int64_t t0_ms) {
  return {.lane = Lane::kBulk,
          .id = chunk_id(boot, chunk_no),
          .first_n = first_n,
          .count = 10,
          .t0_ms = t0_ms,
          .t1_ms = t0_ms + 9};
}

TEST(Batch, NumbersOnFromWhereTheLaneEnded) {
  Batch batch;
  batch.transaction.boot = 3;
  batch.ends[index_of(Lane::kBulk)] = {7, 70};
  append(batch, Lane::kBulk, {numbered(1), numbered(2)}, at(5));
  append(batch, Lane::kAlert, {numbered(3)}, at(5));
  append(batch, Lane::kBulk, {numbered(4)}, at(6));
  append(batch, Lane::kEvent, {}, at(6));
  const auto& rows = batch.transaction.rows;
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].id, chunk_id(3, 8));
  EXPECT_EQ(rows[0].first_n, 71U);
  EXPECT_EQ(rows[0].last_n(), 72U);
  EXPECT_EQ(rows[0].t0_ms, 1001);
  EXPECT_EQ(rows[0].t1_ms, 1002);
  EXPECT_EQ(rows[0].made_ms, 5);
  EXPECT_EQ(rows[1].id, chunk_id(3, 1));
  EXPECT_EQ(rows[1].first_n, 1U);
  EXPECT_EQ(rows[2].id, chunk_id(3, 9));
  EXPECT_EQ(rows[2].first_n, 73U);
  EXPECT_EQ(batch.ends[index_of(Lane::kBulk)].n, 73U);
}

TEST(Batch, CutsChunksBeforeTheyGetTooHeavy) {
  Batch batch;
  batch.transaction.boot = 1;
  std::vector<model::Record> records(10'000, numbered(1));
  append(batch, Lane::kBulk, records, at(0));
  const std::size_t each = kChunkBytesMax / weight(numbered(1));
  ASSERT_EQ(batch.transaction.rows.size(), (records.size() + each - 1) / each);
  std::uint32_t next = 1;
  for (const Row& row : batch.transaction.rows) {
    EXPECT_EQ(row.first_n, next);
    EXPECT_LE(row.count, each);
    next += row.count;
  }
  EXPECT_EQ(next, 10'001U);
}

TEST(Batch, SaysWhetherEveryRecordHasItsUtc) {
  auto timed = numbered(1);
  timed.utc = base::UtcTime{Millis{1}};
  Batch batch;
  append(batch, Lane::kBulk, {timed, timed}, at(0));
  append(batch, Lane::kBulk, {timed, numbered(2)}, at(0));
  EXPECT_NE(batch.transaction.rows[0].flags & Row::kAllUtc, 0U);
  EXPECT_EQ(batch.transaction.rows[1].flags & Row::kAllUtc, 0U);
}

TEST(Batch, TakesNewNumbersForAnotherFile) {
  Batch batch;
  batch.transaction.boot = 3;
  batch.ends[index_of(Lane::kBulk)] = {7, 70};
  append(batch, Lane::kBulk, {numbered(1), numbered(2)}, at(5));
  append(batch, Lane::kBulk, {numbered(3)}, at(5));
  batch.transaction.acked[index_of(Lane::kBulk)] = chunk_id(3, 5);
  batch.transaction.evicted.push_back({Lane::kBulk, 1, 2});
  batch.tally[index_of(Lane::kBulk)].acked = 5;
  renumber(batch, 4, {});
  ASSERT_EQ(batch.transaction.rows.size(), 2U);
  EXPECT_EQ(batch.transaction.rows[0].id, chunk_id(4, 1));
  EXPECT_EQ(batch.transaction.rows[0].first_n, 1U);
  EXPECT_EQ(batch.transaction.rows[1].id, chunk_id(4, 2));
  EXPECT_EQ(batch.transaction.rows[1].first_n, 3U);
  EXPECT_FALSE(batch.transaction.acked[index_of(Lane::kBulk)]);
  EXPECT_TRUE(batch.transaction.evicted.empty());
  EXPECT_EQ(batch.tally[index_of(Lane::kBulk)].acked, 0U);
}

TEST(LossRecords, OneForEachBootWithItsTimes) {
  const std::map<std::uint32_t, Anchor> anchors = {{2, {Millis{1'000'000}, model::TimeQuality::kGnss}},
                                                   {4, {Millis{5'000'000}, model::TimeQuality::kGnss}}};
  const std::vector<Row> rows = {lost(1, 1, 1, 100), lost(2, 1, 1, 100), lost(2, 2, 11, 200), lost(4, 1, 1, 500)};
  const auto records = loss_records(rows, LossReason::kEvictedSpace, {at(1000), 4, anchors});
  ASSERT_EQ(records.size(), 3U);
  const auto told = [&](std::size_t i) { return *records[i].loss; };
  EXPECT_EQ(told(0), (model::LossReport{Lane::kBulk, 1, 1, 10, 10, LossReason::kEvictedSpace})) << "when is not known";
  EXPECT_EQ(told(1), (model::LossReport{Lane::kBulk, 2, 1, 20, 20, LossReason::kEvictedSpace, Millis{4'000'900},
                                        Millis{4'000'791}}));
  EXPECT_EQ(told(2),
            (model::LossReport{Lane::kBulk, 4, 1, 10, 10, LossReason::kEvictedSpace, Millis{500}, Millis{491}}));
  EXPECT_TRUE(loss_records({}, LossReason::kEvictedSpace, {at(0), 1, anchors}).empty());
}

TEST(Checksum, SeesEveryColumn) {
  const Row row = lost(1, 1, 1, 100);
  const std::uint32_t crc = checksum(row);
  std::vector<Row> changed(9, row);
  changed[0].lane = Lane::kAlert;
  changed[1].id += 1;
  changed[2].first_n += 1;
  changed[3].count += 1;
  changed[4].t0_ms += 1;
  changed[5].t1_ms += 1;
  changed[6].made_ms += 1;
  changed[7].flags ^= Row::kAllUtc;
  changed[8].payload += 'x';
  for (std::size_t i = 0; i < changed.size(); ++i) EXPECT_NE(checksum(changed[i]), crc) << i;
  EXPECT_EQ(checksum(Row(row)), crc);
}

}  // namespace
}  // namespace odograph::outbox
