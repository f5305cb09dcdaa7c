#include "agent/signing_clock.h"

namespace odograph::agent {

std::optional<base::SystemUtc> SigningClock::utc_now() const {
  const auto system = system_->utc_now();
  if (system && system->synchronised) return system;
  const std::lock_guard lock{mutex_};
  if (!offset_) return system;
  return base::SystemUtc{base::UtcTime{system_->boot_now().time_since_epoch() + *offset_}, true};
}

void SigningClock::set_anchor(const track::Anchor& anchor) {
  const std::lock_guard lock{mutex_};
  if (anchor.quality == model::TimeQuality::kGnss) offset_ = anchor.offset;
}

}  // namespace odograph::agent
