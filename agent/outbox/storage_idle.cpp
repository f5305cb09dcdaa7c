// What the storage loop does when it has nothing more urgent to do: salvage, and looking for rot.
#include <algorithm>

#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

using base::BootTime;

std::optional<BootTime> StorageLoop::idle(BootTime now) {
  // Ingest first: what could not be committed yet has the medium for itself.
  if (!store_ || batch_) return {};
  std::optional<BootTime> wake = salvage(now);
  if (!store_) return retry_at_;
  const auto scanned = scan(now);
  if (!store_) return retry_at_;
  if (scanned && (!wake || *scanned < *wake)) wake = scanned;
  return wake;
}

std::optional<BootTime> StorageLoop::salvage(BootTime now) {
  Salvager::Context context{*store_, options_.agent_version, {}, pipeline_now()};
  if (written_anchor_.quality != model::TimeQuality::kNone) context.anchor = written_anchor_;
  auto stepped = salvager_.step(now, context);
  if (const auto* failure = std::get_if<Failure>(&stepped)) {
    failed(now, *failure);
    return retry_at_;
  }
  return std::get<std::optional<BootTime>>(stepped);
}

std::optional<BootTime> StorageLoop::scan(BootTime now) {
  if (!scan_pace_.is_due(now)) return scan_pace_.next_at();
  if (read_retry_at_ && now < *read_retry_at_) return read_retry_at_;
  std::uint64_t bytes = 0;
  while (bytes < kScanBytesAStep && scan_lane_ < kLanes) {
    LaneState& state = lanes_[scan_lane_];
    if (state.broken.size() >= kCorruptWaitingMax) break;
    // What was handed out is on its way already, and what lies there is about to be deleted.
    auto next = store_->next(model::kStoredLanes[scan_lane_], std::max(scan_cursor_, state.cursor));
    if (const auto* failure = std::get_if<Failure>(&next)) {
      read_failed(now, *failure);
      return retry_at_;
    }
    auto& found = std::get<std::optional<Store::Found>>(next);
    if (!found) {
      ++scan_lane_;
      scan_cursor_ = 0;
      continue;
    }
    scan_cursor_ = found->row.id;
    bytes += found->row.payload.size() + kRowOverheadBytes;
    if (!found->sound) found_broken(std::move(found->row));
  }
  scan_pace_.read(now, bytes);
  if (scan_lane_ < kLanes) return scan_pace_.next_at();
  scan_lane_ = 0;
  scan_pace_.ended(now);
  return scan_pace_.next_at();
}

bool StorageLoop::is_rotten(BootTime now) {
  if (now - unreadable_at_ > kUnreadableForget) unreadable_ = 0;
  unreadable_at_ = now;
  return ++unreadable_ >= kUnreadableMax;
}

/// Read again through a new opening, it may come; what does not come after some of them is rotten.
void StorageLoop::read_failed(BootTime now, const Failure& failure) {
  if (failure.trouble != Trouble::kUnreadable) return failed(now, failure);
  if (is_rotten(now)) return quarantine_and_reopen(now);
  read_retry_at_ = now + kReopenAfter;
  reopen(now, failure);
  if (store_) note(State::kRecovering, failure.what);
  if (store_ && batch_) retry_at_ = read_retry_at_;
}

}  // namespace odograph::outbox
