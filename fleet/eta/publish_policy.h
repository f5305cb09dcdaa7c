#pragma once

#include <optional>
#include <vector>

#include "fleet/eta/progress.h"

namespace odograph::eta {

/// Decides when one trip's estimates are told again: at a stop event, when one of them moved by more than 30 s and more
/// than 5 % of the time to go, and otherwise every 60 s. Event time.
class PublishPolicy {
 public:
  /// `events`: how many the newest position brought. True if `estimates`, made at `made_at`, are to be told; they are
  /// taken for told then.
  bool due(base::UtcTime made_at, const std::vector<Estimate>& estimates, std::size_t events);

 private:
  std::optional<base::UtcTime> told_at_;
  std::vector<Estimate> told_;
};

}  // namespace odograph::eta
