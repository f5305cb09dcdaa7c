#include "agent/uplink/fakes.h"

#include <algorithm>

#include "lib/wire/record_batch.h"

namespace odograph::uplink {

std::vector<model::Record> records_from(std::uint32_t first_n, std::uint32_t count) {
  std::vector<model::Record> records;
  for (std::uint32_t i = 0; i < count; ++i) {
    model::Record record;
    record.n = first_n + i;
    record.boot_time = base::BootTime{base::Millis{1000 * (first_n + i)}};
    record.speed_cmps = static_cast<std::int32_t>(((first_n + i) * 2654435761U >> 12) % 5000);  // Hard to pack.
    records.push_back(std::move(record));
  }
  return records;
}

void FakeOutbox::add(model::Lane lane, std::uint32_t first_n, std::uint32_t count, std::uint32_t boot) {
  outbox::Chunk chunk;
  chunk.stream_id = 7;
  chunk.lane = lane;
  chunk.boot = boot;
  chunk.chunk_no = ++of(lane).last_chunk_no;
  chunk.first_n = first_n;
  chunk.count = count;
  chunk.anchor = outbox::Anchor{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};
  chunk.packed = wire::pack(records_from(first_n, count));
  add(std::move(chunk));
}

void FakeOutbox::add(outbox::Chunk chunk) {
  const model::Lane lane = chunk.lane;
  of(lane).chunks.push_back(std::move(chunk));
  show(of(lane));
}

std::optional<outbox::Chunk> FakeOutbox::next(model::Lane lane) {
  PerLane& queue = of(lane);
  if (queue.handed == queue.chunks.size()) return std::nullopt;
  outbox::Chunk chunk = queue.chunks[queue.handed++];
  show(of(lane));
  return chunk;
}

void FakeOutbox::ack(outbox::ChunkId through) {
  PerLane& queue = of(through.lane);
  while (!queue.chunks.empty()) {
    const outbox::Chunk& first = queue.chunks.front();
    if ((std::uint64_t{first.boot} << 32 | first.chunk_no) > through.id) break;
    ODOGRAPH_ASSERT(queue.handed > 0);
    queue.chunks.pop_front();
    --queue.handed;
  }
}

void FakeOutbox::rewind(model::Lane lane) {
  of(lane).handed = 0;
  ++of(lane).rewinds;
  show(of(lane));
}

void FakeOutbox::add_salvaged(outbox::Chunk chunk) {
  salvaged_.chunks.push_back(std::move(chunk));
  show(salvaged_);
}

std::optional<outbox::Chunk> FakeOutbox::next_salvaged() {
  if (salvaged_.handed == salvaged_.chunks.size()) return std::nullopt;
  outbox::Chunk chunk = salvaged_.chunks[salvaged_.handed++];
  show(salvaged_);
  return chunk;
}

void FakeOutbox::ack_salvaged(outbox::ChunkId through) {
  const auto is_it = [&](const outbox::Chunk& each) {
    return through == outbox::ChunkId{each.lane, std::uint64_t{each.boot} << 32 | each.chunk_no, each.stream_id};
  };
  const auto found = std::find_if(salvaged_.chunks.begin(), salvaged_.chunks.end(), is_it);
  ODOGRAPH_ASSERT(found != salvaged_.chunks.end());
  salvaged_.handed -= static_cast<std::size_t>(found - salvaged_.chunks.begin()) + 1;
  salvaged_.chunks.erase(salvaged_.chunks.begin(), found + 1);
}

void FakeOutbox::rewind_salvaged() {
  salvaged_.handed = 0;
  ++salvaged_.rewinds;
  show(salvaged_);
}

outbox::Stats FakeOutbox::stats() const {
  outbox::Stats stats;
  stats.stream_id = 7;
  stats.boot = boot_;
  stats.boot_nonce = 77;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    for (const outbox::Chunk& chunk : lanes_[i].chunks) stats.lanes[i].stored += chunk.count;
  }
  stats.lanes[2].in_ring_since = in_ring_since_;
  return stats;
}

void FakeOutbox::show(const PerLane& queue) {
  queue.wake.clear();
  if (queue.handed < queue.chunks.size()) queue.wake.wake();
}

}  // namespace odograph::uplink
