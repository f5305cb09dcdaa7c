#pragma once

#include <cstdint>

namespace odograph::powercut {

/// Numbers from a seed, the same on every machine: splitmix64 (https://prng.di.unimi.it/splitmix64.c, public domain).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  /// 0 .. `sides` - 1
  std::uint64_t below(std::uint64_t sides) { return next() % sides; }
  /// first .. last
  std::int64_t between(std::int64_t first, std::int64_t last) {
    return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first) + 1));
  }
  bool percent(std::uint64_t share) { return below(100) < share; }

 private:
  std::uint64_t state_;
};

}  // namespace odograph::powercut
