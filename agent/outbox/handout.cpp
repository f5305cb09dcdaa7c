#include "agent/outbox/handout.h"

#include <algorithm>
#include <utility>

namespace odograph::outbox {

std::optional<Chunk> Handout::next(model::Lane lane) {
  std::optional<Chunk> chunk;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = of(lane);
    if (!queue.chunks.empty()) {
      const bool was_half_full = queue.chunks.size() > kQueueChunksMax / 2 || queue.bytes > kQueueBytesMax / 2;
      chunk = std::move(queue.chunks.front());
      queue.chunks.pop_front();
      queue.bytes -= chunk->packed.columns.size();
      queue.handed = std::max(queue.handed, chunk_id(chunk->boot, chunk->chunk_no));
      // Once on the way down, so that the storage thread fills it with many at a time.
      wake = was_half_full && queue.chunks.size() <= kQueueChunksMax / 2 && queue.bytes <= kQueueBytesMax / 2;
    }
    show_readable(queue);
  }
  if (wake) wake_storage_();
  return chunk;
}

void Handout::ack(ChunkId through) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = of(through.lane);
    // Nothing that was not handed out can have been delivered.
    const std::uint64_t id = std::min(through.id, queue.handed);
    if (id > queue.acked) {
      queue.acked = id;
      wake = true;
    }
  }
  if (wake) wake_storage_();
}

void Handout::rewind(model::Lane lane) {
  {
    const std::lock_guard lock(mutex_);
    of(lane).rewound = true;
    drop_queued(of(lane));
  }
  wake_storage_();
}

bool Handout::take_rewind(model::Lane lane) {
  const std::lock_guard lock(mutex_);
  return std::exchange(of(lane).rewound, false);
}

bool Handout::has_room(model::Lane lane) const {
  const std::lock_guard lock(mutex_);
  return of(lane).has_room();
}

bool Handout::put(Chunk chunk) {
  const std::lock_guard lock(mutex_);
  Queue& queue = of(chunk.lane);
  // A chunk that was on its way when the lane was rewound would come before older ones.
  if (queue.rewound) return false;
  queue.bytes += chunk.packed.columns.size();
  queue.chunks.push_back(std::move(chunk));
  show_readable(queue);
  return true;
}

std::uint64_t Handout::acked(model::Lane lane) const {
  const std::lock_guard lock(mutex_);
  return of(lane).acked;
}

void Handout::clear() {
  const std::lock_guard lock(mutex_);
  for (Queue& queue : queues_) drop_queued(queue);
}

void Handout::drop_queued(Queue& queue) {
  queue.chunks.clear();
  queue.bytes = 0;
  show_readable(queue);
}

void Handout::show_readable(Queue& queue) {
  const bool any = !queue.chunks.empty();
  if (any && !queue.shown_readable) queue.readable.wake();
  if (!any && queue.shown_readable) queue.readable.clear();
  queue.shown_readable = any;
}

}  // namespace odograph::outbox
