#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace odograph::base {

/// 64 bits from the kernel's random source (getrandom; waits for its seeding at early boot).
std::uint64_t random_u64();

/// 16 lower-case hex digits, as `stream_id` is printed.
std::string to_hex16(std::uint64_t value);

/// The reverse; nothing unless `text` is exactly 16 hex digits.
std::optional<std::uint64_t> from_hex16(std::string_view text);

/// True for "host:port" with a port of 1 to 65535; IPv6 addresses stand in brackets.
bool is_host_port(std::string_view text);

/// True for 1 to 64 characters of `[A-Za-z0-9._-]`.
bool is_vehicle_id(std::string_view text);

}  // namespace odograph::base
