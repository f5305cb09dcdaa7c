// What is read without protobuf is what protobuf reads, and nothing else.
#include "lib/wire/single_record.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/wire/columns.h"
#include "lib/wire/random_records.h"
#include "proto/raw/record_batch.pb.h"

namespace odograph::wire {
namespace {

const BatchHeader kHeader{"truck-7", 0x0d06'0000'0000'0001U, model::Lane::kBulk, 3, 9, 11};

/// As protobuf reads it.
std::optional<model::Record> by_protobuf(std::string_view columns, std::uint32_t first_n) {
  raw::Columns parsed;
  if (!parsed.ParseFromArray(columns.data(), static_cast<int>(columns.size()))) return std::nullopt;
  auto columned = from_columns(parsed, first_n, 1);
  if (!columned || columned->unknown + count_fields_beyond(columns, raw::Columns::kLossesFieldNumber) > 0) {
    return std::nullopt;
  }
  return std::move(columned->records.front());
}

/// True if it was read; then both ways say the same.
bool is_read(std::string_view columns, std::uint32_t first_n) {
  model::Record record;
  if (!read_single(columns, first_n, record)) return false;
  const auto expected = by_protobuf(columns, first_n);
  EXPECT_TRUE(expected && *expected == record) << testing::PrintToString(std::string(columns));
  return true;
}

std::string columns_of(const model::Record& record, Times times) {
  return to_columns({&record, 1}, times).SerializeAsString();
}

std::vector<model::Record> lone_records(std::uint64_t seed) {
  std::vector<model::Record> records = random_records(seed, 40);
  for (model::Record& record : records) record.event.reset(), record.boot.reset(), record.loss.reset();
  return records;
}

TEST(SingleRecord, ReadsEveryRecordWithoutReports) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    for (model::Record& record : lone_records(seed)) {
      record.n = static_cast<std::uint32_t>(seed);
      for (const Times times : {Times::kBoth, Times::kUtcIfKnown}) {
        EXPECT_TRUE(is_read(columns_of(record, times), record.n)) << seed;
      }
    }
  }
}

TEST(SingleRecord, AgreesWithProtobufAboutBytesThatChangedOnTheirWay) {
  std::size_t read = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    for (const model::Record& record : lone_records(seed)) {
      const std::string sound = columns_of(record, Times::kBoth);
      for (std::size_t at = 0; at < sound.size(); ++at) {
        read += is_read(std::string_view(sound).substr(0, at), 1) ? 1U : 0U;
        for (const unsigned change : {0x01U, 0x02U, 0x07U, 0x08U, 0x40U, 0x80U, 0xFFU}) {
          std::string other = sound;
          other[at] = static_cast<char>(static_cast<unsigned char>(other[at]) ^ change);
          read += is_read(other, 1) ? 1U : 0U;
        }
      }
    }
  }
  EXPECT_GT(read, 1000U);
}

TEST(SingleRecord, LeavesTheRestToProtobuf) {
  model::Record event;
  event.event.emplace();
  model::Record boot;
  boot.boot.emplace();
  model::Record loss;
  loss.loss.emplace();
  raw::Columns two;
  two.add_flags(1), two.add_flags(1), two.add_flags(2);
  raw::Columns gap;
  gap.add_n_gap(1);
  raw::Columns presence;
  presence.add_alt_at(0);
  raw::Columns unit;
  raw::SignalColumn& signal = *unit.add_signals();
  signal.set_name("t"), signal.set_unit("xC"), signal.set_count(1);
  std::string no_text = unit.SerializeAsString();
  no_text[no_text.find("xC")] = '\xff';
  const std::string later = raw::Columns{}.SerializeAsString() + "\xf8\x01\x01";  // Field 31.
  const std::string disorder = std::string("\x5a\x01\x01") + "\x52\x01\x01";      // 11 before 10.
  const std::string twice = std::string("\x5a\x01\x01") + "\x5a\x01\x01";
  const std::string loose = "\x58\x01";  // Of 11, not packed.
  for (const std::string& columns :
       {columns_of(event, Times::kBoth), columns_of(boot, Times::kBoth), columns_of(loss, Times::kBoth),
        two.SerializeAsString(), gap.SerializeAsString(), presence.SerializeAsString(), no_text, later, disorder, twice,
        loose, std::string("\x5a\x02\x01"), std::string("\xff")}) {
    model::Record record;
    EXPECT_FALSE(read_single(columns, 1, record)) << testing::PrintToString(columns);
  }
}

TEST(Envelope, IsReadAsProtobufReadsIt) {
  const model::Record record{.n = 1};
  const std::string message = encode(kHeader, {&record, 1});
  const auto envelope = read_envelope(message);
  raw::RecordBatch batch;
  ASSERT_TRUE(envelope && batch.ParseFromString(message));
  EXPECT_EQ(envelope->version, batch.version());
  EXPECT_EQ(envelope->vehicle_id, batch.vehicle_id());
  EXPECT_EQ(envelope->stream_id, batch.stream_id());
  EXPECT_EQ(envelope->lane, static_cast<std::uint32_t>(batch.lane()));
  EXPECT_EQ(envelope->boot, batch.boot());
  EXPECT_EQ(envelope->first_n, batch.first_n());
  EXPECT_EQ(envelope->count, batch.count());
  EXPECT_EQ(envelope->rule_set, batch.rule_set());
  EXPECT_EQ(envelope->codec, static_cast<std::uint32_t>(batch.codec()));
  EXPECT_EQ(envelope->columns, batch.columns());
  EXPECT_EQ(envelope->boot_nonce, batch.boot_nonce());
  EXPECT_FALSE(read_envelope(message.substr(0, message.size() - 1)));
  EXPECT_FALSE(read_envelope(message + '\x60' + '\x01'));  // Field 12.
  EXPECT_FALSE(read_envelope(message + message));
}

/// What `decode` makes of a message, in words.
std::string told(const base::Result<RecordBatch>& batch) {
  if (!batch) return batch.error().what;
  const BatchHeader& header = batch->header;
  return header.vehicle_id + ' ' + std::to_string(header.stream_id) + ' ' + model::to_string(header.lane) + ' ' +
         std::to_string(header.boot) + ' ' + std::to_string(header.rule_set) + ' ' + std::to_string(header.boot_nonce) +
         ' ' + std::to_string(batch->unknown_columns);
}

TEST(Envelope, AMessageThatChangedOnItsWayIsReadAsProtobufReadsIt) {
  model::Record record{.n = 1, .flags = 5};
  record.alt_cm = 7;
  const std::string sound = encode(kHeader, {&record, 1});
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (unsigned change = 1; change < 256; ++change) {
      std::string other = sound;
      other[at] = static_cast<char>(static_cast<unsigned char>(other[at]) ^ change);
      const auto batch = decode(other);
      if (!batch) continue;  // So protobuf said.
      // An empty field 12: only protobuf takes it, and counts it.
      auto by_proto = decode(other + std::string("\x62\x00", 2));
      if (by_proto) --by_proto->unknown_columns;
      EXPECT_EQ(told(batch), told(by_proto)) << at << ' ' << change;
      if (by_proto) EXPECT_EQ(batch->records, by_proto->records) << at << ' ' << change;
    }
  }
}

}  // namespace
}  // namespace odograph::wire
