// The rule set stays with the records that were made under it: in the rings, in the file, over restarts.
#include <gtest/gtest.h>

#include "agent/outbox/outbox_fixture.h"
#include "agent/outbox/row_format.h"
#include "agent/outbox/store.h"

namespace odograph::outbox {
namespace {

using model::Lane;

constexpr std::uint64_t kOld = 0x00FF'0000'0000'0080;
constexpr std::uint64_t kNew = 0xE8FF'AB3C'B8BF'CB40;
constexpr Anchor kGnss{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

Row row_with(std::uint64_t rule_set, std::uint32_t chunk_no = 1) {
  Row row{.lane = Lane::kBulk, .id = chunk_id(1, chunk_no), .first_n = 1, .count = 10, .t0_ms = 100, .t1_ms = 109};
  row.rule_set = rule_set;
  row.payload = "columns";
  return row;
}

/// "rule set in hex: altitudes", one text a chunk.
std::vector<std::string> told(const std::vector<Chunk>& chunks) {
  std::vector<std::string> all;
  for (const Chunk& chunk : chunks) {
    all.push_back(base::to_hex16(chunk.rule_set) + ":");
    for (const auto& record : records_of(chunk)) all.back() += " " + std::to_string(*record.alt_cm);
  }
  return all;
}

TEST(RuleSet, ARowWithoutOneIsStoredAsRowsAlwaysWere) {
  const Row row = row_with(0);
  EXPECT_EQ(stored_flags(row), Row::kFormat1);
  EXPECT_EQ(stored_prefix(row), "");
  EXPECT_EQ(checksum(row), 2'006'000'755U) << "as the files of earlier versions have it";
  EXPECT_NE(checksum(row_with(kOld)), checksum(row));
  EXPECT_NE(checksum(row_with(kOld)), checksum(row_with(kNew)));
}

TEST(RuleSet, ComesOutOfThePayloadAgain) {
  const Row row = row_with(kNew);
  Row read = row_with(0);
  read.flags = stored_flags(row);
  read.payload = stored_prefix(row) + row.payload;
  EXPECT_EQ(read.payload, std::string("\x40\xCB\xBF\xB8\x3C\xAB\xFF\xE8") + "columns");
  EXPECT_EQ(stored_bytes(row), read.payload.size() + kRowOverheadBytes);
  take_prefix(read);
  EXPECT_EQ(read, row);
}

TEST(RuleSet, WhatNobodyWroteIsLeftAsItIs) {
  for (const std::string& payload : {std::string("short"), std::string(8, '\0') + "columns"}) {
    Row read = row_with(0);
    read.flags |= Row::kRuleSet;
    read.payload = payload;
    Row after = read;
    take_prefix(after);
    EXPECT_EQ(after, read);
  }
}

TEST(RuleSet, TheStoreGivesBackWhatItGotAndCountsItsBytes) {
  TempDir dir;
  auto opened = Store::open({dir.path(), 64 << 20, "", {}});
  auto& store = std::get<std::unique_ptr<Store>>(opened);
  Transaction transaction;
  transaction.rows = {row_with(kOld, 1), row_with(0, 2), row_with(kNew, 3)};
  ASSERT_FALSE(store->commit(transaction));
  std::uint64_t bytes = 0;
  std::uint64_t after = 0;
  for (const Row& row : transaction.rows) {
    auto next = store->next(Lane::kBulk, after);
    const auto& found = std::get<std::optional<Store::Found>>(next);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->sound);
    EXPECT_EQ(found->row, row);
    bytes += stored_bytes(row);
    after = row.id;
  }
  EXPECT_EQ(std::get<LaneUse>(store->use(Lane::kBulk)).bytes, bytes);
}

TEST(RuleSet, ChunksAreCutWhereItChanges) {
  TempDir dir;
  {
    Rig rig(dir.path());
    rig.loop->set_anchor(kGnss);
    rig.open();
    rig.push(Lane::kBulk, numbered(1));
    rig.push(Lane::kBulk, numbered(2), {}, kOld);
    rig.push(Lane::kBulk, numbered(3), {}, kOld);
    rig.push(Lane::kBulk, numbered(4), {}, kNew);
    rig.push(Lane::kAlert, numbered(5), {}, kNew);
    rig.flush();
    const std::vector<std::string> bulk = {"0000000000000000: 1", "00ff000000000080: 2 3", "e8ffab3cb8bfcb40: 4"};
    EXPECT_EQ(told(rig.drain(Lane::kBulk)), bulk) << "from memory";
    rig.handout.rewind(Lane::kBulk);
    EXPECT_EQ(told(rig.drain(Lane::kBulk)), bulk) << "from the file";
  }
  Rig rig(dir.path());
  rig.open();
  rig.push(Lane::kBulk, numbered(6), {}, kNew);
  rig.loop->set_anchor(kGnss);
  rig.flush();
  const std::vector<std::string> bulk = {"0000000000000000: 1", "00ff000000000080: 2 3", "e8ffab3cb8bfcb40: 4",
                                         "e8ffab3cb8bfcb40: 6"};
  EXPECT_EQ(told(rig.drain(Lane::kBulk)), bulk) << "after a restart";
  EXPECT_EQ(told(rig.drain(Lane::kAlert)), std::vector<std::string>{"e8ffab3cb8bfcb40: 5"});
}

TEST(RuleSet, TheOutboxsOwnRecordsGoWithTheFirstThatFollow) {
  TempDir dir;
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  rig.push(Lane::kEvent, numbered(1), {}, kOld);
  rig.flush();
  rig.push(Lane::kEvent, numbered(2));
  rig.flush();
  const auto chunks = rig.drain(Lane::kEvent);
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].count, 2U) << "the boot's report and the first event";
  EXPECT_EQ(chunks[0].rule_set, kOld);
  EXPECT_EQ(chunks[1].rule_set, 0U) << "nothing is left over from the commit before";
}

}  // namespace
}  // namespace odograph::outbox
