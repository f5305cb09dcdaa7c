#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace odograph::eta {

/// The next word of a line whose words are separated by one blank; empty at its end.
inline std::string_view next_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return word;
}

/// A whole word as a finite number of at least 0; nothing if it is none.
inline std::optional<double> to_amount(std::string_view word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(value) || value < 0)
    return std::nullopt;
  return value;
}

/// A whole word as an unsigned number in this base; nothing if it is none.
inline std::optional<std::uint64_t> to_count(std::string_view word, int number_base = 10) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, number_base);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// Appends a blank and the number, to a hundredth of a percent.
inline void append_amount(std::string& out, double value) {
  char text[40];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 7);
  out += ' ';
  out.append(text, end);
}

}  // namespace odograph::eta
