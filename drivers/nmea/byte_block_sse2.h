#pragma once

#include <emmintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "drivers/nmea/byte_block_swar.h"

namespace odograph::nmea {

/// Sixteen bytes in one SSE2 register; the same contract as SwarBlock. Every x86-64 has it.
class Sse2Block {
 public:
  static constexpr std::size_t kBytes = 16;

  explicit Sse2Block(const char* bytes) : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes))) {}

  BlockMarks marks() const {
    const __m128i comma = _mm_set1_epi8(',');
    // The comparison is signed, so that bytes from 0x80 on count as below.
    return {static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes_, comma))),
            static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmplt_epi8(bytes_, comma)))};
  }

  class Sum {
   public:
    void add(const Sse2Block& block) { bytes_ = _mm_xor_si128(bytes_, block.bytes_); }
    void add_first(const Sse2Block& block, std::size_t count) {
      const __m128i mask = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kMask.data() + kBytes - count));
      bytes_ = _mm_xor_si128(bytes_, _mm_and_si128(block.bytes_, mask));
    }
    std::uint8_t fold() const {
      const __m128i half = _mm_xor_si128(bytes_, _mm_srli_si128(bytes_, 8));
      const __m128i quarter = _mm_xor_si128(half, _mm_srli_si128(half, 4));
      const auto word = static_cast<std::uint32_t>(_mm_cvtsi128_si32(quarter));
      return static_cast<std::uint8_t>(word ^ (word >> 8) ^ (word >> 16) ^ (word >> 24));
    }

   private:
    /// Sixteen set bytes, then sixteen clear ones: a window on it covers the first n bytes.
    static constexpr std::array<char, 2 * kBytes> kMask = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                           -1, -1, -1, -1, -1, -1, -1, -1};
    __m128i bytes_ = _mm_setzero_si128();
  };

 private:
  __m128i bytes_;
};

}  // namespace odograph::nmea
