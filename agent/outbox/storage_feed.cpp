// How the storage loop hands chunks to the uplink.
#include <algorithm>
#include <utility>

#include "agent/outbox/row_format.h"
#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

using base::BootTime;

std::optional<BootTime> StorageLoop::feed(BootTime now) {
  std::optional<BootTime> wake;
  if (read_retry_at_ && now < *read_retry_at_) return read_retry_at_;
  for (const auto lane : model::kStoredLanes) {
    if (!store_) return retry_at_;
    feed_lane(lane, now);
    const auto& gate = of(lane).gated_until;
    if (gate && (!wake || *gate < *wake)) wake = gate;
  }
  if (!held_is_due_) hand_out_held(now);
  // A row is kept in RAM for the one moment after its commit only: beyond that its place is the file.
  for (LaneState& lane : lanes_) lane.recent.clear();
  return wake;
}

void StorageLoop::feed_lane(model::Lane lane, BootTime now) {
  LaneState& state = of(lane);
  // Rows that are about to be replaced must not get on their way before it is known whether they were.
  if (batch_ && batch_->is_thinning && lane == model::Lane::kBulk) return;
  if (handout_.take_rewind(lane)) {
    state.cursor = handout_.acked(lane);
    state.gated_until.reset();
    if (lane == model::Lane::kBulk) held_is_due_ = !held_.empty();
  }
  if (state.gated_until && now < *state.gated_until) return;
  state.gated_until.reset();
  while (state.cursor < state.last_id && handout_.has_room(lane) && state.broken.size() < kCorruptWaitingMax) {
    auto next = next_row(lane);
    if (const auto* failure = std::get_if<Failure>(&next)) return read_failed(now, *failure);
    auto& found = std::get<std::optional<Store::Found>>(next);
    if (!found) {
      state.cursor = state.last_id;
      return;
    }
    const std::uint64_t id = found->row.id;
    if (!found->sound) {
      found_broken(std::move(found->row));
    } else {
      if (!is_ready(found->row, now)) {
        state.gated_until = BootTime{base::Millis{found->row.made_ms}} + options_.no_time_limit;
        return;
      }
      if (!handout_.put(to_chunk(std::move(found->row)))) return;
    }
    state.cursor = id;
  }
}

std::variant<std::optional<Store::Found>, Failure> StorageLoop::next_row(model::Lane lane) {
  LaneState& state = of(lane);
  if (!state.recent.empty() && state.cursor >= state.recent_after) {
    for (Row& row : state.recent) {
      if (row.id > state.cursor) return std::optional<Store::Found>(Store::Found{std::move(row), true});
    }
  }
  return store_->next(lane, state.cursor);
}

bool StorageLoop::is_ready(const Row& row, BootTime now) {
  // A boot that is over learns its time no more, so there is nothing to wait for.
  if (row.boot() != boot_) return true;
  if ((row.flags & Row::kAllUtc) != 0 || written_anchor_.quality != model::TimeQuality::kNone) return true;
  return now >= BootTime{base::Millis{row.made_ms}} + options_.no_time_limit;
}

Chunk StorageLoop::to_chunk(Row row) {
  Chunk chunk;
  chunk.stream_id = stream_id_;
  chunk.lane = row.lane;
  chunk.boot = row.boot();
  chunk.chunk_no = row.chunk_no();
  chunk.first_n = row.first_n;
  chunk.count = row.count;
  const auto anchor = store_->anchors().find(row.boot());
  if (anchor != store_->anchors().end()) chunk.anchor = anchor->second;
  chunk.rule_set = row.rule_set;
  chunk.boot_nonce = store_->boot_nonce(row.boot());
  chunk.vehicle_id = store_->vehicle_id(row.boot());
  chunk.packed.codec = static_cast<wire::Codec>(row.flags & Row::kCodecMask);
  chunk.packed.columns = std::move(row.payload);
  return chunk;
}

void StorageLoop::found_broken(Row row) {
  auto& broken = of(row.lane).broken;
  const auto same = [&](const Broken& known) { return known.row.id == row.id; };
  if (std::any_of(broken.begin(), broken.end(), same)) return;
  ++crc_failures_;
  const std::uint64_t bytes = stored_bytes(row);
  row.payload.clear();
  broken.push_back({std::move(row), bytes});
}

}  // namespace odograph::outbox
