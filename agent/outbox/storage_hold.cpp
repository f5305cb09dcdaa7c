// `Options::hold`: bulk goes out first, and into the file only if no acknowledgement came in time.
#include <algorithm>
#include <utility>

#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

using base::BootTime;
using model::Lane;

/// While nothing of bulk waits in the file. With a commit report or a source's marks each record's commit is what
/// somebody waits for. Before the boot's time is known nothing goes out, so there is nothing to gain.
bool StorageLoop::may_hold() const {
  const LaneState& bulk = lanes_[index_of(Lane::kBulk)];
  return options_.hold && options_.source_key.empty() && !options_.commit_report && store_ && !batch_ && !was_full_ &&
         written_anchor_.quality != model::TimeQuality::kNone && bulk.cursor >= bulk.last_id &&
         handout_.acked(Lane::kBulk) >= bulk.last_id && bulk.broken.empty() && handout_.has_room(Lane::kBulk) &&
         held_bytes() < kHeldBytesMax;
}

/// Hands out what the ring has, under the numbers that it will keep whatever becomes of it in this boot. What a power
/// cut takes was durable nowhere, and its numbers go with the boot.
void StorageLoop::hand_out_held(BootTime now) {
  // What is left of a full ring comes with the next step, or into the file when it is due.
  if (!may_hold()) return;
  const auto since = rings_[index_of(Lane::kBulk)]->level().oldest;
  if (!since) return;
  LaneState& bulk = of(Lane::kBulk);
  Batch numbered;
  numbered.transaction.boot = boot_;
  numbered.ends[index_of(Lane::kBulk)] = bulk.end;
  std::vector<model::Record> records;
  take_ring(numbered, Lane::kBulk, records, now);
  append(numbered, Lane::kBulk, std::move(records), now);
  bulk.end = numbered.ends[index_of(Lane::kBulk)];
  bool takes = true;
  for (Row& row : numbered.transaction.rows) {
    takes = takes && handout_.put(to_chunk(row));
    // What the queue did not take goes out once it is in the file, as after a rewind.
    if (takes) bulk.cursor = row.id;
    held_.push_back({std::move(row), *since});
  }
  if (!takes) held_is_due_ = true;
}

/// What was acknowledged before its time was up never comes into the file.
void StorageLoop::settle_held() {
  LaneState& bulk = of(Lane::kBulk);
  const std::uint64_t acked = handout_.acked(Lane::kBulk);
  std::uint64_t records = 0;
  while (!held_.empty() && held_.front().row.id <= acked) {
    records += held_.front().row.count;
    // Nothing of it is in the file, so there is nothing to delete, unless older rows still are.
    if (bulk.use.records == 0) bulk.deleted = std::max(bulk.deleted, held_.front().row.id);
    held_.pop_front();
  }
  if (records == 0) return;
  rings_[index_of(Lane::kBulk)]->settle(records);
  const std::lock_guard lock(mutex_);
  auto& counts = stats_.lanes[index_of(Lane::kBulk)];
  counts.durable += records;
  counts.acked += records;
}

/// Every commit takes along what is held: the ends that it may tell are then of what is durable.
void StorageLoop::add_held(Batch& batch) {
  auto& tally = batch.tally[index_of(Lane::kBulk)];
  for (Held& held : held_) {
    tally.from_ring += held.row.count;
    tally.records += held.row.count;
    tally.bytes += held.row.payload.size() + kRowOverheadBytes;
    batch.transaction.rows.push_back(std::move(held.row));
  }
  held_.clear();
  held_is_due_ = false;
}

std::size_t StorageLoop::held_bytes() const {
  std::size_t bytes = 0;
  for (const Held& held : held_) bytes += held.row.payload.size();
  return bytes;
}

/// As the planner sees what is held: it waits for its commit as what is in the ring does.
void StorageLoop::weigh_held(CommitInputs& inputs) const {
  if (held_.empty()) return;
  auto& bulk = inputs.lanes[index_of(Lane::kBulk)];
  bulk.oldest = held_.front().since;
  bulk.bytes += held_bytes();
  if (held_is_due_) bulk.bytes = std::max(bulk.bytes, inputs.commit_bytes);
}

std::optional<BootTime> StorageLoop::held_until() const {
  if (held_.empty()) return {};
  return held_is_due_ ? held_.front().since : held_.front().since + flash_.bulk_interval();
}

}  // namespace odograph::outbox
