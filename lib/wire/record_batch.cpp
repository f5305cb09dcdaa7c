#include "lib/wire/record_batch.h"

#include <optional>

#include "lib/base/ids.h"
#include "lib/wire/columns.h"
#include "lib/wire/single_record.h"
#include "lib/wire/zstd_codec.h"

namespace odograph::wire {
namespace {

constexpr std::uint32_t kVersion = 1;
/// Messages that are parsed into what the one before was parsed into. What that holds on to is some MiB at most, where
/// the largest messages would take a hundred.
constexpr std::size_t kReusedBytesMax = 16 << 10;
/// Below this a frame's header eats what compression gains.
constexpr std::size_t kCompressBytesMin = 64;

Packed pack_times(std::span<const model::Record> records, Times times, Codec allowed) {
  ODOGRAPH_ASSERT(!records.empty() && records.size() <= kRecordsMax);
  Packed packed{Codec::kNone, to_columns(records, times).SerializeAsString()};
  if (allowed == Codec::kNone || packed.columns.size() < kCompressBytesMin) return packed;
  std::string frame = zstd_compress(packed.columns);
  if (!frame.empty()) packed = {Codec::kZstd, std::move(frame)};
  return packed;
}

/// A message to parse `bytes` into: its lists keep the memory that they had, since allocating it anew for each of some
/// dozens costs more than reading them. Good until the next call on this thread.
template <class Message>
Message& message_for(std::string_view bytes, std::optional<Message>& own) {
  thread_local Message reused;
  return bytes.size() <= kReusedBytesMax ? reused : own.emplace();
}

base::Result<Columned> unpack_columns(Codec codec, std::string_view bytes, std::uint32_t first_n, std::size_t count) {
  std::string unpacked;
  if (codec == Codec::kZstd) {
    base::Result<std::string> result = zstd_decompress(bytes, kColumnsBytesMax);
    if (!result) return result.error();
    unpacked = *std::move(result);
    bytes = unpacked;
  } else if (codec != Codec::kNone) {
    return base::drop_error("columns: unknown codec");
  }
  if (bytes.size() > kColumnsBytesMax) return base::drop_error("columns: too many bytes");
  std::optional<raw::Columns> own;
  raw::Columns& columns = message_for(bytes, own);
  if (!columns.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return base::drop_error("columns: not a sound message");
  }
  base::Result<Columned> columned = from_columns(columns, first_n, count);
  if (columned) columned->unknown += count_fields_beyond(bytes, raw::Columns::kLossesFieldNumber);
  return columned;
}

/// What is wrong with the envelope, or nullptr.
const char* check(const raw::RecordBatch& message) {
  // What was never a batch may well be a sound message of unknown fields.
  if (message.version() == 0) return "no version, so it is none";
  if (message.version() > kVersion) return "a version that this program does not know";
  if (!base::is_vehicle_id(message.vehicle_id())) return "impossible vehicle id";
  if (message.lane() < raw::ALERT || message.lane() > raw::LIVE) return "impossible lane";
  if ((message.lane() == raw::LIVE) != (message.first_n() == 0)) return "first_n does not go with the lane";
  return nullptr;
}

/// The usual message of one record; nothing if it is another one, or if something is wrong with it.
std::optional<RecordBatch> decode_single(std::string_view message) {
  const std::optional<Envelope> in = message.size() <= kReusedBytesMax ? read_envelope(message) : std::nullopt;
  if (!in || in->count != 1 || in->codec != raw::NONE || in->version != kVersion) return std::nullopt;
  if (in->lane < raw::ALERT || in->lane > raw::LIVE || (in->lane == raw::LIVE) != (in->first_n == 0)) {
    return std::nullopt;
  }
  if (!base::is_vehicle_id(in->vehicle_id)) return std::nullopt;
  std::optional<RecordBatch> batch(std::in_place);
  if (!read_single(in->columns, in->first_n, batch->records.emplace_back())) return std::nullopt;
  batch->header = {std::string(in->vehicle_id),
                   in->stream_id,
                   static_cast<model::Lane>(in->lane),
                   in->boot,
                   in->rule_set,
                   in->boot_nonce};
  return batch;
}

}  // namespace

std::size_t columns_bytes_max(const model::Record& record) {
  // A number takes at most 10 bytes, one of 32 bits 5 (7 in Rice code); a run has a length beside its value; each
  // column may break its presence at each record, which takes 5.
  constexpr std::size_t kTimes = 30;
  constexpr std::size_t kDifferences = 75;
  constexpr std::size_t kRuns = 50 + 40;
  constexpr std::size_t kNumber = 5;
  constexpr std::size_t kSignal = 15;
  constexpr std::size_t kSignalColumn = 40;
  constexpr std::size_t kReport = 140;
  std::size_t bytes = kTimes + kDifferences + kRuns + kNumber;
  for (const model::Signal& signal : record.signals) {
    bytes += kSignal + kSignalColumn + signal.def->name.size() + signal.def->unit.size();
  }
  if (record.event) bytes += kReport + record.event->scope.size();
  if (record.boot) bytes += kReport + record.boot->agent_version.size();
  if (record.loss) bytes += kReport;
  return bytes;
}

Packed pack(std::span<const model::Record> records) { return pack_times(records, Times::kBoth, Codec::kZstd); }

base::Result<std::vector<model::Record>> unpack(Codec codec, std::string_view columns, std::uint32_t first_n,
                                                std::size_t count) {
  base::Result<Columned> result = unpack_columns(codec, columns, first_n, count);
  if (!result) return result.error();
  return std::move(result->records);
}

std::string encode(const BatchHeader& header, std::span<const model::Record> records, Codec allowed) {
  Packed packed = pack_times(records, Times::kUtcIfKnown, allowed);
  raw::RecordBatch message;
  message.set_version(kVersion);
  message.set_vehicle_id(header.vehicle_id);
  message.set_stream_id(header.stream_id);
  message.set_lane(static_cast<raw::Lane>(header.lane));
  message.set_boot(header.boot);
  message.set_first_n(records.front().n);
  message.set_count(static_cast<std::uint32_t>(records.size()));
  message.set_rule_set(header.rule_set);
  message.set_codec(static_cast<raw::Codec>(packed.codec));
  message.set_columns(std::move(packed.columns));
  message.set_boot_nonce(header.boot_nonce);
  return message.SerializeAsString();
}

base::Result<RecordBatch> decode(std::string_view message) {
  if (message.empty()) return base::drop_error("batch: empty");
  if (auto single = decode_single(message)) return *std::move(single);
  std::optional<raw::RecordBatch> own;
  raw::RecordBatch& in = message_for(message, own);
  if (message.size() > kMessageBytesMax || !in.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return base::drop_error("batch: not a sound message");
  }
  if (const char* wrong = check(in)) return base::drop_error(std::string("batch: ") + wrong);
  if (in.codec() != raw::NONE && in.codec() != raw::ZSTD) return base::drop_error("batch: unknown codec");
  base::Result<Columned> columned =
      unpack_columns(static_cast<Codec>(in.codec()), in.columns(), in.first_n(), in.count());
  if (!columned) return columned.error();
  RecordBatch batch;
  batch.header = {in.vehicle_id(), in.stream_id(), static_cast<model::Lane>(in.lane()),
                  in.boot(),       in.rule_set(),  in.boot_nonce()};
  batch.records = std::move(columned->records);
  batch.unknown_columns = columned->unknown + count_fields_beyond(message, raw::RecordBatch::kBootNonceFieldNumber);
  return batch;
}

}  // namespace odograph::wire
