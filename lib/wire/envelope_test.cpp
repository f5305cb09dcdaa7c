// What must not be believed of a batch around its columns.
#include <gtest/gtest.h>

#include <functional>

#include "lib/wire/record_batch.h"
#include "proto/raw/record_batch.pb.h"

namespace odograph::wire {
namespace {

using Batch = raw::RecordBatch;

Batch sound_batch() {
  std::vector<model::Record> records(2);
  records[0].n = 1;
  records[1].n = 2;
  Batch message;
  EXPECT_TRUE(message.ParseFromString(encode({"v", 1, model::Lane::kBulk, 1, 0}, records, Codec::kNone)));
  return message;
}

struct BatchCase {
  const char* name;
  bool sound;
  std::function<void(Batch&)> change;
};

const BatchCase kBatches[] = {
    {"AsItIs", true, [](Batch&) {}},
    {"OldestVersion", true, [](Batch& b) { b.set_version(1); }},
    {"NewerVersion", false, [](Batch& b) { b.set_version(2); }},
    {"NoVersion", false, [](Batch& b) { b.clear_version(); }},
    {"NoVehicle", false, [](Batch& b) { b.clear_vehicle_id(); }},
    {"LongVehicle", false, [](Batch& b) { b.set_vehicle_id(std::string(65, 'v')); }},
    {"LongestVehicle", true, [](Batch& b) { b.set_vehicle_id(std::string(64, 'v')); }},
    {"VehicleWithASlash", false, [](Batch& b) { b.set_vehicle_id("a/b"); }},
    {"NoLane", false, [](Batch& b) { b.clear_lane(); }},
    {"UnknownLane", false, [](Batch& b) { b.set_lane(static_cast<raw::Lane>(5)); }},
    {"LiveWithNumbers", false, [](Batch& b) { b.set_lane(raw::LIVE); }},
    {"Live", true, [](Batch& b) { b.set_lane(raw::LIVE), b.clear_first_n(); }},
    {"LiveWithGaps", false,
     [](Batch& b) { b.set_lane(raw::LIVE), b.clear_first_n(), b.set_columns("\x82\x01\x01\x01"); }},
    {"GapsAsSuch", true, [](Batch& b) { b.set_columns("\x82\x01\x01\x01"); }},
    {"StoredWithoutNumbers", false, [](Batch& b) { b.clear_first_n(); }},
    {"NoRecords", false, [](Batch& b) { b.clear_count(); }},
    {"MostRecords", true, [](Batch& b) { b.set_count(kRecordsMax); }},
    {"TooManyRecords", false, [](Batch& b) { b.set_count(kRecordsMax + 1); }},
    {"NoNonce", true, [](Batch& b) { b.clear_boot_nonce(); }},
    {"AnyNonce", true, [](Batch& b) { b.set_boot_nonce(~0U); }},
    {"UnknownCodec", false, [](Batch& b) { b.set_codec(static_cast<raw::Codec>(2)); }},
    {"WrongCodec", false, [](Batch& b) { b.set_codec(raw::ZSTD); }},
    {"ColumnsThatAreNoMessage", false, [](Batch& b) { b.set_columns("\xFF"); }},
};

TEST(Envelope, Batches) {
  for (const BatchCase& c : kBatches) {
    SCOPED_TRACE(c.name);
    Batch message = sound_batch();
    c.change(message);
    const auto batch = decode(message.SerializeAsString());
    EXPECT_EQ(batch.has_value(), c.sound) << (batch ? "" : batch.error().what);
    if (!batch) EXPECT_EQ(batch.error().action, base::Action::kDrop);
  }
}

TEST(Envelope, SaysWhatIsWrongWithWhatIsNoBatch) {
  Batch newer = sound_batch();
  newer.set_version(2);
  const std::pair<std::string, const char*> cases[] = {
      {"", "batch: empty"},
      {"hi", "batch: no version, so it is none"},
      {"\xFF", "batch: not a sound message"},
      {newer.SerializeAsString(), "batch: a version that this program does not know"},
  };
  for (const auto& [bytes, what] : cases) {
    const auto batch = decode(bytes);
    ASSERT_FALSE(batch.has_value()) << what;
    EXPECT_EQ(batch.error().what, what);
  }
}

TEST(Envelope, EveryTruncationOfAMessageIsDroppedOrShort) {
  std::vector<model::Record> records(50);
  for (std::uint32_t i = 0; i < 50; ++i) {
    records[i].n = i + 1;
    records[i].alt_cm = static_cast<std::int32_t>(i * i * 31 % 1000);
  }
  for (const std::uint32_t boot_nonce : {0U, 7U}) {
    const BatchHeader header{"v", 1, model::Lane::kBulk, 1, 9, boot_nonce};
    const std::string message = encode(header, records);
    for (std::size_t size = 0; size < message.size(); ++size) {
      // Only the nonce stands behind `columns`: nothing short of the whole message has both.
      const auto batch = decode(message.substr(0, size));
      if (batch) EXPECT_FALSE(batch->records == records && batch->header == header) << size;
    }
  }
}

TEST(NewerAgent, UnknownColumnsAndWordsAreCountedNotRefused) {
  raw::Columns columns;
  columns.add_events()->set_kind(99);
  raw::Loss& loss = *columns.add_losses();
  loss.set_lane(raw::BULK);
  loss.set_reason(99);
  Batch message = sound_batch();
  // Columns that this version does not know: field 1000 as bytes and field 1001 as a number; another in the envelope.
  message.set_columns(columns.SerializeAsString() + "\xC2\x3E\x01x" + "\xC8\x3E\x05");
  const auto batch = decode(message.SerializeAsString() + "\xC8\x3E\x05");
  ASSERT_TRUE(batch) << batch.error().what;
  EXPECT_EQ(batch->unknown_columns, 5U);
  EXPECT_FALSE(batch->records.front().event);
  EXPECT_FALSE(batch->records.front().loss);
}

TEST(Loss, TellsWhenOrThatItIsNotKnown) {
  using Ago = std::optional<base::Millis>;
  const struct {
    std::optional<std::int64_t> first;
    std::optional<std::int64_t> last;
    Ago first_ago;
    Ago last_ago;
  } rows[] = {
      {{}, {}, {}, {}},
      {0, 0, base::Millis{0}, base::Millis{0}},
      {5000, 0, base::Millis{5000}, base::Millis{0}},
      {5000, {}, base::Millis{5000}, base::Millis{0}},  // From an agent that leaves out what is 0.
      {{}, 7, base::Millis{0}, base::Millis{7}},
  };
  for (const auto& row : rows) {
    raw::Columns columns;
    raw::Loss& loss = *columns.add_losses();
    loss.set_lane(raw::BULK);
    loss.set_reason(4);
    if (row.first) loss.set_first_ago(*row.first);
    if (row.last) loss.set_last_ago(*row.last);
    Batch message = sound_batch();
    message.set_columns(columns.SerializeAsString());
    const auto batch = decode(message.SerializeAsString());
    ASSERT_TRUE(batch) << batch.error().what;
    ASSERT_TRUE(batch->records.front().loss);
    EXPECT_EQ(batch->records.front().loss->first_ago, row.first_ago);
    EXPECT_EQ(batch->records.front().loss->last_ago, row.last_ago);
    const auto again = decode(encode(batch->header, batch->records));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->records.front().loss, batch->records.front().loss);
  }
}

}  // namespace
}  // namespace odograph::wire
