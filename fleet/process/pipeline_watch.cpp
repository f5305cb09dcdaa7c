// What whoever looks at the pipeline is told.

#include <algorithm>

#include "fleet/process/pipeline.h"
#include "fleet/topics/topic_table.h"

namespace odograph::process {

Counters Pipeline::counters() const {
  Counters counters = processor_.counters();
  counters.outputs_refused = counted_.outputs_refused;
  counters.commits = counted_.commits;
  counters.aborts = counted_.aborts;
  counters.producers_replaced = counted_.producers_replaced;
  counters.rebalances = counted_.rebalances;
  counters.restores = counted_.restores;
  counters.restored_rows = counted_.restored_rows;
  counters.restore_ms = counted_.restore_ms;
  counters.messages_gone = counted_.messages_gone;
  counters.rewinds = counted_.rewinds;
  counters.partitions = state_ == State::kWorking ? assigned_.size() : 0;
  counters.partitions_caught_up = caught_up_.size();
  return counters;
}

Work Pipeline::work() const {
  Work work{.doing = Work::Doing::kWorking, .event = fresh_.event(), .append = fresh_.append()};
  if (state_ == State::kIdle) work.doing = Work::Doing::kWaiting;
  if (state_ == State::kToRestore || state_ == State::kRestoring) work.doing = Work::Doing::kRestoring;
  if (state_ == State::kSettling) work.doing = Work::Doing::kSettling;
  if (!refusal_.empty() && clock_.boot_now() < pause_until_) {
    work.doing = Work::Doing::kPaused;
    work.refusal = refusal_;
    work.next_try = pause_until_ - clock_.boot_now();
  }
  if (state_ != State::kWorking) return work;
  const auto utc = clock_.utc_now();
  const auto high = [this](std::int32_t partition) {
    return connections_.raw->end_as_fetched(topics::kRawData, partition);
  };
  work.lags = fresh_.lags(high, utc ? std::optional(utc->time) : std::nullopt);
  const bool waits =
      std::any_of(work.lags.begin(), work.lags.end(), [](const PartitionLag& each) { return each.waiting > 0; });
  if (waits || policy_.has_work()) work.failures = pauses_.failures();
  return work;
}

}  // namespace odograph::process
