#include "lib/wire/merge.h"

#include <gtest/gtest.h>

#include "lib/wire/limits.h"
#include "lib/wire/random_records.h"

namespace odograph::wire {
namespace {

using model::Record;
using model::TimeQuality;

const BatchHeader kHeader{"v", 7, model::Lane::kBulk, 99, 5};

struct Numbers {
  std::uint32_t boot;
  std::uint32_t first_n;
  std::uint32_t count;
};

UnpackedChunk chunk_of(const Numbers& numbers) {
  UnpackedChunk chunk{numbers.boot, std::vector<Record>(numbers.count)};
  for (std::uint32_t i = 0; i < numbers.count; ++i) {
    chunk.records[i].n = numbers.first_n + i;
    chunk.records[i].flags = numbers.first_n + i;
  }
  return chunk;
}

/// One message: boot, first and last number, records, chunks done.
struct Expected {
  std::uint32_t boot;
  std::uint32_t first_n;
  std::uint32_t last_n;
  std::size_t records;
  std::size_t chunks_done;
};

struct Case {
  const char* name;
  std::vector<Numbers> chunks;
  std::size_t records_max;
  std::vector<Expected> messages;
};

const Case kCases[] = {
    {"Nothing", {}, 300, {}},
    {"OnlyAnEmptyChunk", {{1, 1, 0}}, 300, {}},
    {"OneChunk", {{1, 1, 10}}, 300, {{1, 1, 10, 10, 1}}},
    {"ConsecutiveChunksBecomeOne", {{1, 1, 10}, {1, 11, 5}, {1, 16, 1}}, 300, {{1, 1, 16, 16, 3}}},
    {"AChunkIsSplitAtTheLimit", {{1, 1, 25}}, 10, {{1, 1, 10, 10, 0}, {1, 11, 20, 10, 0}, {1, 21, 25, 5, 1}}},
    {"ALimitWithinASecondChunk", {{1, 1, 6}, {1, 7, 6}}, 10, {{1, 1, 10, 10, 1}, {1, 11, 12, 2, 2}}},
    {"ExactlyTheLimit", {{1, 1, 5}, {1, 6, 5}}, 10, {{1, 1, 10, 10, 2}}},
    {"BootsNeverMix", {{1, 8, 3}, {2, 1, 4}, {2, 5, 1}}, 300, {{1, 8, 10, 3, 1}, {2, 1, 5, 5, 3}}},
    {"BootsNeverMixThoughNumbersAscend", {{1, 1, 3}, {2, 4, 4}}, 300, {{1, 1, 3, 3, 1}, {2, 4, 7, 4, 2}}},
    {"HolesStayInOneMessage", {{1, 1, 3}, {1, 50, 2}}, 300, {{1, 1, 51, 5, 2}}},
    {"ARepeatBeginsAnew", {{1, 1, 3}, {1, 3, 2}}, 300, {{1, 1, 3, 3, 1}, {1, 3, 4, 2, 2}}},
    {"EmptyChunksAreDoneWithTheOneBefore",
     {{1, 1, 3}, {1, 4, 0}, {2, 1, 0}, {2, 1, 2}},
     300,
     {{1, 1, 3, 3, 2}, {2, 1, 2, 2, 4}}},
};

TEST(Merge, Table) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    std::vector<UnpackedChunk> chunks;
    std::vector<Record> all;
    for (const Numbers& numbers : c.chunks) {
      chunks.push_back(chunk_of(numbers));
      all.insert(all.end(), chunks.back().records.begin(), chunks.back().records.end());
    }
    const std::vector<Message> messages = merge(kHeader, chunks, {.records = c.records_max});
    ASSERT_EQ(messages.size(), c.messages.size());
    std::vector<Record> sent;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      SCOPED_TRACE(i);
      EXPECT_EQ(messages[i].boot, c.messages[i].boot);
      EXPECT_EQ(messages[i].first_n, c.messages[i].first_n);
      EXPECT_EQ(messages[i].last_n, c.messages[i].last_n);
      EXPECT_EQ(messages[i].records, c.messages[i].records);
      EXPECT_EQ(messages[i].chunks_done, c.messages[i].chunks_done);
      const auto batch = decode(messages[i].bytes);
      ASSERT_TRUE(batch) << batch.error().what;
      EXPECT_EQ(batch->header.boot, messages[i].boot);
      EXPECT_EQ(batch->header.vehicle_id, kHeader.vehicle_id);
      sent.insert(sent.end(), batch->records.begin(), batch->records.end());
    }
    EXPECT_EQ(sent, all);
  }
}

TEST(Merge, BootsOfOneNumberNeverMix) {
  std::vector<UnpackedChunk> chunks = {chunk_of({1, 1, 3}), chunk_of({1, 4, 2}), chunk_of({1, 6, 2})};
  chunks[1].boot_nonce = 20;
  chunks[2].boot_nonce = 20;
  const std::vector<Message> messages = merge(kHeader, chunks, {.records = 300});
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(decode(messages[0].bytes)->header.boot_nonce, 0U);
  EXPECT_EQ(decode(messages[1].bytes)->header.boot_nonce, 20U);
}

