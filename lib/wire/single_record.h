#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/wire/record_batch.h"

namespace odograph::wire {

// The way of most messages through `decode`: read where they lie, without a protobuf message in between. Inside
// lib/wire only. Whatever is not written as every agent writes it (fields in order, each once, none unknown) is left to
// protobuf: nothing is refused here, and what is read here, protobuf reads the same.

/// A raw::RecordBatch; views into its bytes.
struct Envelope {
  std::uint32_t version = 0;
  std::string_view vehicle_id;
  std::uint64_t stream_id = 0;
  std::uint32_t lane = 0;
  std::uint32_t boot = 0;
  std::uint32_t first_n = 0;
  std::uint32_t count = 0;
  std::uint64_t rule_set = 0;
  std::uint32_t codec = 0;
  std::string_view columns;
  std::uint32_t boot_nonce = 0;
};

/// Nothing if it is not written as usual.
std::optional<Envelope> read_envelope(std::string_view message);

/// The one record that unpacked `columns` hold, into one that is as good as new; false if it is not written as usual,
/// or if it comes with an event, a boot or a loss report. `first_n` 0: without a number.
bool read_single(std::string_view columns, std::uint32_t first_n, model::Record& record);

}  // namespace odograph::wire
