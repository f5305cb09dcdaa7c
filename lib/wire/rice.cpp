#include "lib/wire/rice.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace odograph::wire {
namespace {

constexpr unsigned kEscapeOnes = 12;
constexpr unsigned kLengthBits = 6;
constexpr unsigned kBitsMax = 31;

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

constexpr std::uint64_t low_bits(std::uint64_t value, unsigned bits) {
  return bits >= 64 ? value : value & ((std::uint64_t{1} << bits) - 1);
}

/// Length of `value` in bits, 0 counted as one.
unsigned length_of(std::uint64_t value) { return std::max(1U, static_cast<unsigned>(std::bit_width(value))); }

/// Writes where there is room enough, which the caller has counted.
class BitWriter {
 public:
  explicit BitWriter(char* out) : out_(out) {}
  /// At most 56 bits at a time.
  void put(std::uint64_t value, unsigned bits) {
    held_ |= value << held_bits_;
    for (held_bits_ += bits; held_bits_ >= 8; held_bits_ -= 8, held_ >>= 8) *out_++ = static_cast<char>(held_ & 0xFF);
  }
  void finish() {
    if (held_bits_ > 0) put(low_bits(~std::uint64_t{0}, 8 - held_bits_), 8 - held_bits_);
  }

 private:
  char* out_;
  std::uint64_t held_ = 0;
  unsigned held_bits_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::string_view in) : in_(in) { refill(); }
  /// Ones up to the next zero or the end, at most `max`; nothing is taken.
  unsigned ones(unsigned max) const { return std::min(max, static_cast<unsigned>(std::countr_one(held_))); }
  unsigned left() const { return held_bits_; }
  /// At most 32 bits at a time; false if there are not so many.
  bool take(unsigned bits, std::uint64_t& value) {
    if (bits > held_bits_) return false;
    value = low_bits(held_, bits);
    held_ >>= bits;
    held_bits_ -= bits;
    refill();
    return true;
  }

 private:
  void refill() {
    for (; held_bits_ <= 56 && next_ < in_.size(); ++next_, held_bits_ += 8) {
      held_ |= static_cast<std::uint64_t>(static_cast<unsigned char>(in_[next_])) << held_bits_;
    }
  }

  std::string_view in_;
  std::size_t next_ = 0;
  std::uint64_t held_ = 0;
  unsigned held_bits_ = 0;
};

std::size_t bits_of(std::uint64_t value, unsigned k) {
  const std::uint64_t ones = value >> k;
  return ones < kEscapeOnes ? static_cast<std::size_t>(ones) + 1 + k : kEscapeOnes + kLengthBits + length_of(value);
}

struct Choice {
  unsigned k = 0;
  std::size_t bits = ~std::size_t{0};  ///< That all values take with it.
};

/// The k that needs the fewest bits, among those around the median's length.
Choice best_k(const std::vector<std::uint64_t>& values) {
  std::array<std::size_t, 65> of_length{};
  for (const std::uint64_t value : values) ++of_length[length_of(value)];
  unsigned median = 0;
  for (std::size_t below = 0; below <= values.size() / 2; below += of_length[median]) ++median;
  median = std::min(median, kBitsMax);
  Choice best;
  for (unsigned k = median < 2 ? 0 : median - 2; k <= median; ++k) {
    std::size_t bits = 0;
    for (const std::uint64_t value : values) bits += bits_of(value, k);
    if (bits < best.bits) best = {k, bits};
  }
  return best;
}

void put_number(std::uint64_t value, unsigned k, BitWriter& writer) {
  const std::uint64_t ones = value >> k;
  if (ones < kEscapeOnes) {
    // The ones, the zero above them, the lower bits: 43 bits at most.
    const auto count = static_cast<unsigned>(ones);
    writer.put(low_bits(~std::uint64_t{0}, count) | low_bits(value, k) << (count + 1), count + 1 + k);
    return;
  }
  const unsigned length = length_of(value);
  writer.put(low_bits(~std::uint64_t{0}, kEscapeOnes) | std::uint64_t{length - 1} << kEscapeOnes,
             kEscapeOnes + kLengthBits);
  writer.put(low_bits(value, std::min(length, 32U)), std::min(length, 32U));
  if (length > 32) writer.put(value >> 32, length - 32);
}

/// Up to 64 bits, in two steps.
bool take_long(BitReader& reader, unsigned bits, std::uint64_t& value) {
  std::uint64_t high = 0;
  const unsigned low_count = std::min(bits, 32U);
  if (!reader.take(low_count, value) || !reader.take(bits - low_count, high)) return false;
  value |= bits > 32 ? high << 32 : 0;
  return true;
}

template <class Add>
bool unpack_numbers(std::string_view code, std::size_t count_max, Add add) {
  if (code.empty()) return true;
  const unsigned k = static_cast<unsigned char>(code[0]);
  if (k > kBitsMax) return false;
  BitReader reader(code.substr(1));
  for (std::size_t count = 0;; ++count) {
    const unsigned ones = reader.ones(kEscapeOnes);
    // Fewer than eight ones and nothing behind them fill up the last byte.
    if (ones == reader.left()) return ones < 8;
    if (count == count_max) return false;
    std::uint64_t value = 0;
    std::uint64_t taken = 0;
    if (ones == kEscapeOnes) {
      if (!reader.take(kEscapeOnes, taken) || !reader.take(kLengthBits, taken)) return false;
      if (!take_long(reader, static_cast<unsigned>(taken) + 1, value)) return false;
    } else {
      if (!reader.take(ones + 1, taken) || !reader.take(k, value)) return false;
      value |= std::uint64_t{ones} << k;
    }
    add(unzigzag(value));
  }
}

}  // namespace

void rice_pack(const Signed& values, std::string& out) {
  if (values.empty()) return;
  std::vector<std::uint64_t> zigzags(static_cast<std::size_t>(values.size()));
  std::transform(values.begin(), values.end(), zigzags.begin(), zigzag);
  const Choice choice = best_k(zigzags);
  out.push_back(static_cast<char>(choice.k));
  const std::size_t begin = out.size();
  out.resize(begin + (choice.bits + 7) / 8);
  BitWriter writer(out.data() + begin);
  for (const std::uint64_t value : zigzags) put_number(value, choice.k, writer);
  writer.finish();
}

bool rice_unpack(const std::string& code, std::size_t count_max, Signed& values) {
  return unpack_numbers(code, count_max, [&values](std::int64_t value) { values.Add(value); });
}

bool rice_unpack_one(std::string_view code, std::int64_t& value) {
  value = 0;
  return unpack_numbers(code, 1, [&value](std::int64_t number) { value = number; });
}

}  // namespace odograph::wire
