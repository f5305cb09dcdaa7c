// What gives way when a commit finds no room although everything below the mark was tried.
#include <algorithm>
#include <utility>

#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

/// What arrived goes first, since nobody misses it; then the oldest that is not on its way; then also what only waits
/// for the uplink to take it. What the uplink has stays: then the batch waits, and what the rings cannot take is
/// counted there, until an acknowledgement or a rewind. False if nothing was added to the batch.
bool StorageLoop::make_way(base::BootTime now) {
  if (add_acks(*batch_) || add_evictions(*batch_, Pressure::kRefused, now)) return true;
  return withdraw_queued() && add_evictions(*batch_, Pressure::kRefused, now);
}

/// Back into the file's care alone: `feed` puts there again what is left of it.
bool StorageLoop::withdraw_queued() {
  bool any = false;
  for (const auto lane : model::kStoredLanes) {
    const auto first = handout_.withdraw(lane);
    if (!first) continue;
    of(lane).cursor = std::min(of(lane).cursor, *first - 1);
    any = true;
  }
  return any;
}

/// Up to here an acknowledgement may delete. What was sent before it was stored may have arrived before its rows are in
/// the file: deleted first and inserted then, they would stay.
std::uint64_t StorageLoop::deletable(const Batch& batch, model::Lane lane) const {
  std::uint64_t through = handout_.acked(lane);
  for (const Row& row : batch.transaction.rows) {
    if (row.lane == lane) through = std::min(through, row.id - 1);
  }
  return through;
}

/// Counted as evicted or corrupt, or about to be: not as acknowledged too.
bool StorageLoop::is_leaving(const Batch& batch, const Row& row) const {
  const auto& broken = lanes_[index_of(row.lane)].broken;
  const auto& evicted = batch.transaction.evicted;
  return std::any_of(broken.begin(), broken.end(), [&](const Broken& b) { return b.row.id == row.id; }) ||
         std::any_of(evicted.begin(), evicted.end(), [&](const IdRange& range) {
           return range.lane == row.lane && range.first <= row.id && row.id <= range.last;
         });
}

}  // namespace odograph::outbox
