#include "lib/wire/record_batch.h"

#include <gtest/gtest.h>

#include "lib/wire/random_records.h"

namespace odograph::wire {
namespace {

using model::Record;

constexpr std::uint64_t kSeeds = 400;

std::size_t count_of(std::uint64_t seed) {
  constexpr std::array<std::size_t, 6> kCounts = {1, 2, 3, 60, 61, 300};
  return kCounts[seed % kCounts.size()];
}

TEST(RoundTrip, ChunkKeepsEveryValueOfEveryField) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<Record> records = random_records(seed, count_of(seed));
    const Packed packed = pack(records);
    const auto back = unpack(packed.codec, packed.columns, records.front().n, records.size());
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(*back, records);
  }
}

TEST(RoundTrip, MessageLeavesOutOnlyTheBootTimeWhereUtcIsKnown) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    std::vector<Record> records = random_records(seed, count_of(seed));
    const BatchHeader header{"truck-7.a_b",
                             0xFEDCBA9876543210U,
                             model::Lane::kEvent,
                             4'000'000'000U,
                             ~0ULL,
                             static_cast<std::uint32_t>(seed * 2'654'435'761U)};
    const auto back = decode(encode(header, records));
    ASSERT_TRUE(back) << back.error().what;
    for (Record& record : records) {
      if (record.utc) record.boot_time.reset();
    }
    EXPECT_EQ(back->header, header);
    EXPECT_EQ(back->records, records);
    EXPECT_EQ(back->unknown_columns, 0U);
  }
}

TEST(RoundTrip, LivePreviewHasNoNumbers) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    std::vector<Record> records = random_records(seed, count_of(seed));
    for (Record& record : records) {
      record.n = 0;
      if (record.utc) record.boot_time.reset();
    }
    const auto back = decode(encode({"v", 1, model::Lane::kLive, 3, 0}, records));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(back->records, records);
  }
}

}  // namespace
}  // namespace odograph::wire
