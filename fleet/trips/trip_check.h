#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "fleet/eta/trip.h"

namespace odograph::trips {

/// What a number has to be within, both ends included.
struct Range {
  double least;
  double most;
  bool holds(double value) const { return value >= least && value <= most; }
};

inline constexpr std::size_t kIdBytesMax = 128;
inline constexpr std::uint32_t kWholeMax = 4'000'000'000;
inline constexpr Range kLatDeg{-90, 90};
inline constexpr Range kLonDeg{-180, 180};
inline constexpr Range kRadiusM{5, 2000};
inline constexpr Range kDwellS{0, 86'400};

/// True for 1 to `size_max` bytes of UTF-8 without control characters.
bool is_text(std::string_view text, std::size_t size_max);

/// Told what is wrong: the field and why.
using Complain = std::function<void(const char* field, const std::string& why)>;

/// What is wrong inside `stop`, and between it and what comes before it: the last stop of `trip`, or its start.
void check_stop(const eta::Trip& trip, const eta::PlannedStop& stop, const Complain& complain);

}  // namespace odograph::trips
