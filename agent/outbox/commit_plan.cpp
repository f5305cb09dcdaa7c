#include "agent/outbox/commit_plan.h"

#include <algorithm>

namespace odograph::outbox {
namespace {

using base::BootTime;

/// When this lane wants to be committed; nothing if it has nothing.
std::optional<BootTime> due_at(const CommitInputs& inputs, model::Lane lane) {
  const std::size_t i = index_of(lane);
  const auto& level = inputs.lanes[i];
  if (!level.oldest) return {};
  if (inputs.urgency == Urgency::kFlush) return inputs.now;
  if (level.bytes >= inputs.commit_bytes) return inputs.now;
  BootTime due = *level.oldest + inputs.commit_after[i];
  if (lane == model::Lane::kAlert && inputs.alert_commits.front()) {
    due = std::max(due, *inputs.alert_commits.front() + base::Millis{1000});
  }
  return due;
}

}  // namespace

CommitPlan plan_commit(const CommitInputs& inputs) {
  CommitPlan plan;
  const auto consider = [&](std::optional<BootTime> due) {
    if (!due) return false;
    if (*due <= inputs.now) return plan.commit = true;
    if (!plan.wake || *due < *plan.wake) plan.wake = due;
    return false;
  };
  for (const auto lane : model::kStoredLanes) plan.lanes[index_of(lane)] = consider(due_at(inputs, lane));
  if (inputs.acks_since) {
    const base::Millis bulk = inputs.commit_after[index_of(model::Lane::kBulk)];
    const base::Millis wait = inputs.acked_chunks > kAcksChunksMax ? kAcksWait : std::max(kAcksWait, bulk);
    consider(inputs.urgency == Urgency::kFlush ? inputs.now : *inputs.acks_since + wait);
  }
  if (inputs.notes_since) {
    const base::Millis after = inputs.commit_after[index_of(model::Lane::kEvent)];
    consider(inputs.urgency == Urgency::kFlush ? inputs.now : *inputs.notes_since + after);
  }
  return plan;
}

}  // namespace odograph::outbox
