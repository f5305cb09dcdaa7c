#pragma once

#include <cstdint>

#include "fleet/eta/correction.h"
#include "fleet/eta/dwell.h"
#include "fleet/eta/profile.h"
#include "proto/public/arrivals.pb.h"

namespace odograph::arrivals {

/// Between the values of fleet/eta and what keeps them; exact both ways.

inline std::int64_t to_ms(base::UtcTime time) { return time.time_since_epoch().count(); }
inline base::UtcTime from_ms(std::int64_t ms) { return base::UtcTime{base::Millis{ms}}; }
/// From the year 1 to 9999, so that no difference of two overflows.
inline bool is_time(std::int64_t ms) { return ms >= -62'135'596'800'000 && ms <= 253'402'300'799'999; }

inline void put(odograph::LearnedSums& out, const eta::Sums& sums) {
  out.set_observed(sums.observed);
  out.set_expected(sums.expected);
}
inline eta::Sums sums_of(const odograph::LearnedSums& from) { return {from.observed(), from.expected()}; }

inline void put(odograph::FadingSums& out, const eta::Fading& fading) {
  out.set_newest_ms(to_ms(fading.newest));
  out.set_observed_s(fading.observed_s);
  out.set_expected_s(fading.expected_s);
}
inline eta::Fading fading_of(const odograph::FadingSums& from) {
  return {from_ms(from.newest_ms()), from.observed_s(), from.expected_s()};
}

inline void put(odograph::DwellSums& out, const eta::Dwell::Known& known) {
  out.set_count(known.count);
  out.set_sum(known.sum);
  out.set_squares(known.squares);
}
inline eta::Dwell::Known dwell_of(const odograph::DwellSums& from) {
  return {from.count(), from.sum(), from.squares()};
}

}  // namespace odograph::arrivals
