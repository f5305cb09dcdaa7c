#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/eta/knowledge.h"
#include "lib/base/result.h"
#include "proto/public/arrivals.pb.h"

namespace odograph::arrivals {

/// The name of a row of segment-profile-topic: whose it is, and of what.
struct RowName {
  std::int32_t partition = 0;  ///< Of raw-data-topic: whose vehicles taught it.
  std::string part;            ///< "fleet", "road/1f", ...
};

std::string to_key(const RowName& name);  ///< "3/road/1f".
/// Nothing if it is no such key.
std::optional<RowName> from_key(std::string_view key);

/// A part, and what is to be written of it.
struct Row {
  std::string part;
  odograph::SegmentProfile value;
};

/// The parts that `changes` names, in one order for the same contents.
std::vector<Row> changed_rows(const eta::Knowledge& knowledge, const eta::Changes& changes);

/// `kDrop` if it is no sound part: an index out of range, a number that is not finite; `kStop` if it is of a newer
/// version.
base::Result<odograph::SegmentProfile> parse_row(std::string_view value);

/// Puts a sound part where it belongs; the part "fleet" first, as the order of the parts' names has it.
void put_row(const odograph::SegmentProfile& row, eta::Knowledge& knowledge);

}  // namespace odograph::arrivals
