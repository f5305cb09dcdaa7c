#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace odograph::config {

/// A whole number and a unit of ms, s, min, h, d: "20ms", "24h". Nothing for anything else, signs, fractions and blanks
/// included, and for more than 100 years.
std::optional<base::Millis> parse_duration(std::string_view text);

/// In the largest unit that leaves a whole number: 90 s -> "90s", 24 h -> "1d", 0 -> "0ms".
std::string format_duration(base::Millis value);

/// A whole number and a unit of B, KiB, MiB, GiB: "256MiB". Nothing for anything else, and for 1 EiB and more.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// In the largest unit that leaves a whole number.
std::string format_bytes(std::uint64_t value);

/// The shortest TOML float that reads back as the same value: "2.5", "3.0".
std::string format_number(double value);

/// A TOML basic string, with its quotes.
std::string quote(std::string_view text);

}  // namespace odograph::config
