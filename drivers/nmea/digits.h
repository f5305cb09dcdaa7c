#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "drivers/nmea/maybe.h"

namespace odograph::nmea {

// Up to eight characters at a time, in a word.

/// Eight characters as a word, the first in the lowest byte.
inline std::uint64_t load(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// By a count of characters, 0..8: the highest so many bytes of a word, which are its last characters.
inline constexpr std::array<std::uint64_t, 9> kLast = {0,
                                                       0xFF00000000000000U,
                                                       0xFFFF000000000000U,
                                                       0xFFFFFF0000000000U,
                                                       0xFFFFFFFF00000000U,
                                                       0xFFFFFFFFFF000000U,
                                                       0xFFFFFFFFFFFF0000U,
                                                       0xFFFFFFFFFFFFFF00U,
                                                       0xFFFFFFFFFFFFFFFFU};

/// Eight zeros as characters: exclusive-or with them makes characters of digits their values.
inline constexpr std::uint64_t kZeros = 0x3030303030303030U;

inline constexpr std::array<std::uint64_t, 11> kPowersOf10 = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 10'000'000'000};

/// True if every byte is 0..9.
inline bool are_values_of_digits(std::uint64_t word) {
  return ((word | (word + 0x7676767676767676U)) & 0x8080808080808080U) == 0;
}

/// True if every byte of all three is 0..9.
inline bool are_values_of_digits(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  constexpr std::uint64_t kAbove = 0x7676767676767676U;
  return ((a | (a + kAbove) | b | (b + kAbove) | c | (c + kAbove)) & 0x8080808080808080U) == 0;
}

/// Eight values of digits as four numbers of two, which lie in the bytes 0, 2, 4 and 6; the others are waste.
inline std::uint64_t join_pairs(std::uint64_t word) { return word * 10 + (word >> 8); }

/// Number `index` of what `join_pairs` returned, 0..3.
inline std::uint32_t pair(std::uint64_t pairs, unsigned index) {
  return static_cast<std::uint32_t>(pairs >> (16 * index)) & 0xFF;
}

/// Eight values of digits, the first in the lowest byte, as a number: neighbours are joined to pairs, pairs to fours,
/// fours to eight.
inline std::uint32_t join_digits(std::uint64_t word) {
  word = join_pairs(word);
  constexpr std::uint64_t kPairs = 0x000000FF000000FFU;
  return static_cast<std::uint32_t>(((word & kPairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
                                     ((word >> 16) & kPairs) * (1 + (std::uint64_t{10'000} << 32))) >>
                                    32);
}

/// The last `count` characters of `text`, 1..8, less '0' each: the first in the lowest byte, zeros behind the last.
inline std::uint64_t digits_at_end(std::string_view text, std::size_t count) {
  return (load(text.data() + text.size() - 8) ^ kZeros) >> (64 - 8 * count);
}

/// `count` digits before `end`, 0..8; nothing if one of them is none.
inline Maybe<std::uint32_t> digits_before(const char* end, std::size_t count) {
  const std::uint64_t word = (load(end - 8) ^ kZeros) & kLast[count];
  if (!are_values_of_digits(word)) return {};
  return join_digits(word);
}

}  // namespace odograph::nmea
