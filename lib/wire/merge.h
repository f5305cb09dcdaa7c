#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/model/record.h"
#include "lib/wire/record_batch.h"

namespace odograph::wire {

/// Records of one boot in ascending `n`: a stored chunk, unpacked and stamped.
struct UnpackedChunk {
  std::uint32_t boot = 0;
  std::vector<model::Record> records;
  std::uint32_t boot_nonce = 0;  ///< As in BatchHeader.
};

/// How large a message may become.
struct MergeLimits {
  std::size_t records = 300;      ///< Of one message, 1..kRecordsMax.
  std::size_t bytes = 256 << 10;  ///< Of one message, encoded. One record that alone is larger goes as it is.
};

/// One message for raw-data-topic.
struct Message {
  std::uint32_t boot = 0;
  std::uint32_t first_n = 0;
  std::uint32_t last_n = 0;
  std::size_t records = 0;
  /// How many of the chunks, from the first, end in this message or before: acknowledged with it.
  std::size_t chunks_done = 0;
  std::string bytes;
};

/// Makes messages of consecutive chunks of one lane, in their order, each as large as the limits allow. Boots never
/// mix; a message begins anew where `n` does not ascend; holes in `n` are kept. `header.boot` and its nonce are
/// replaced by the chunk's. Every message can be decoded, whatever the limits say.
std::vector<Message> merge(const BatchHeader& header, std::vector<UnpackedChunk> chunks, const MergeLimits& limits);

/// Stamps the records of one boot that have no `utc` of their own: utc = boot time + `offset`, with `quality` and
/// model::flag::kBackstamped. With quality `kNone`, or where the sum leaves the years 1 to 9999, a record stays as it
/// is.
void apply_anchor(std::span<model::Record> records, base::Millis offset, model::TimeQuality quality);

}  // namespace odograph::wire
