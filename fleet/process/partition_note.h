#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/process/gaps.h"
#include "lib/base/result.h"

namespace odograph::process {

/// Messages of another partition whose vehicles have come to this one since partitions were added.
struct Inherited {
  std::int32_t partition = 0;
  std::int64_t next = 0;  ///< Offset to be read next.
  std::int64_t end = 0;   ///< The one after the last.
  friend bool operator==(const Inherited&, const Inherited&) = default;
};

/// What the processor keeps of a partition beside its vehicles.
struct PartitionNote {
  Beginning beginning = Beginning::kNotSeen;
  std::int32_t partitions = 0;       ///< Among which the vehicles were placed anew; 0: never.
  std::int64_t left_to = 0;          ///< Before this offset, what is placed elsewhere is processed there.
  std::vector<Inherited> inherited;  ///< Comes before the partition's own messages.
  std::string group;                 ///< Whose memory it is; empty: whoever comes takes it.
  friend bool operator==(const PartitionNote&, const PartitionNote&) = default;
};

/// The row of vehicle-state-topic that keeps it. Cannot be a vehicle's: `/` is none of their characters.
std::string note_key(std::int32_t partition);
/// While a row of this key has a value in any partition, `topics scale` is not done: nothing may be processed.
inline constexpr char kScalingKey[] = "/scaling";

std::string to_bytes(const PartitionNote& note);
/// `kDrop` if it is none.
base::Result<PartitionNote> note_of(std::string_view bytes);

/// Where a message or a row of `key` belongs among `partitions`. Without a key it belongs where it is.
std::int32_t place_of(std::string_view key, std::int32_t partitions, std::int32_t found_in);

}  // namespace odograph::process
