// What the storage loop makes durable, when, and what it does when the medium refuses.
#include <algorithm>
#include <utility>

#include "agent/outbox/commit_report.h"
#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

using base::BootTime;

std::optional<BootTime> StorageLoop::commit_due(BootTime now, Urgency urgency) {
  if (batch_) {
    if (retry_at_ && now < *retry_at_) return retry_at_;
    try_commit(now);
    if (batch_ || !store_) return retry_at_.value_or(now);
  }
  // A flush is for all that waits now, and not for what comes meanwhile.
  for (std::size_t left = urgency == Urgency::kFlush ? takes_waiting() : 1; left > 0; --left) {
    const CommitPlan planned = plan(now, urgency);
    if (!planned.commit) return planned.wake;
    batch_ = compose(now, planned.lanes);
    try_commit(now);
    if (batch_ || !store_) return retry_at_.value_or(now);
  }
  const CommitPlan planned = plan(now, Urgency::kNormal);
  return planned.commit ? now : planned.wake;
}

/// How many commits it takes until all that waits now is in the file; at least one.
std::size_t StorageLoop::takes_waiting() const {
  std::size_t most = 0;
  for (const auto& ring : rings_) most = std::max(most, ring->level().bytes);
  return most / kTakeBytesMax + 1;
}

CommitPlan StorageLoop::plan(BootTime now, Urgency urgency) {
  CommitInputs inputs;
  inputs.now = now;
  inputs.commit_after = options_.commit_after;
  inputs.commit_after[index_of(model::Lane::kBulk)] = flash_.bulk_interval();
  inputs.commit_bytes = options_.commit_bytes;
  inputs.alert_commits = alert_commits_;
  inputs.urgency = urgency;
  for (const auto lane : model::kStoredLanes) {
    const auto level = rings_[index_of(lane)]->level();
    inputs.lanes[index_of(lane)] = {level.bytes, level.oldest};
    inputs.acked_chunks += handout_.acked(lane) - std::min(handout_.acked(lane), of(lane).deleted);
  }
  weigh_held(inputs);
  if (inputs.acked_chunks == 0) acks_since_.reset();
  if (inputs.acked_chunks > 0 && !acks_since_) acks_since_ = now;
  if (!has_notes()) notes_since_.reset();
  if (has_notes() && !notes_since_) notes_since_ = now;
  inputs.acks_since = acks_since_;
  inputs.notes_since = notes_since_;
  return plan_commit(inputs);
}

bool StorageLoop::has_notes() const {
  if (!boot_told_) return true;
  {
    const std::lock_guard lock(mutex_);
    if (anchor_.quality > written_anchor_.quality) return true;
  }
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return !lane.broken.empty(); }) ||
         std::any_of(rings_.begin(), rings_.end(), [](const auto& ring) { return ring->level().lost.count > 0; });
}

Batch StorageLoop::compose(BootTime now, const std::array<bool, kLanes>& lanes) {
  Batch batch;
  auto& transaction = batch.transaction;
  transaction.boot = boot_;
  transaction.source_key = options_.source_key;
  for (const auto lane : model::kStoredLanes) batch.ends[index_of(lane)] = of(lane).end;
  add_held(batch);
  add_acks(batch);
  for (const auto lane : model::kStoredLanes) {
    std::vector<model::Record> records;
    if (lane == model::Lane::kEvent) {
      add_boot_report(batch, records);
      add_ring_losses(batch, records);
      add_broken(batch, records);
    }
    if (lanes[index_of(lane)]) take_ring(batch, lane, records, now);
    append(batch, lane, std::move(records), now);
    batch.rule_set = 0;
  }
  {
    const std::lock_guard lock(mutex_);
    if (anchor_.quality > written_anchor_.quality) transaction.anchor = anchor_;
  }
  if (flash_.wants_saving()) transaction.flash = flash_.account();
  add_evictions(batch, Pressure::kNormal, now);
  tell_ends(batch);
  return batch;
}

