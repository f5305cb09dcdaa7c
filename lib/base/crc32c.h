#pragma once

#include <cstdint>
#include <string_view>

namespace odograph::base {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 B.4): "123456789" gives 0xE3069283.
/// `seed` continues an earlier result, so that crc32c(b, crc32c(a)) == crc32c(a + b).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace odograph::base