TEST(Merge, MessagesStayWithinTheBytes) {
  std::vector<Record> all = random_records(3, 2000);
  for (Record& record : all) {
    if (record.utc) record.boot_time.reset();
  }
  constexpr std::size_t kBytes = 5000;
  const std::vector<Message> messages = merge(kHeader, {{4, all}}, {.records = 2000, .bytes = kBytes});
  EXPECT_GT(messages.size(), 1U);
  std::vector<Record> sent;
  for (const Message& message : messages) {
    EXPECT_LE(message.bytes.size(), kBytes);
    EXPECT_EQ(message.chunks_done, &message == &messages.back() ? 1U : 0U);
    const auto batch = decode(message.bytes);
    ASSERT_TRUE(batch);
    sent.insert(sent.end(), batch->records.begin(), batch->records.end());
  }
  EXPECT_EQ(sent, all);
}

TEST(Merge, ARecordThatIsTooLargeAloneGoesAsItIs) {
  UnpackedChunk chunk = chunk_of({1, 1, 2});
  chunk.records[0].event.emplace().scope = std::string(300, 'x');
  const std::vector<Message> messages = merge(kHeader, {chunk}, {.records = 10, .bytes = 40});
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_TRUE(decode(messages[0].bytes));
}

TEST(Merge, EveryMessageCanBeDecodedWhateverTheLimitsSay) {
  // Random extremes take some 100 bytes a record, so that these would be far beyond 1 MiB in one message.
  std::size_t records = 0;
  for (const Message& message : merge(kHeader, {{1, random_records(10, kRecordsMax)}}, {kRecordsMax, 1 << 30})) {
    const auto batch = decode(message.bytes);
    ASSERT_TRUE(batch) << batch.error().what;
    records += batch->records.size();
  }
  EXPECT_EQ(records, kRecordsMax);
}

TEST(Merge, SignalsThatTakeNoBytesAreBoundedToo) {
  const auto def = std::make_shared<const model::SignalDef>(model::SignalDef{"s", "", 0});
  UnpackedChunk chunk = chunk_of({1, 1, 3000});
  for (Record& record : chunk.records) record.signals.assign(1000, {def, 0});
  for (const Message& message : merge(kHeader, {chunk}, {kRecordsMax, 1 << 30})) EXPECT_TRUE(decode(message.bytes));
}

struct AnchorCase {
  const char* name;
  std::optional<std::int64_t> boot_ms;
  std::optional<std::int64_t> utc_ms;
  std::int64_t offset_ms;
  TimeQuality quality;
  std::optional<std::int64_t> stamped_ms;
  bool backstamped;
};

const AnchorCase kAnchorCases[] = {
    {"StampsWhatHasNone", 500, {}, 1'000'000, TimeQuality::kGnss, 1'000'500, true},
    {"LeavesARecordsOwnTime", 500, 77, 1'000'000, TimeQuality::kGnss, 77, false},
    {"NothingWithoutBootTime", {}, {}, 1'000'000, TimeQuality::kGnss, {}, false},
    {"NothingWithoutQuality", 500, {}, 1'000'000, TimeQuality::kNone, {}, false},
    {"NothingBeyondYear9999", 1, {}, kUtcMsMax, TimeQuality::kNtp, {}, false},
    {"TheLastMsOfYear9999", 0, {}, kUtcMsMax, TimeQuality::kNtp, kUtcMsMax, true},
    {"NothingBeforeYear1", -1, {}, kUtcMsMin, TimeQuality::kNtp, {}, false},
    {"NothingWhereTheSumOverflows", INT64_MAX, {}, INT64_MAX, TimeQuality::kRtc, {}, false},
};

TEST(ApplyAnchor, Table) {
  for (const AnchorCase& c : kAnchorCases) {
    SCOPED_TRACE(c.name);
    std::vector<Record> records(2);
    for (Record& record : records) {
      if (c.boot_ms) record.boot_time = base::BootTime(base::Millis(*c.boot_ms));
      if (c.utc_ms) record.utc = base::UtcTime(base::Millis(*c.utc_ms));
      record.flags = model::flag::kJump;
    }
    const Record before = records[1];
    apply_anchor(records, base::Millis(c.offset_ms), c.quality);
    EXPECT_EQ(records[0], records[1]);
    EXPECT_EQ(records[0].boot_time, before.boot_time);
    ASSERT_EQ(records[0].utc.has_value(), c.stamped_ms.has_value());
    if (c.stamped_ms) EXPECT_EQ(records[0].utc->time_since_epoch().count(), *c.stamped_ms);
    EXPECT_EQ(records[0].flags, model::flag::kJump | (c.backstamped ? model::flag::kBackstamped : 0));
    EXPECT_EQ(records[0].time_quality, c.backstamped ? c.quality : TimeQuality::kNone);
  }
}

}  // namespace
}  // namespace odograph::wire
