#pragma once

#include <cstdint>
#include <string>

namespace odograph::outbox {

// How the nonce of a boot (wire::BatchHeader::boot_nonce) stands in the table `meta`, beside the boot's number and as
// long as the boot's anchor: docs/decisions/0010.

/// Of the row that keeps it: "nonce_7". No other key begins so.
std::string nonce_key(std::uint32_t boot);
/// The row's value: the nonce, and below it a checksum of nonce and boot. With a nonce that rot has changed, records
/// that come again would be taken for those of another boot.
std::int64_t stored_nonce(std::uint32_t boot, std::uint32_t nonce);
/// The reverse; 0 (not known) unless the checksum holds.
std::uint32_t nonce_from(std::uint32_t boot, std::int64_t stored);

/// From the kernel's random source; never 0.
std::uint32_t random_boot_nonce();

}  // namespace odograph::outbox
