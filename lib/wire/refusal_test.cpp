// What must not be believed of columns, one row a guard; the rows of kSound show that it is the fault that is refused.
#include <gtest/gtest.h>

#include <functional>

#include "lib/wire/record_batch.h"
#include "lib/wire/rice.h"
#include "lib/wire/zstd_codec.h"
#include "proto/raw/record_batch.pb.h"

namespace odograph::wire {
namespace {

using Columns = raw::Columns;

constexpr std::uint32_t kCount = 4;

std::string rice(std::initializer_list<std::int64_t> values) {
  const Signed field(values.begin(), values.end());
  std::string code;
  rice_pack(field, code);
  return code;
}

template <class Field>
void set(Field* field, std::initializer_list<std::int64_t> values) {
  field->Clear();
  for (const std::int64_t value : values) field->Add(static_cast<typename Field::value_type>(value));
}

raw::SignalColumn& signal(Columns& c, std::uint32_t count) {
  raw::SignalColumn& column = *c.add_signals();
  column.set_name("fuel");
  column.set_count(count);
  return column;
}

base::Result<std::vector<model::Record>> unpacked(const std::function<void(Columns&)>& make) {
  Columns columns;
  make(columns);
  return unpack(Codec::kNone, columns.SerializeAsString(), 1, kCount);
}

struct ColumnCase {
  const char* name;
  std::function<void(Columns&)> make;
};

const ColumnCase kSound[] = {
    {"Nothing", [](Columns&) {}},
    {"EveryPresence", [](Columns& c) { c.set_present_in_all(255); }},
    {"GapsUpToTheLast",
     [](Columns& c) {
       set(c.mutable_n_gap(), {0, 0, 4'294'967'291});
     }},
    {"PresenceOfTheLast", [](Columns& c) { set(c.mutable_alt_at(), {3}), c.set_alt(rice({7})); }},
    {"PresenceBeginningWithTheFirst",
     [](Columns& c) {
       set(c.mutable_alt_at(), {0, 1, 2}), c.set_alt(rice({7, 1}));
     }},
    {"RunsThatEndWithTheLast",
     [](Columns& c) {
       set(c.mutable_flags(), {1, 3, 2});
     }},
    {"Int32Ends",
     [](Columns& c) {
       c.set_present_in_all(8), c.set_alt(rice({INT32_MAX, -4'294'967'295, 1}));
     }},
    {"SignalOfTheLast", [](Columns& c) { set(signal(c, 1).mutable_gap(), {3}); }},
    {"SignalOfAll", [](Columns& c) { signal(c, kCount).set_decimals(9); }},
    {"SignalOfAllExtremes",
     [](Columns& c) {
       set(signal(c, 2).mutable_mantissa(), {INT64_MIN, INT64_MIN});
     }},
    {"EventAtTheLast", [](Columns& c) { c.add_boots()->set_at(kCount - 1); }},
    {"LastMsOfYear9999", [](Columns& c) { c.set_present_in_all(2), set(c.mutable_utc(), {253'402'300'799'999}); }},
    {"Poles",
     [](Columns& c) { c.set_present_in_all(4), c.set_lat(rice({-900'000'000})), c.set_lon(rice({1'800'000'000})); }},
};

const ColumnCase kUnsound[] = {
    {"MoreGapsThanRecords",
     [](Columns& c) {
       set(c.mutable_n_gap(), {0, 0, 0, 1});
     }},
    {"NumbersBeyond32Bits",
     [](Columns& c) {
       set(c.mutable_n_gap(), {0, 0, 4'294'967'292});
     }},
    {"ValuesOfNobody", [](Columns& c) { c.set_alt(rice({7})); }},
    {"ALongColumn",
     [](Columns& c) {
       c.set_present_in_all(8), c.set_alt(rice({1, 1, 1, 1, 1}));
     }},
    {"ALongColumnOfZeros",
     [](Columns& c) {
       c.set_present_in_all(8), c.set_alt(rice({0, 0, 0, 0, 0}));
     }},
    {"MoreValuesThanPresent",
     [](Columns& c) {
       set(c.mutable_alt_at(), {3}), c.set_alt(rice({7, 7}));
     }},
    {"LongLon",
     [](Columns& c) {
       set(c.mutable_position_at(), {3}), c.set_lon(rice({7, 7}));
     }},
    {"PresenceToldTwice", [](Columns& c) { c.set_present_in_all(8), set(c.mutable_alt_at(), {3}); }},
    {"PresenceBeyondTheLast", [](Columns& c) { set(c.mutable_alt_at(), {5}); }},
    {"PresenceThatTellsTheLastLength", [](Columns& c) { set(c.mutable_alt_at(), {4}); }},
    {"EmptyPresenceRun",
     [](Columns& c) {
       set(c.mutable_alt_at(), {1, 0, 1});
     }},
    {"RunsBeyondTheLast",
     [](Columns& c) {
       set(c.mutable_flags(), {1, 4, 2});
     }},
    {"RunsThatEndWithALength",
     [](Columns& c) {
       set(c.mutable_flags(), {1, 3});
     }},
    {"EmptyRun",
     [](Columns& c) {
       set(c.mutable_flags(), {1, 0, 2});
     }},
    {"NegativeRun",
     [](Columns& c) {
       c.set_present_in_all(64), set(c.mutable_hdop(), {1, -1, 2});
     }},
    {"RunsBeyond32Bits",
     [](Columns& c) {
       c.set_present_in_all(64), set(c.mutable_hdop(), {INT32_MAX, 1, 1});
     }},
    {"UnknownTimeQuality", [](Columns& c) { set(c.mutable_time_quality(), {4}); }},
    {"UnknownMode", [](Columns& c) { set(c.mutable_mode(), {4}); }},
    {"Above32Bits",
     [](Columns& c) {
       c.set_present_in_all(8), c.set_alt(rice({INT32_MAX, 1}));
     }},
    {"Below32Bits",
     [](Columns& c) {
       c.set_present_in_all(8), c.set_alt(rice({INT32_MIN, -1}));
     }},
    {"SumBeyond64Bits",
     [](Columns& c) {
       c.set_present_in_all(8), c.set_alt(rice({INT32_MAX, INT64_MAX}));
     }},
    {"SecondDifferenceBeyond64Bits",
     [](Columns& c) {
       c.set_present_in_all(4), c.set_lat(rice({0, 1, INT64_MAX}));
     }},
    {"NorthOfThePole", [](Columns& c) { c.set_present_in_all(4), c.set_lat(rice({900'000'001})); }},
    {"WestOfTheDateLine", [](Columns& c) { c.set_present_in_all(4), c.set_lon(rice({-1'800'000'001})); }},
    {"Year10000", [](Columns& c) { c.set_present_in_all(2), set(c.mutable_utc(), {253'402'300'800'000}); }},
    {"YearZero", [](Columns& c) { c.set_present_in_all(2), set(c.mutable_utc(), {-62'135'596'800'001}); }},
    {"RiceOfImpossibleK", [](Columns& c) { c.set_present_in_all(8), c.set_alt("\x20"); }},
    {"RiceCutWithinANumber", [](Columns& c) { c.set_present_in_all(8), c.set_alt(rice({1'000'000}).substr(0, 3)); }},
    {"RiceFilledWithAByteTooMany",
     [](Columns& c) {
       c.set_present_in_all(8), c.set_alt(rice({1, 1}) + '\xFF');
     }},
    {"SignalWithoutValues", [](Columns& c) { signal(c, 0); }},
    {"SignalOfMoreThanAll", [](Columns& c) { signal(c, kCount + 1); }},
    {"SignalBeyondTheLast", [](Columns& c) { set(signal(c, 2).mutable_gap(), {3}); }},
    {"SignalBackwards",
     [](Columns& c) {
       set(signal(c, 2).mutable_gap(), {1, -2});
     }},
    {"SignalGapTooFar", [](Columns& c) { set(signal(c, 1).mutable_gap(), {INT64_MAX}); }},
    {"SignalOfMoreGapsThanValues",
     [](Columns& c) {
       set(signal(c, 1).mutable_gap(), {0, 1});
     }},
    {"SignalOfMoreValuesThanTold",
     [](Columns& c) {
       set(signal(c, 1).mutable_mantissa(), {1, 1});
     }},
    {"SignalWithoutName", [](Columns& c) { signal(c, 1).clear_name(); }},
    {"SignalOfALongName", [](Columns& c) { signal(c, 1).set_name(std::string(65, 'a')); }},
    {"SignalOfAStrangeName", [](Columns& c) { signal(c, 1).set_name("Fuel"); }},
    {"SignalOfALongUnit", [](Columns& c) { signal(c, 1).set_unit(std::string(65, 'a')); }},
    {"SignalOfTenDecimals", [](Columns& c) { signal(c, 1).set_decimals(10); }},
    {"EventBeyondTheLast", [](Columns& c) { c.add_events()->set_at(kCount); }},
    {"BootBeyondTheLast", [](Columns& c) { c.add_boots()->set_at(kCount); }},
    {"LossBeyondTheLast", [](Columns& c) { c.add_losses()->set_at(kCount); }},
    {"TwoEventsOfOneRecord", [](Columns& c) { c.add_events()->set_at(1), c.add_events()->set_at(1); }},
};

TEST(Refusal, SoundColumnsPass) {
  for (const ColumnCase& c : kSound) {
    const auto records = unpacked(c.make);
    EXPECT_TRUE(records) << c.name << ": " << records.error().what;
  }
}

TEST(Refusal, UnsoundColumnsAreDropped) {
  for (const ColumnCase& c : kUnsound) {
    const auto records = unpacked(c.make);
    ASSERT_FALSE(records) << c.name;
    EXPECT_EQ(records.error().action, base::Action::kDrop) << c.name;
  }
}

TEST(Refusal, SignalsThatWouldFillTheMemory) {
  Columns columns;
  for (std::size_t i = 0; i <= kSignalsMax / kRecordsMax; ++i) signal(columns, kRecordsMax);
  EXPECT_FALSE(unpack(Codec::kNone, columns.SerializeAsString(), 1, kRecordsMax));
  columns.mutable_signals()->RemoveLast();
  EXPECT_TRUE(unpack(Codec::kNone, columns.SerializeAsString(), 1, kRecordsMax));
}

std::string big(std::size_t bytes) {
  // An unknown field that fills the message up to `bytes`: tag 2 bytes (field 1000, length-delimited), length 3.
  const std::size_t length = bytes - 5;
  std::string message = "\xC2\x3E";
  for (std::size_t left = length, i = 0; i < 3; ++i, left >>= 7) {
    message.push_back(static_cast<char>((left & 0x7F) | (i < 2 ? 0x80 : 0)));
  }
  return message + std::string(length, '\0');
}

TEST(Refusal, AtMostOneMebibyteUnpacked) {
  const std::string fits = big(kColumnsBytesMax);
  const std::string too_big = big(kColumnsBytesMax + 1);
  EXPECT_TRUE(unpack(Codec::kNone, fits, 1, 1));
  EXPECT_FALSE(unpack(Codec::kNone, too_big, 1, 1));
  EXPECT_TRUE(unpack(Codec::kZstd, zstd_compress(fits), 1, 1));
  EXPECT_FALSE(unpack(Codec::kZstd, zstd_compress(too_big), 1, 1));
}

TEST(Refusal, RiceCodeOfMoreThanAskedFor) {
  Signed values;
  EXPECT_TRUE(rice_unpack(rice({1, 2, 3}), 3, values));
  values.Clear();
  EXPECT_FALSE(rice_unpack(rice({1, 2, 3}), 2, values));
  EXPECT_LE(values.size(), 2);
}

TEST(Refusal, NothingIsUnpackedBeyondTheLimit) {
  const std::string frame = zstd_compress(std::string(1000, 'x'));
  EXPECT_TRUE(zstd_decompress(frame, 1000));
  EXPECT_FALSE(zstd_decompress(frame, 999));
}

TEST(Refusal, DamagedFrames) {
  const std::string frame = zstd_compress(big(1 << 17));
  ASSERT_TRUE(unpack(Codec::kZstd, frame, 1, 1));
  EXPECT_FALSE(unpack(Codec::kZstd, frame.substr(0, frame.size() - 1), 1, 1));
  EXPECT_FALSE(unpack(Codec::kZstd, frame + '\0', 1, 1));
  EXPECT_FALSE(unpack(Codec::kZstd, frame + frame, 1, 1));
  // An empty skippable frame behind it changes nothing of the content.
  EXPECT_FALSE(unpack(Codec::kZstd, frame + std::string("\x50\x2A\x4D\x18\0\0\0\0", 8), 1, 1));
  EXPECT_FALSE(unpack(Codec::kZstd, "", 1, 1));
  EXPECT_FALSE(unpack(Codec::kZstd, big(200), 1, 1));
  // A header that does not tell the content's size: the size flag cleared.
  std::string sizeless = frame;
  sizeless[4] = static_cast<char>(0x00);
  EXPECT_FALSE(unpack(Codec::kZstd, sizeless, 1, 1));
}

}  // namespace
}  // namespace odograph::wire
