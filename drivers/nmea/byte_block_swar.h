#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace odograph::nmea {

static_assert(std::endian::native == std::endian::little, "byte 0 of a block must be its lowest bits");

/// Which bytes of a block framing looks at; bit i stands for byte i.
struct BlockMarks {
  std::uint32_t commas = 0;
  /// Everything that sorts below ',' and every byte from 0x80 on: `$`, `!`, `*`, CR, LF, controls, noise, blanks.
  std::uint32_t specials = 0;
};

/// Eight bytes in one 64-bit register; needs nothing of the processor.
class SwarBlock {
 public:
  static constexpr std::size_t kBytes = 8;

  explicit SwarBlock(const char* bytes) { std::memcpy(&word_, bytes, kBytes); }

  BlockMarks marks() const {
    // A byte's own top bit stays out of the sums, so that nothing is carried from one byte into the next.
    const std::uint64_t low = word_ & kSeven;
    const std::uint64_t comma = ~(((word_ ^ kOnes * ',') & kSeven) + kSeven) & ~word_ & kTop;
    const std::uint64_t below = ~(low + kOnes * (0x80 - ',')) & kTop;
    return {gather(comma), gather(below | (word_ & kTop))};
  }

  /// Running XOR of whole blocks; `fold` makes one byte of it.
  class Sum {
   public:
    void add(const SwarBlock& block) { word_ ^= block.word_; }
    /// Adds the first `count` bytes only, `count` < kBytes.
    void add_first(const SwarBlock& block, std::size_t count) {
      word_ ^= block.word_ & ((std::uint64_t{1} << (8 * count)) - 1);
    }
    std::uint8_t fold() const {
      std::uint64_t word = word_ ^ (word_ >> 32);
      word ^= word >> 16;
      return static_cast<std::uint8_t>(word ^ (word >> 8));
    }

   private:
    std::uint64_t word_ = 0;
  };

 private:
  static constexpr std::uint64_t kOnes = 0x0101010101010101U;
  static constexpr std::uint64_t kSeven = 0x7F7F7F7F7F7F7F7FU;
  static constexpr std::uint64_t kTop = 0x8080808080808080U;

  /// The top bits of the eight bytes, side by side: the product brings each to its place in the highest byte.
  static std::uint32_t gather(std::uint64_t top_bits) {
    return static_cast<std::uint32_t>(((top_bits >> 7) * 0x0102040810204080U) >> 56);
  }

  std::uint64_t word_ = 0;
};

}  // namespace odograph::nmea
