#include "agent/uplink/fakes.h"

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
  show(lane);
}

std::optional<outbox::Chunk> FakeOutbox::next(model::Lane lane) {
  PerLane& queue = of(lane);
  if (queue.handed == queue.chunks.size()) return std::nullopt;
  outbox::Chunk chunk = queue.chunks[queue.handed++];
  show(lane);
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
  show(lane);
}

outbox::Stats FakeOutbox::stats() const {
  outbox::Stats stats;
  stats.stream_id = 7;
  stats.boot = 1;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    for (const outbox::Chunk& chunk : lanes_[i].chunks) stats.lanes[i].stored += chunk.count;
  }
  return stats;
}

void FakeOutbox::show(model::Lane lane) {
  const PerLane& queue = of(lane);
  queue.wake.clear();
  if (queue.handed < queue.chunks.size()) queue.wake.wake();
}

}  // namespace odograph::uplink
