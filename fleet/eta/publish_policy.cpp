#include "fleet/eta/publish_policy.h"

#include <algorithm>
#include <cmath>

namespace odograph::eta {
namespace {

constexpr double kEveryS = 60;
constexpr double kMovedS = 30;
constexpr double kMovedShare = 0.05;

bool moved(const PublishPolicy::Told& before, const Estimate& now, base::UtcTime made_at) {
  const double by_s = std::abs(seconds_between(before.p50, now.p50));
  return by_s > kMovedS && by_s > kMovedShare * seconds_between(made_at, now.p50);
}

}  // namespace

bool PublishPolicy::due(base::UtcTime made_at, const std::vector<Estimate>& estimates, std::size_t events) {
  bool due = events > 0 || !now_.at || seconds_between(*now_.at, made_at) >= kEveryS;
  for (const Estimate& now : estimates) {
    const auto before =
        std::find_if(now_.told.begin(), now_.told.end(), [&now](const Told& one) { return one.stop == now.stop; });
    due = due || before == now_.told.end() || moved(*before, now, made_at);
  }
  if (!due) return false;
  now_ = {made_at, {}};
  for (const Estimate& one : estimates) now_.told.push_back({one.stop, one.p50});
  return true;
}

}  // namespace odograph::eta
