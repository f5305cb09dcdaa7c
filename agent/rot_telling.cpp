#include "agent/rot_telling.h"

namespace odograph::agent {

std::vector<std::string> RotTelling::news(const outbox::Stats& stats) {
  std::vector<std::string> lines;
  const bool is_new = stats.quarantines > quarantines_ || (quarantined_.empty() && !stats.quarantined.empty());
  if (is_new) {
    const std::string where = stats.quarantined.empty() ? "" : " as " + stats.quarantined;
    lines.push_back("storage: a broken file was put aside" + where + ", and what can be read of it is sent on");
  }
  if (!stats.salvage_outcome.empty() && stats.salvage_outcome != outcome_) {
    lines.push_back("storage: " + stats.salvage_outcome);
  }
  quarantines_ = stats.quarantines;
  quarantined_ = stats.quarantined;
  outcome_ = stats.salvage_outcome;
  return lines;
}

}  // namespace odograph::agent
