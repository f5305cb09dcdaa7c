#include "lib/config/notation.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace odograph::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// The larger units come later; parsing looks for the whole name, so their order matters for printing only.
constexpr std::array<Unit, 5> kDurationUnits = {
    {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> kByteUnits = {{{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}}};
constexpr std::uint64_t kDurationMsMax = 100ULL * 365 * 86'400'000;
constexpr std::uint64_t kBytesMax = 1ULL << 60;

template <class Units>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const Units& units, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return std::nullopt;
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > most / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

template <class Units>
std::string format_with_unit(std::uint64_t value, const Units& units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) best = &unit;
  }
  return std::to_string(value / best->factor) + std::string(best->name);
}

}  // namespace

std::optional<base::Millis> parse_duration(std::string_view text) {
  const auto ms = parse_with_unit(text, kDurationUnits, kDurationMsMax);
  if (!ms) return std::nullopt;
  return base::Millis{static_cast<base::Millis::rep>(*ms)};
}

std::string format_duration(base::Millis value) {
  return format_with_unit(static_cast<std::uint64_t>(value.count()), kDurationUnits);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_with_unit(text, kByteUnits, kBytesMax - 1);
}

std::string format_bytes(std::uint64_t value) { return format_with_unit(value, kByteUnits); }

std::string format_number(double value) {
  std::array<char, 40> text{};
  const auto [end, failure] = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string out(text.data(), end);
  if (failure == std::errc{} && out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20 || code == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04X", code);
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace odograph::config