void StorageLoop::take_ring(Batch& batch, model::Lane lane, std::vector<model::Record>& records, BootTime now) {
  auto entries = rings_[index_of(lane)]->take(kTakeBytesMax);
  // The outbox's own records are under no rule: they go with the first that may be.
  if (!entries.empty()) batch.rule_set = entries.front().rule_set;
  batch.tally[index_of(lane)].from_ring += entries.size();
  records.reserve(records.size() + entries.size());
  for (auto& entry : entries) {
    if (entry.rule_set != batch.rule_set) {
      append(batch, lane, std::exchange(records, {}), now);
      batch.rule_set = entry.rule_set;
    }
    records.push_back(std::move(entry.record));
    batch.tally[index_of(lane)].last_time = records.back().utc;
    if (entry.mark && !options_.source_key.empty()) batch.transaction.marks[index_of(lane)] = entry.mark;
  }
}

void StorageLoop::add_boot_report(Batch& batch, std::vector<model::Record>& records) {
  if (boot_told_) return;
  records.push_back(boot_record_);
  // What another vehicle's boot came to is nothing that this vehicle's stream could miss.
  const PreviousBoot told = vehicle_before_.empty() ? previous_ : PreviousBoot{};
  records.back().boot = model::BootReport{options_.agent_version, told.boot, told.clean, told.ends};
  batch.tally[index_of(model::Lane::kEvent)].own += 1;
  boot_told_ = true;
}

void StorageLoop::add_ring_losses(Batch& batch, std::vector<model::Record>& records) {
  for (const auto lane : model::kStoredLanes) {
    const auto lost = rings_[index_of(lane)]->level().lost;
    if (lost.count == 0) continue;
    records.push_back(ring_loss_record(lane, boot_, lost, pipeline_now()));
    batch.tally[index_of(lane)].told = lost.count;
    batch.tally[index_of(model::Lane::kEvent)].own += 1;
  }
}

bool StorageLoop::add_acks(Batch& batch) {
  acks_remain_ = false;
  bool added = false;
  std::uint64_t left = kAckedBytesMax;
  // A batch that was refused may delete some already.
  for (const auto& tally : batch.tally) left -= std::min(left, tally.bytes_gone);
  for (const auto lane : model::kStoredLanes) {
    const std::uint64_t from = std::max(of(lane).deleted, batch.transaction.acked[index_of(lane)].value_or(0));
    const std::uint64_t acked = deletable(batch, lane);
    if (acked <= from) continue;
    const auto oldest = store_->oldest(lane, from, left);
    const auto* rows = std::get_if<std::vector<Store::Weighed>>(&oldest);
    // A read that fails here fails again in the commit, which deals with it; the deletion waits for the next one.
    if (rows == nullptr) continue;
    auto& tally = batch.tally[index_of(lane)];
    std::uint64_t through = from;
    for (const auto& [row, bytes] : *rows) {
      if (row.id > acked) break;
      through = row.id;
      if (is_leaving(batch, row)) continue;
      tally.acked += row.count;
      tally.bytes_gone += bytes;
      left -= std::min(left, bytes);
    }
    if (left > 0) through = acked;
    acks_remain_ = acks_remain_ || through < acked;
    if (through <= from) continue;
    batch.transaction.acked[index_of(lane)] = through;
    added = true;
  }
  return added;
}

void StorageLoop::add_broken(Batch& batch, std::vector<model::Record>& records) {
  for (const auto lane : model::kStoredLanes) {
    for (const Broken& broken : of(lane).broken) {
      auto told = loss_records({broken.row}, model::LossReason::kCorrupt, loss_context());
      records.insert(records.end(), told.begin(), told.end());
      batch.transaction.evicted.push_back({lane, broken.row.id, broken.row.id});
      batch.tally[index_of(lane)].corrupt += broken.row.count;
      batch.tally[index_of(lane)].bytes_gone += broken.bytes;
      batch.tally[index_of(model::Lane::kEvent)].own += 1;
    }
  }
}

