#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "lib/model/record.h"

namespace odograph::rules {

/// The signal of that name in a record; null if it has none. Of several the last, which is the newest.
inline const model::Signal* find_signal(const model::Record& record, std::string_view name) {
  if (name.empty()) return nullptr;
  const auto found = std::find_if(record.signals.rbegin(), record.signals.rend(),
                                  [&](const model::Signal& signal) { return signal.def->name == name; });
  return found == record.signals.rend() ? nullptr : &*found;
}

inline constexpr std::int64_t kMilliMax = 1'000'000'000'000'000;

/// A signal's value in thousandths of its unit, rounded towards zero; what is beyond +-10^12 units counts as that.
inline std::int64_t milli_of(const model::Signal& signal) {
  std::int64_t value = signal.mantissa;
  int decimals = signal.def->decimals;
  for (; decimals > 3; --decimals) value /= 10;
  for (; decimals < 3 && value < kMilliMax && value > -kMilliMax; ++decimals) value *= 10;
  return value > kMilliMax ? kMilliMax : value < -kMilliMax ? -kMilliMax : value;
}

}  // namespace odograph::rules
