#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/model/record.h"
#include "lib/wire/record_batch.h"
#include "proto/raw/record_batch.pb.h"

namespace odograph::wire {

// Between records and the message `Columns`; inside lib/wire only.

/// Which of a record's two times are written.
enum class Times {
  kBoth,       ///< A stored chunk: an anchor that is learnt later needs the boot time.
  kUtcIfKnown  ///< A message: the boot time only where there is no UTC.
};

/// `records`: as for `pack`.
raw::Columns to_columns(std::span<const model::Record> records, Times times);

/// What columns say.
struct Columned {
  std::vector<model::Record> records;
  std::size_t unknown = 0;  ///< Words of a newer agent that were left out.
};

/// `kDrop` unless every column fits `count` and every value its field. `first_n` 0: records without numbers.
base::Result<Columned> from_columns(const raw::Columns& columns, std::uint32_t first_n, std::size_t count);

/// How many fields of a serialised message have a number above `last_known`: what a newer agent added.
std::size_t count_fields_beyond(std::string_view message, int last_known);

}  // namespace odograph::wire
