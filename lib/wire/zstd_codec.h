#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace odograph::wire {

/// One zstd frame at level 3 that tells its content size; empty if it would not be smaller than `bytes`. Any thread;
/// each keeps one context.
std::string zstd_compress(std::string_view bytes);

/// The reverse. `kDrop` unless `frame` is exactly one sound frame that tells a content of at most `bytes_max`; nothing
/// beyond that is ever written.
base::Result<std::string> zstd_decompress(std::string_view frame, std::size_t bytes_max);

}  // namespace odograph::wire
