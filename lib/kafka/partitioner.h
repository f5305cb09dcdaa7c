#pragma once

#include <cstdint>
#include <string_view>

namespace odograph::kafka {

/// The partition of `key` (not empty) among `partitions`, as every producer of ours and of Java's clients chooses it:
/// murmur2, its sign cut off, modulo their number.
std::int32_t partition_of(std::string_view key, std::int32_t partitions);

}  // namespace odograph::kafka
