// Whatever `decode` and `unpack` believe comes out equal when it is written and read again.
#include <cstdint>

#include "lib/base/assert.h"
#include "lib/wire/record_batch.h"

namespace odograph::wire {
namespace {

/// Larger counts only take time: what is told of 4,000 records is told of more.
constexpr std::size_t kFuzzedRecordsMax = 4000;

void check_message(std::string_view bytes) {
  const base::Result<RecordBatch> batch = decode(bytes);
  if (!batch || batch->records.size() > kFuzzedRecordsMax) return;
  const base::Result<RecordBatch> again = decode(encode(batch->header, batch->records));
  ODOGRAPH_ASSERT(again.has_value());
  // A batch of ours never tells both times of a record; what others wrote loses the boot time where there is UTC.
  std::vector<model::Record> expected = batch->records;
  for (model::Record& record : expected) {
    if (record.utc) record.boot_time.reset();
  }
  ODOGRAPH_ASSERT(again->records == expected);
  ODOGRAPH_ASSERT(again->header == batch->header);
  ODOGRAPH_ASSERT(again->unknown_columns == 0);
}

/// The first byte chooses codec, number and count; the rest are columns.
void check_columns(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto choice = static_cast<unsigned char>(bytes[0]);
  const Codec codec = (choice & 1) != 0 ? Codec::kZstd : Codec::kNone;
  const std::size_t count = 1 + (choice >> 1);
  const auto records = unpack(codec, bytes.substr(1), 1, count);
  if (!records) return;
  const Packed packed = pack(*records);
  const auto again = unpack(packed.codec, packed.columns, 1, count);
  ODOGRAPH_ASSERT(again.has_value());
  ODOGRAPH_ASSERT(*again == *records);
}

}  // namespace
}  // namespace odograph::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  odograph::wire::check_message(bytes);
  odograph::wire::check_columns(bytes);
  return 0;
}
