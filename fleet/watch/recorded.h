#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/model/record.h"

namespace odograph::watch {

/// A record as `odograph-fleet decode` prints it.
struct Recorded {
  std::string vehicle_id;
  std::string stream_id;
  std::uint32_t boot = 0;
  model::Record record;  ///< What rules look at: time, fix, flags, signals (their units are not in the line).
};

/// Reads one line of `odograph-fleet decode --topic raw-data-topic`. Nothing for a record that is not of the bulk lane,
/// or has no time: rules do not look at those. `kDrop` if it is no such line.
base::Result<std::optional<Recorded>> parse_recorded(std::string_view line);

}  // namespace odograph::watch
