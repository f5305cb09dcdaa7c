#include "agent/track/jump_filter.h"

#include <algorithm>

#include "lib/model/geo.h"

namespace odograph::track {
namespace {

base::Millis elapsed(const Sighting& from, const Sighting& to) {
  if (from.time && to.time && *to.time > *from.time) return *to.time - *from.time;
  return to.received - from.received;
}

bool out_of_reach(const Sighting& from, const Sighting& to) {
  const auto ms = static_cast<double>(elapsed(from, to).count());
  if (ms <= 0) return false;
  const double reported_mps = to.speed_mmps / 1000.0;
  const double plausible_mps = std::max(60.0, 1.5 * reported_mps + 10.0);
  return model::distance_m(from.position, to.position) > plausible_mps * ms / 1000.0;
}

}  // namespace

bool JumpFilter::is_jump(const Sighting& sighting, Otherwise otherwise) {
  const bool jump = reference_ && out_of_reach(*reference_, sighting);
  if (otherwise == Otherwise::kUnusable) return jump;
  if (jump) {
    const bool confirms = candidate_ && !out_of_reach(candidate_->last, sighting);
    candidate_ = Candidate{sighting, confirms ? candidate_->confirmations + 1 : 0};
    if (candidate_->confirmations < kConfirmations) return true;
  }
  reference_ = sighting;
  candidate_.reset();
  return false;
}

}  // namespace odograph::track
