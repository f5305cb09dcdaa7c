#include "lib/kafka/signing_time.h"

namespace odograph::kafka {

void SigningTime::told(base::UtcTime date, base::Millis round_trip, base::BootTime received) {
  // `date` is in whole seconds, cut, and was read somewhere within the round trip: the middle of both is meant.
  constexpr base::Millis kHalfASecond{500};
  offset_ = date.time_since_epoch() + kHalfASecond + round_trip / 2 - received.time_since_epoch();
}

std::optional<base::UtcTime> SigningTime::at(base::BootTime now, const std::optional<base::SystemUtc>& system) const {
  if (system && system->synchronised) return system->time;
  if (offset_) return base::UtcTime{now.time_since_epoch() + *offset_};
  if (system) return system->time;
  return std::nullopt;
}

}  // namespace odograph::kafka
