#include "fleet/process/transaction_plan.h"

#include <algorithm>

namespace odograph::process {

Remedy remedy_of(const Failure& failure) {
  const auto [phase, action, fences, refused] = failure;
  if (fences >= kFencesMax) return Remedy::kStop;
  if (refused) return Remedy::kReplace;
  if (phase == Phase::kTakeOver) {
    // A broker without transactions: asking again would not help.
    const bool hopeless = action == base::Action::kStop && fences == 0;
    return hopeless ? Remedy::kStop : action == base::Action::kRetry ? Remedy::kAgain : Remedy::kReplace;
  }
  if (action == base::Action::kDrop && phase != Phase::kAbort) return Remedy::kAbort;
  return Remedy::kReplace;
}

base::Millis pause_after(int failures) {
  constexpr base::Millis kFirst{200};
  constexpr base::Millis kMost{5'000};
  return std::min(kFirst * (1 << std::clamp(failures - 1, 0, 10)), kMost);
}

}  // namespace odograph::process
