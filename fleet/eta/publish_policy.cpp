#include "fleet/eta/publish_policy.h"

#include <algorithm>
#include <cmath>

namespace odograph::eta {
namespace {

constexpr double kEveryS = 60;
constexpr double kMovedS = 30;
constexpr double kMovedShare = 0.05;

bool moved(const Estimate& before, const Estimate& now, base::UtcTime made_at) {
  const double by_s = std::abs(seconds_between(before.p50, now.p50));
  return by_s > kMovedS && by_s > kMovedShare * seconds_between(made_at, now.p50);
}

}  // namespace

bool PublishPolicy::due(base::UtcTime made_at, const std::vector<Estimate>& estimates, std::size_t events) {
  bool due = events > 0 || !told_at_ || seconds_between(*told_at_, made_at) >= kEveryS;
  for (const Estimate& now : estimates) {
    const auto before =
        std::find_if(told_.begin(), told_.end(), [&now](const Estimate& one) { return one.stop == now.stop; });
    due = due || before == told_.end() || moved(*before, now, made_at);
  }
  if (!due) return false;
  told_at_ = made_at;
  told_ = estimates;
  return true;
}

}  // namespace odograph::eta
