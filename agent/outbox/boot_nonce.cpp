#include "agent/outbox/boot_nonce.h"

#include "lib/base/crc32c.h"
#include "lib/base/ids.h"

namespace odograph::outbox {
namespace {

std::uint32_t checksum_of(std::uint32_t boot, std::uint32_t nonce) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(boot >> shift & 0xFF);
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(nonce >> shift & 0xFF);
  return base::crc32c(bytes);
}

}  // namespace

std::string nonce_key(std::uint32_t boot) { return "nonce_" + std::to_string(boot); }

std::int64_t stored_nonce(std::uint32_t boot, std::uint32_t nonce) {
  return static_cast<std::int64_t>(std::uint64_t{nonce} << 32 | checksum_of(boot, nonce));
}

std::uint32_t nonce_from(std::uint32_t boot, std::int64_t stored) {
  const auto nonce = static_cast<std::uint32_t>(static_cast<std::uint64_t>(stored) >> 32);
  return stored == stored_nonce(boot, nonce) ? nonce : 0;
}

std::uint32_t random_boot_nonce() {
  std::uint32_t nonce = 0;
  while (nonce == 0) nonce = static_cast<std::uint32_t>(base::random_u64());
  return nonce;
}

}  // namespace odograph::outbox
