#include "agent/outbox/storage_loop.h"

#include <algorithm>
#include <utility>

namespace odograph::outbox {

using base::BootTime;

StorageLoop::StorageLoop(Parts parts)
    : options_(std::move(parts.options)),
      boot_record_(std::move(parts.boot_record)),
      rings_(parts.rings),
      handout_(parts.handout),
      directory_(options_.directory),
      salvager_(options_.directory, options_.file.page_bytes, handout_),
      cap_bytes_(options_.cap_bytes),
      times_(options_.file.stopwatch),
      flash_(options_.flash_gb_per_year, options_.commit_after[index_of(model::Lane::kBulk)],
             options_.file_system_bytes),
      pipeline_ms_(boot_record_.boot_time.value_or(BootTime{}).time_since_epoch().count()) {
  stats_.cap_bytes = stats_.wanted_cap_bytes = options_.cap_bytes;
}

StorageLoop::~StorageLoop() = default;

std::optional<BootTime> StorageLoop::step(BootTime now) {
  const auto file = serve_file(now);
  const auto memory = send_from_memory(now);
  return memory && (!file || *memory < *file) ? memory : file;
}

std::optional<BootTime> StorageLoop::serve_file(BootTime now) {
  if (!store_) {
    if (retry_at_ && now < *retry_at_) return retry_at_;
    if (open(now)) return retry_at_;
  }
  if (is_removed_) {
    if (now < *retry_at_) return retry_at_;
    file_removed(now);
    if (is_removed_ || !store_) return retry_at_;
  }
  const std::uint64_t asked = flush_asked_.load();
  const bool flush = asked > flush_done_.load();
  note_flash(now);
  settle_held();
  auto wake = commit_due(now, flush ? Urgency::kFlush : Urgency::kNormal);
  if (flush && !batch_ && store_) flush_done_.store(asked);
  if (!store_ || is_removed_) return retry_at_;
  for (const auto other : {feed(now), thin_due(now), idle(now), room_due(now), look_due(now)}) {
    if (other && (!wake || *other < *wake)) wake = other;
  }
  // Once more, so that what is told of the bytes holds this step's.
  note_flash(now);
  publish();
  if (const auto held = held_until(); held && (!wake || *held < *wake)) wake = held;
  // `feed` may have found what has to be told: plan again at once rather than with the next push.
  if (store_ && !batch_ && has_notes() && !notes_since_) wake = now;
  return wake;
}

void StorageLoop::finish(BootTime now) {
  settle_memory();
  end_boot(now);
  // Also where not everything could be committed: nothing is left for the destructor to ask of the medium.
  store_.reset();
}

void StorageLoop::end_boot(BootTime now) {
  if (is_removed_) file_removed(now);
  if (is_removed_) return;
  if (!store_ && open(now)) return;
  settle_held();
  if (batch_) try_commit(now);
  if (!store_ || batch_) return;
  // The last commit is as small as every other.
  if (takes_waiting() > 1) static_cast<void>(commit_due(now, Urgency::kFlush));
  if (!store_ || batch_) return;
  batch_ = compose(now, {true, true, true});
  note_flash(now);
  batch_->transaction.flash = flash_.account();
  batch_->transaction.clean_end = true;
  tell_ends(*batch_);
  try_commit(now);
  publish();
}

void StorageLoop::set_anchor(Anchor anchor) {
  const std::lock_guard lock(mutex_);
  if (anchor.quality > anchor_.quality) anchor_ = anchor;
}

Stats StorageLoop::stats(std::optional<BootTime> now) const {
  std::unique_lock lock(mutex_);
  Stats stats = stats_;
  const Anchor anchor = anchor_;
  lock.unlock();
  stats.commit_time = times_.told(MediumTimes::Work::kCommit);
  stats.checkpoint_time = times_.told(MediumTimes::Work::kCheckpoint);
  std::optional<BootTime> oldest;
  for (std::size_t i = 0; i < kLanes; ++i) {
    const auto counts = rings_[i]->counts();
    stats.lanes[i].made += counts.made;
    stats.lanes[i].ring_full = counts.ring_full;
    stats.lanes[i].in_ring = counts.held;
    if (!counts.held_since) continue;
    if (!oldest || *counts.held_since < *oldest) oldest = counts.held_since;
    // The anchor of a recording is of the recording's time, which this is not.
    if (anchor.quality == model::TimeQuality::kNone || !options_.source_key.empty()) continue;
    const base::UtcTime since{counts.held_since->time_since_epoch() + anchor.offset};
    stats.lanes[i].in_ring_since = since;
    if (!stats.oldest_utc || since < *stats.oldest_utc) stats.oldest_utc = since;
  }
  if (now && oldest) stats.durable_lag = std::max(base::Millis{0}, *now - *oldest);
  return stats;
}

LossContext StorageLoop::loss_context() { return {pipeline_now(), boot_, store_->anchors()}; }

void StorageLoop::note_flash(BootTime now) {
  std::unique_lock lock(mutex_);
  const Anchor anchor = anchor_;
  lock.unlock();
  std::optional<base::UtcTime> utc;
  // The anchor of a recording is of the recording's time, which this is not.
  if (anchor.quality != model::TimeQuality::kNone && options_.source_key.empty()) {
    utc = base::UtcTime{now.time_since_epoch() + anchor.offset};
  }
  flash_.note(now, utc, bytes_before_ + (store_ ? store_->bytes_written() : 0));
}

void StorageLoop::publish() {
  if (!store_) return;
  std::optional<base::UtcTime> oldest;
  for (const auto lane : model::kStoredLanes) {
    const auto rows = store_->oldest(lane, of(lane).deleted, 1);
    const auto* found = std::get_if<std::vector<Store::Weighed>>(&rows);
    if (found == nullptr || found->empty()) continue;
    const Row& row = found->front().row;
    const auto anchor = store_->anchors().find(row.boot());
    if (anchor == store_->anchors().end()) continue;
    const base::UtcTime utc{base::Millis{row.t0_ms} + anchor->second.offset};
    if (!oldest || utc < *oldest) oldest = utc;
  }
  const std::uint64_t used = store_->used_bytes();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kLanes; ++i) stats_.lanes[i].stored = lanes_[i].use.records;
  stats_.stream_id = stream_id_;
  stats_.boot = boot_;
  stats_.boot_nonce = boot_nonce_;
  stats_.vehicle_before = vehicle_before_;
  stats_.oldest_utc = oldest;
  stats_.used_bytes = used;
  stats_.cap_bytes = cap_bytes_;
  stats_.reserved = store_->room().reserved;
  stats_.reserved_reason = store_->room().reason;
  stats_.wal_pages = store_->wal_pages();
  stats_.bytes_written = bytes_before_ + store_->bytes_written();
  stats_.flash = flash_.forecast();
  const auto& salvaged = salvager_.counts();
  stats_.crc_failures = crc_failures_ + salvaged.crc_failures;
  const auto& waiting = salvager_.quarantines().paths;
  stats_.quarantines_waiting = waiting.size();
  stats_.quarantined = waiting.empty() ? "" : waiting.back().string();
  stats_.salvage_outcome = salvager_.outcome();
  stats_.salvaged_chunks = salvaged.chunks;
  stats_.salvaged_records = salvaged.records;
  stats_.salvage_lost_records = salvaged.lost_records;
  stats_.scanned_bytes = scan_pace_.bytes();
}

}  // namespace odograph::outbox
