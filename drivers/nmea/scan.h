#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "drivers/nmea/byte_block.h"

namespace odograph::nmea {

/// Longest sentence that is taken, from `$` to the checksum's second digit. The standard says 82; 205 occurs in the
/// wild.
inline constexpr std::size_t kSentenceBytesMax = 256;
/// What of it lies between `$` and `*hh`.
inline constexpr std::size_t kTextBytesMax = kSentenceBytesMax - 4;

/// Why `scan` stopped.
enum class ScanEnd : std::uint8_t {
  kStar,      ///< `*`: the checksum follows.
  kLineEnd,   ///< CR or LF, and no `*` before it.
  kRestart,   ///< Another `$` or `!`: what came before was cut off.
  kNoise,     ///< A control character or a byte from 0x80 on.
  kTooLong,   ///< More than kTextBytesMax without any of these.
  kNeedMore,  ///< The bytes ended first.
};

/// What one pass over a sentence's text found.
struct Scan {
  ScanEnd end = ScanEnd::kNeedMore;
  bool blanks = false;     ///< There is a space or another printable byte that sorts below ','.
  std::uint8_t sum = 0;    ///< kStar, kLineEnd: XOR of the text.
  std::size_t length = 0;  ///< Bytes of text before what ended it.
  std::array<std::uint64_t, kSentenceBytesMax / 64> commas{};  ///< Bit i stands for byte i of the text.
};

/// Classifies the byte that stopped a block; kNeedMore for one that is merely unusual.
inline ScanEnd scan_end_of(signed char byte) {
  switch (byte) {
    case '*': return ScanEnd::kStar;
    case '\r':
    case '\n': return ScanEnd::kLineEnd;
    case '$':
    case '!': return ScanEnd::kRestart;
    default: return byte < ' ' ? ScanEnd::kNoise : ScanEnd::kNeedMore;
  }
}

/// Goes through the text behind a `$`, in one pass: where it ends, its commas and its checksum.
/// `text` .. `end`: what there is of it, and not a byte more is read. What is found depends on the bytes alone, not on
/// how many follow: a text that is too long always ends after kTextBytesMax + 1 bytes.
template <class Block>
void scan(const char* text, const char* end, Scan& out) {
  const auto available = static_cast<std::size_t>(end - text);
  typename Block::Sum sum;
  out = {};
  for (std::size_t at = 0; at <= kTextBytesMax; at += Block::kBytes) {
    char padded[Block::kBytes];
    const char* bytes = text + at;
    if (at + Block::kBytes > available) {
      // The zeros that fill up the last block stop the scan like any control character.
      std::memset(padded, 0, sizeof padded);
      if (at < available) std::memcpy(padded, bytes, available - at);
      bytes = padded;
    }
    const Block block(bytes);
    const BlockMarks marks = block.marks();
    out.commas[at / 64] |= static_cast<std::uint64_t>(marks.commas) << (at % 64);
    for (std::uint32_t specials = marks.specials; specials != 0; specials &= specials - 1) {
      const auto in_block = static_cast<std::size_t>(std::countr_zero(specials));
      const std::size_t length = at + in_block;
      if (length > kTextBytesMax) break;
      out.length = length;
      if (length >= available) return;  // Still kNeedMore.
      const ScanEnd stop = scan_end_of(static_cast<signed char>(bytes[in_block]));
      if (stop == ScanEnd::kNeedMore) {
        out.blanks = true;
        continue;
      }
      sum.add_first(block, in_block);
      out.sum = sum.fold();
      out.end = stop;
      // Commas behind the end belong to whatever follows.
      out.commas[length / 64] &= (std::uint64_t{1} << (length % 64)) - 1;
      return;
    }
    sum.add(block);
  }
  out.length = kTextBytesMax + 1;
  out.end = ScanEnd::kTooLong;
}

}  // namespace odograph::nmea
