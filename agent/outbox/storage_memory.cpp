// `Options::send_from_memory`: what is done for the records while no file can be had.
#include <utility>

#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

using base::BootTime;

/// Where a commit is what somebody waits for there is nothing to gain, and an agent that has the file sends by itself.
/// A file that refuses a commit is not gone yet: most take it at the next try. Without a link what is handed out would
/// wait where no file comes to it any more.
bool StorageLoop::may_send_from_memory() const {
  return options_.send_from_memory && options_.source_key.empty() && !options_.commit_report && !is_in_use_ &&
         link_.load() == Link::kUp && (!store_ || is_removed_);
}

std::optional<BootTime> StorageLoop::send_from_memory(BootTime now) {
  settle_memory();
  const bool may = may_send_from_memory();
  MemoryStream::Moment moment{now, pipeline_now(), {}};
  {
    const std::lock_guard lock(mutex_);
    moment.anchor = anchor_;
    stats_.sends_from_memory = may && anchor_.quality != model::TimeQuality::kNone;
  }
  if (!may) return {};
  const std::uint64_t asked = flush_asked_.load();
  if (std::exchange(memory_flushed_, asked) < asked) moment.urgency = MemoryStream::Urgency::kNow;
  const auto wake = memory_.send(moment);
  const std::lock_guard lock(mutex_);
  stats_.lanes[index_of(model::Lane::kEvent)].made += memory_.take_own();
  return wake;
}

/// What is acknowledged needs no file: it counts as what `hold` held.
void StorageLoop::settle_memory() {
  const auto acked = memory_.settle();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kLanes; ++i) {
    stats_.lanes[i].durable += acked[i];
    stats_.lanes[i].acked += acked[i];
    stats_.lanes[i].from_memory += acked[i];
  }
}

}  // namespace odograph::outbox
