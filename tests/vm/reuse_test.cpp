#include "tests/vm/reuse.h"

#include <gtest/gtest.h>

#include <fstream>

#include "agent/outbox/outbox_fixture.h"
#include "lib/wire/record_batch.h"

namespace odograph::vm {
namespace {

using model::Lane;

constexpr process::BootName kBefore{1, 10};
constexpr process::BootName kUndone{2, 20};
constexpr process::BootName kFresh{2, 21};

struct Case {
  const char* name;
  std::vector<Seen> seen;
  Reuse reuse;
};

const Case kCases[] = {
    {"Nothing", {}, {0, 0, 0}},
    {"NothingOfTheUndoneBoot", {{Lane::kBulk, kBefore, 9}, {Lane::kBulk, kFresh, 1}}, {1, 0, 0}},
    {"FewerThanBefore",
     {{Lane::kBulk, kUndone, 3}, {Lane::kBulk, kFresh, 1}, {Lane::kBulk, kFresh, 2}, {Lane::kAlert, kFresh, 1}},
     {3, 0, 2}},
    {"MoreThanBefore", {{Lane::kBulk, kUndone, 1}, {Lane::kBulk, kFresh, 1}, {Lane::kBulk, kFresh, 2}}, {2, 0, 1}},
    {"WhatComesTwiceIsDropped", {{Lane::kBulk, kFresh, 1}, {Lane::kBulk, kFresh, 1}}, {2, 1, 1}},
    {"NoNonce", {{Lane::kBulk, {2, 0}, 3}, {Lane::kBulk, {2, 21}, 1}}, {1, 1, 1}},
};

TEST(Reuse, CountsWhatTheFleetDropsOfTheNewBoot) {
  for (const Case& row : kCases) {
    const Reuse reuse = reuse_of(row.seen, kFresh);
    EXPECT_EQ(reuse.records, row.reuse.records) << row.name;
    EXPECT_EQ(reuse.dropped, row.reuse.dropped) << row.name;
    EXPECT_EQ(reuse.dropped_without, row.reuse.dropped_without) << row.name;
  }
}

TEST(Reuse, TheFleetHasWhatWasAcknowledged) {
  outbox::TempDir dir;
  std::vector<model::Record> records(2);
  records[0].n = 5;
  records[0].alt_cm = records[1].alt_cm = 300;
  records[1].n = 6;
  const auto packed = wire::pack(records);
  std::string hex;
  for (const char c : packed.columns) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  std::ofstream(dir.path() / "notes") << "O 0123456789abcdef 2 20\nP 3 1\nH 3 2 20 1 5 2 "
                                      << static_cast<int>(packed.codec) << ' ' << hex << "\nF\n";
  const auto story = Story::read(dir.path() / "notes");
  ASSERT_TRUE(story);
  EXPECT_TRUE(seen_until(*story, 2).empty());
  const auto seen = seen_until(*story, 100);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].lane, Lane::kBulk);
  EXPECT_EQ(seen[1].boot.nonce, 20U);
  EXPECT_EQ(seen[1].n, 6U);
}

}  // namespace
}  // namespace odograph::vm
