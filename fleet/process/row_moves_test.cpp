#include "fleet/process/row_moves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/kafka/partitioner.h"

namespace odograph::process {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int32_t kPartitions = 5;
constexpr std::int64_t kBegun = 1'000;

/// A vehicle whose rows belong into `place`.
std::string vehicle_of(std::int32_t place) {
  for (int i = 0;; ++i) {
    std::string id = "truck-" + std::to_string(i);
    if (kafka::partition_of(id, kPartitions) == place) return id;
  }
}

kafka::Message row(std::int32_t partition, const std::string& key, const std::optional<std::string>& value,
                   std::int64_t timestamp_ms = 0) {
  kafka::Message made;
  made.partition = partition;
  made.key = key;
  made.timestamp_ms = timestamp_ms;
  made.tombstone = !value;
  made.value = value.value_or("");
  return made;
}

TEST(RowMoves, TakesTheNewestOfWhatIsElsewhere) {
  RowMoves moves(kPartitions, kBegun);
  const std::string vehicle = vehicle_of(4);
  moves.add(row(1, vehicle, "old"));
  moves.add(row(1, vehicle, "new"));
  moves.add(row(2, vehicle_of(2), "at home"));
  moves.add(row(0, vehicle_of(3), "forgotten"));
  moves.add(row(0, vehicle_of(3), std::nullopt));
  moves.add(row(0, "/0", "a note"));
  moves.add(row(0, "", "nobody's"));
  const auto found = moves.take();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].from, 1);
  EXPECT_EQ(found[0].to, 4);
  EXPECT_EQ(found[0].key, vehicle);
  EXPECT_EQ(found[0].value, "new");
  EXPECT_FALSE(found[0].is_overtaken);
  EXPECT_THAT(moves.take(), IsEmpty());
}

TEST(RowMoves, WhatStandsInItsPlaceHolds) {
  const struct {
    const char* name;
    std::optional<std::string> value;
    std::int64_t timestamp_ms;
    bool is_overtaken;
  } rows[] = {
      {"AValue", "newer", kBegun + 1, true},
      {"AValueOfBefore", "of a stranger", kBegun - 1, true},
      {"TakenAwaySince", std::nullopt, kBegun, true},
      {"TakenAwayWhenItMovedAwayBefore", std::nullopt, kBegun - 1, false},
  };
  for (const auto& each : rows) {
    for (const bool is_first : {true, false}) {
      RowMoves moves(kPartitions, kBegun);
      if (is_first) moves.add(row(4, vehicle_of(4), each.value, each.timestamp_ms));
      moves.add(row(1, vehicle_of(4), "old"));
      if (!is_first) moves.add(row(4, vehicle_of(4), each.value, each.timestamp_ms));
      const auto found = moves.take();
      ASSERT_THAT(found, SizeIs(1)) << each.name;
      EXPECT_EQ(found[0].is_overtaken, each.is_overtaken) << each.name;
    }
  }
}

TEST(RowMoves, OfTwoStrangersOneComes) {
  RowMoves moves(kPartitions, kBegun);
  moves.add(row(1, vehicle_of(4), "a"));
  moves.add(row(2, vehicle_of(4), "b"));
  const auto found = moves.take();
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_NE(found[0].is_overtaken, found[1].is_overtaken);
}

}  // namespace
}  // namespace odograph::process