bool StorageLoop::add_evictions(Batch& batch, Pressure pressure, BootTime now) {
  EvictInputs inputs{store_->used_bytes(), cap_bytes_, {}, pressure};
  for (std::size_t i = 0; i < kLanes; ++i) {
    const std::uint64_t held = lanes_[i].use.bytes;
    const std::uint64_t gone = std::min(held, batch.tally[i].bytes_gone);
    inputs.lane_bytes[i] = held - gone;
    inputs.used_bytes -= std::min(inputs.used_bytes, gone);
  }
  const EvictPlan planned = plan_eviction(inputs);
  std::vector<model::Record> records;
  for (const auto lane : {model::Lane::kBulk, model::Lane::kEvent, model::Lane::kAlert}) {
    const std::uint64_t drop = planned.drop_bytes[index_of(lane)];
    const auto rows = pick_evicted(batch, lane, std::min(drop, kEvictBytesMax));
    auto told = loss_records(rows, model::LossReason::kEvictedSpace, loss_context());
    records.insert(records.end(), told.begin(), told.end());
    // Nothing of a better lane goes while more of this one could.
    if (drop > kEvictBytesMax) break;
  }
  if (records.empty()) return false;
  batch.tally[index_of(model::Lane::kEvent)].own += records.size();
  append(batch, model::Lane::kEvent, std::move(records), now);
  return true;
}

std::vector<Row> StorageLoop::pick_evicted(Batch& batch, model::Lane lane, std::uint64_t bytes) {
  std::vector<Row> rows;
  if (bytes == 0) return rows;
  // What was handed out may be on its way: it is left alone.
  std::uint64_t after = std::max(of(lane).cursor, handout_.acked(lane));
  for (const IdRange& range : batch.transaction.evicted) {
    if (range.lane == lane) after = std::max(after, range.last);
  }
  auto oldest = store_->oldest(lane, after, bytes);
  if (std::holds_alternative<Failure>(oldest)) return rows;
  auto& tally = batch.tally[index_of(lane)];
  for (auto& [row, size] : std::get<std::vector<Store::Weighed>>(oldest)) {
    tally.evicted += row.count;
    tally.bytes_gone += size;
    rows.push_back(std::move(row));
  }
  tell_thinned_ends(rows);
  if (!rows.empty()) batch.transaction.evicted.push_back({lane, rows.front().id, rows.back().id});
  return rows;
}

void StorageLoop::tell_ends(Batch& batch) {
  auto& transaction = batch.transaction;
  transaction.ends.reset();
  bool emptied = transaction.clean_end;
  for (const auto lane : model::kStoredLanes) {
    const auto in_lane = [&](const auto& it) { return it.lane == lane; };
    if (std::any_of(transaction.rows.begin(), transaction.rows.end(), in_lane)) continue;
    std::uint64_t gone = transaction.acked[index_of(lane)].value_or(0);
    for (const IdRange& range : transaction.evicted) {
      if (range.lane == lane) gone = std::max(gone, range.last);
    }
    emptied = emptied || (of(lane).end.n > 0 && gone >= chunk_id(boot_, of(lane).end.chunk_no));
  }
  if (emptied) transaction.ends = model::LaneEnds{batch.ends[0].n, batch.ends[1].n, batch.ends[2].n};
}

void StorageLoop::try_commit(BootTime now) {
  auto failure = times_.take(MediumTimes::Work::kCommit, [&] { return commit_making_room(now); });
  if (failure && failure->trouble == Trouble::kFull && batch_->is_thinning) return give_up_thinning(now);
  // Committed into a file that nobody will find again is not durable.
  if (!failure && !store_->is_in_place()) return file_removed(now);
  if (failure) {
    note_refused();
    return failed(now, *failure);
  }
  const bool evicted =
      std::any_of(batch_->tally.begin(), batch_->tally.end(), [](const auto& t) { return t.evicted > 0; });
  committed(now);
  const bool is_high = store_->used_bytes() > cap_bytes_ / 100 * kFullUntilPercent;
  was_full_ = evicted || (was_full_ && is_high);
  if (was_full_) {
    note(State::kFull, "outbox " + options_.directory.string() + ": full, the oldest records are dropped");
  } else {
    note(State::kOk, "");
  }
  checkpoint_if_long();
}

