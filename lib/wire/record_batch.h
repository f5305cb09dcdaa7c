#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/model/record.h"

namespace odograph::wire {

/// Largest `columns` that a decoder will unpack.
inline constexpr std::size_t kColumnsBytesMax = 1 << 20;
/// Most records in one batch or chunk.
inline constexpr std::size_t kRecordsMax = 65'536;
/// Most signal values in one batch or chunk, all records together.
inline constexpr std::size_t kSignalsMax = 1 << 20;
/// Largest message that `decode` looks at: the largest columns and their envelope.
inline constexpr std::size_t kMessageBytesMax = kColumnsBytesMax + 4096;

enum class Codec : std::uint8_t { kNone = 0, kZstd = 1 };

/// The columns of some records, as they stand in a message or in a stored chunk.
struct Packed {
  Codec codec = Codec::kNone;
  std::string columns;
};

/// Who sent a batch, and where in its lane it stands.
struct BatchHeader {
  std::string vehicle_id;
  std::uint64_t stream_id = 0;
  model::Lane lane = model::Lane::kBulk;
  std::uint32_t boot = 0;
  std::uint64_t rule_set = 0;    ///< Hash of the rules that the vehicle evaluates itself; 0 if none.
  std::uint32_t boot_nonce = 0;  ///< Tells boots of the same number apart (docs/decisions/0010); 0 if it is not known.
  friend bool operator==(const BatchHeader&, const BatchHeader&) = default;
};

struct RecordBatch {
  BatchHeader header;
  std::vector<model::Record> records;  ///< In ascending `n`.
  std::size_t unknown_columns = 0;     ///< Written by a newer agent; kept apart, not refused.
};

/// What `record` adds at most to the unpacked columns, in bytes; many times what it really takes among others. Records
/// whose bounds together stay within kColumnsBytesMax can always be read back.
std::size_t columns_bytes_max(const model::Record& record);

/// Packs `records` (ascending `n` from 1, or all without a number; 1..kRecordsMax of them) with all they hold,
/// `boot_time` and `utc` included; zstd where it shrinks. `n` itself is told as the first number and, where it is not
/// dense, as a column. The caller keeps them within kColumnsBytesMax and kSignalsMax, `utc` within the years 1 to 9999,
/// positions and signal definitions within what lib/model says, texts in UTF-8: `unpack` refuses anything else.
Packed pack(std::span<const model::Record> records);

/// The reverse. `kDrop` if the bytes cannot be trusted: truncated, columns of different lengths, more than
/// kColumnsBytesMax unpacked, values out of range.
base::Result<std::vector<model::Record>> unpack(Codec codec, std::string_view columns, std::uint32_t first_n,
                                                std::size_t count);

/// One Kafka message on raw-data-topic: proto/raw/record_batch.proto. A record whose `utc` is known goes without its
/// `boot_time`. In the live lane the records have no `n`; what else is asked of them is as for `pack`.
/// `allowed`: the strongest codec that may be used.
std::string encode(const BatchHeader& header, std::span<const model::Record> records, Codec allowed = Codec::kZstd);

/// The reverse; any thread, as everything here. `kDrop` as for `unpack`, or for a newer `version`, an empty batch, an
/// impossible vehicle id or lane.
base::Result<RecordBatch> decode(std::string_view message);

}  // namespace odograph::wire
