#include "agent/outbox/rewrite.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "agent/outbox/row_format.h"
#include "agent/outbox/thin_run.h"
#include "lib/wire/record_batch.h"

namespace odograph::outbox {
namespace {

// In `Row::flags`, between and above the bits that row.h names: 9..12 how often, 17..20 the exponent and 21..31 the
// mantissa of the error.
constexpr unsigned kTimesShift = 9;
constexpr std::uint32_t kTimesMask = 0xFU << kTimesShift;
constexpr unsigned kExponentShift = 17;
constexpr std::uint32_t kExponentMask = 0xFU << kExponentShift;
constexpr unsigned kMantissaShift = 21;
constexpr std::uint32_t kMantissaMax = 0x7FF;

std::optional<std::vector<model::Record>> records_of(const Row& row) {
  auto records =
      wire::unpack(static_cast<wire::Codec>(row.flags & Row::kCodecMask), row.payload, row.first_n, row.count);
  if (!records) return {};
  return *std::move(records);
}

std::optional<std::vector<model::Record>> records_of(const std::vector<Row>& rows) {
  std::vector<model::Record> all;
  std::size_t columns = 0;
  std::size_t signals = 0;
  for (const Row& row : rows) {
    auto records = records_of(row);
    if (!records) return {};
    for (model::Record& record : *records) {
      columns += wire::columns_bytes_max(record);
      signals += record.signals.size();
      if (rows.size() > 1 && (columns > wire::kColumnsBytesMax || signals > wire::kSignalsMax)) return {};
      all.push_back(std::move(record));
    }
  }
  return all;
}

void put_records(Row& row, const std::vector<model::Record>& records) {
  auto packed = wire::pack(records);
  row.first_n = records.front().n;
  row.count = static_cast<std::uint32_t>(records.size());
  row.flags = Row::kFormat1 | static_cast<std::uint32_t>(packed.codec);
  const bool all_utc = std::all_of(records.begin(), records.end(), [](const auto& r) { return r.utc.has_value(); });
  if (all_utc) row.flags |= Row::kAllUtc;
  row.payload = std::move(packed.columns);
}

}  // namespace

std::uint32_t thinned_times(const Row& row) { return (row.flags & kTimesMask) >> kTimesShift; }

std::int32_t thinned_error_m(const Row& row) {
  const std::uint32_t mantissa = row.flags >> kMantissaShift;
  return static_cast<std::int32_t>(mantissa << ((row.flags & kExponentMask) >> kExponentShift));
}

void set_thinned(Row& row, std::uint32_t times, std::int32_t error_m) {
  auto mantissa = static_cast<std::uint32_t>(std::clamp(error_m, 0, kThinErrorMax));
  std::uint32_t exponent = 0;
  for (; mantissa > kMantissaMax; ++exponent) mantissa = (mantissa + 1) / 2;
  row.flags &= ~(kTimesMask | kExponentMask | kMantissaMax << kMantissaShift);
  row.flags |= std::min(times, kTimesMask >> kTimesShift) << kTimesShift;
  row.flags |= exponent << kExponentShift | mantissa << kMantissaShift;
}

std::optional<Rewrite> rewrite(const std::vector<Row>& rows, Rewriting how) {
  auto records = records_of(rows);
  if (!records || records->empty()) return {};
  Rewrite made;
  made.first_id = rows.front().id;
  made.last_n = records->back().n;
  made.row = rows.back();
  made.row.t0_ms = rows.front().t0_ms;
  std::uint32_t times = thinned_times(rows.front());
  for (const Row& row : rows) {
    made.bytes_before += stored_bytes(row);
    made.error_m = std::max(made.error_m, thinned_error_m(row));
  }
  put_records(made.row, *records);
  if (stored_bytes(made.row) * 100 > made.bytes_before * (100 - kPackedSavesPercent)) {
    if (how == Rewriting::kPack) return {};
    const ThinnedRun thinned = thin_run(*records);
    made.dropped = records->size() - thinned.kept.size();
    std::vector<model::Record> kept;
    kept.reserve(thinned.kept.size());
    for (const std::size_t place : thinned.kept) kept.push_back(std::move((*records)[place]));
    put_records(made.row, kept);
    // What an earlier pass left out was off from the track that this one bends further.
    if (made.dropped > 0) made.error_m = std::min(made.error_m + thinned.error_m, kThinErrorMax);
    if (made.dropped > 0) ++times;
  }
  set_thinned(made.row, times, made.error_m);
  made.error_m = thinned_error_m(made.row);
  made.bytes_after = stored_bytes(made.row);
  if (made.bytes_after >= made.bytes_before) return {};
  return made;
}

std::optional<std::uint32_t> last_number(const Row& row) {
  const auto records = records_of(row);
  if (!records || records->empty()) return {};
  return records->back().n;
}

}  // namespace odograph::outbox