std::optional<Failure> StorageLoop::commit_making_room(BootTime now) {
  auto failure = store_->commit(batch_->transaction);
  if (!failure || failure->trouble != Trouble::kFull || batch_->is_thinning) return failure;
  const Batch plain = *batch_;
  for (int i = 0; i < kFullTriesMax && failure && failure->trouble == Trouble::kFull; ++i) {
    // Without this the WAL wants one frame more than it ever had, which a full file system does not give.
    static_cast<void>(store_->checkpoint(Database::Checkpoint::kRestart));
    if (i == 0) failure = store_->commit(batch_->transaction);
    if (!failure || failure->trouble != Trouble::kFull) break;
    if (!make_way(now)) break;
    tell_ends(*batch_);
    failure = store_->commit(batch_->transaction);
  }
  // Nothing gives way, so nothing is given up.
  if (failure) batch_ = plain;
  return failure;
}

void StorageLoop::committed(BootTime now) {
  Batch batch = *std::exchange(batch_, {});
  auto& transaction = batch.transaction;
  if (options_.commit_report) options_.commit_report->tell(stream_id_, batch);
  const std::lock_guard lock(mutex_);
  for (const auto lane : model::kStoredLanes) {
    LaneState& state = of(lane);
    const auto& tally = batch.tally[index_of(lane)];
    state.end = batch.ends[index_of(lane)];
    state.use.records += tally.records - tally.acked - tally.evicted - tally.thinned - tally.corrupt;
    state.use.bytes += tally.bytes - tally.bytes_gone;
    state.deleted = std::max(state.deleted, transaction.acked[index_of(lane)].value_or(0));
    state.recent.clear();
    state.recent_after = state.last_id;
    if (transaction.anchor) state.gated_until.reset();
    for (const IdRange& range : transaction.evicted) {
      std::erase_if(state.broken, [&](const Broken& b) { return range.lane == lane && range.first == b.row.id; });
    }
    auto& ring = *rings_[index_of(lane)];
    ring.settle(tally.from_ring);
    ring.told(tally.told);
    auto& counts = stats_.lanes[index_of(lane)];
    counts.made += tally.own;
    counts.durable += tally.records;
    counts.acked += tally.acked;
    counts.evicted += tally.evicted;
    counts.thinned += tally.thinned;
    counts.corrupt += tally.corrupt;
  }
  for (Row& row : transaction.rows) {
    LaneState& state = of(row.lane);
    state.last_id = row.id;
    state.recent.push_back(std::move(row));
  }
  if (batch.tally[index_of(model::Lane::kAlert)].records > 0) {
    std::rotate(alert_commits_.begin(), alert_commits_.begin() + 1, alert_commits_.end());
    alert_commits_.back() = now;
  }
  if (transaction.anchor) written_anchor_ = *transaction.anchor;
  if (transaction.flash) flash_.saved();
  if (!batch.is_thinning) {
    round_.came += batch.tally[index_of(model::Lane::kBulk)].records;
    if (!acks_remain_) acks_since_.reset();
    notes_since_.reset();
  }
  retry_at_.reset();
  io_failures_ = 0;
  ++stats_.commits;
}

void StorageLoop::note_refused() {
  const std::lock_guard lock(mutex_);
  ++stats_.commit_failures;
}

void StorageLoop::failed(BootTime now, const Failure& failure) {
  switch (failure.trouble) {
    case Trouble::kCorrupt:
    case Trouble::kNotOurs: return quarantine_and_reopen(now);
    case Trouble::kFull: retry_at_ = now + kFullRetryAfter; return note(State::kFull, failure.what);
    case Trouble::kUnreadable: return read_failed(now, failure);
    default: break;
  }
  ++io_failures_;
  note(failure.trouble == Trouble::kReadonly ? State::kReadonly : State::kRecovering, failure.what);
  retry_at_ = now + kRetryAfter;
  if (io_failures_ % kIoFailuresMax != 0) return;
  if (io_failures_ < 2 * kIoFailuresMax) return reopen(now, failure);
  io_failures_ = 0;
  close_store();
  open_failed(now, failure);
}

void StorageLoop::checkpoint_if_long() {
  const auto& alerts = *rings_[index_of(model::Lane::kAlert)];
  if (store_->wal_pages() < options_.file.checkpoint_pages || alerts.level().waiting > 0) return;
  // The commit stands whether this succeeds or not; a medium that fails fails the next commit too.
  const auto passive = [this] { return store_->checkpoint(Database::Checkpoint::kPassive); };
  static_cast<void>(times_.take(MediumTimes::Work::kCheckpoint, passive));
}

}  // namespace odograph::outbox
