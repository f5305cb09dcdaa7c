#include "agent/rot_telling.h"

namespace odograph::agent {

std::vector<std::string> RotTelling::news(const outbox::Stats& stats) {
  std::vector<std::string> lines;
  const auto& repairs = stats.repairs;
  const bool is_rescued = repairs.files_rescued > rescued_;
  if (repairs.directories_made_again > made_again_) {
    lines.emplace_back("storage: the data directory was gone, and was made again");
  }
  if (is_rescued) {
    lines.emplace_back("storage: the file in use was removed; it was copied, and its records are sent on");
  }
  if (repairs.files_removed - repairs.files_rescued > removed_ - rescued_) {
    lines.emplace_back("storage: the file in use was removed, and cannot be copied: what it held is lost");
  }
  const bool is_new =
      stats.quarantines > quarantines_ || (quarantined_.empty() && !stats.quarantined.empty() && !is_rescued);
  if (is_new) {
    const std::string where = stats.quarantined.empty() ? "" : " as " + stats.quarantined;
    lines.push_back("storage: a broken file was put aside" + where + ", and what can be read of it is sent on");
  }
  if (!stats.salvage_outcome.empty() && stats.salvage_outcome != outcome_) {
    lines.push_back("storage: " + stats.salvage_outcome);
  }
  if (stats.sends_from_memory && !sends_from_memory_) {
    lines.emplace_back("storage: sending from memory: nothing is durable");
  }
  sends_from_memory_ = stats.sends_from_memory;
  quarantines_ = stats.quarantines;
  removed_ = repairs.files_removed;
  rescued_ = repairs.files_rescued;
  made_again_ = repairs.directories_made_again;
  quarantined_ = stats.quarantined;
  outcome_ = stats.salvage_outcome;
  return lines;
}

}  // namespace odograph::agent
