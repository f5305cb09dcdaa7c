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
      const bool is_kept = queue.is_kept(*chunk);
      auto& handed = is_kept ? queue.kept_handed : queue.handed;
      handed = std::max(handed, chunk_id(chunk->boot, chunk->chunk_no));
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
    if (through.stream_id != 0 && through.stream_id == queue.kept_stream) {
      wake = take_kept_ack(queue, through);
    } else if (id > queue.acked && (through.stream_id == 0 || through.stream_id == file_stream_)) {
      queue.acked = id;
      wake = true;
    }
  }
  if (wake) wake_storage_();
}

void Handout::rewind(model::Lane lane) {
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = of(lane);
    queue.rewound = true;
    drop_queued(queue);
    for (const Chunk& chunk : queue.kept) {
      queue.bytes += chunk.packed.columns.size();
      queue.chunks.push_back(chunk);
    }
    show_readable(queue);
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

std::optional<std::uint64_t> Handout::withdraw(model::Lane lane) {
  const std::lock_guard lock(mutex_);
  Queue& queue = of(lane);
  const auto is_of_file = [&](const Chunk& chunk) { return !queue.is_kept(chunk); };
  const auto first = std::find_if(queue.chunks.begin(), queue.chunks.end(), is_of_file);
  if (first == queue.chunks.end()) return {};
  const std::uint64_t id = chunk_id(first->boot, first->chunk_no);
  drop_of_file(queue);
  return id;
}

std::uint64_t Handout::acked(model::Lane lane) const {
  const std::lock_guard lock(mutex_);
  return of(lane).acked;
}

void Handout::begin_file(std::uint64_t stream_id) {
  const std::lock_guard lock(mutex_);
  file_stream_ = stream_id;
  for (Queue& queue : queues_) {
    drop_of_file(queue);
    queue.handed = queue.acked = 0;
  }
}

void Handout::keep(Chunk chunk) {
  const std::lock_guard lock(mutex_);
  Queue& queue = of(chunk.lane);
  queue.kept_stream = chunk.stream_id;
  queue.bytes += chunk.packed.columns.size();
  queue.kept.push_back(chunk);
  queue.chunks.push_back(std::move(chunk));
  show_readable(queue);
}

std::uint64_t Handout::kept_acked(model::Lane lane) const {
  const std::lock_guard lock(mutex_);
  return of(lane).kept_acked;
}

bool Handout::take_kept_ack(Queue& queue, const ChunkId& through) {
  const std::uint64_t id = std::min(through.id, queue.kept_handed);
  if (id <= queue.kept_acked) return false;
  queue.kept_acked = id;
  while (!queue.kept.empty() && chunk_id(queue.kept.front().boot, queue.kept.front().chunk_no) <= id) {
    queue.kept.pop_front();
  }
  return true;
}

std::optional<Chunk> Handout::next_salvaged() {
  std::optional<Chunk> chunk;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (salvaged_.chunks.empty()) return chunk;
    const bool had_room = salvaged_.has_room();
    chunk = std::move(salvaged_.chunks.front());
    salvaged_.chunks.pop_front();
    salvaged_.bytes -= chunk->packed.columns.size();
    salvage_handed_.push_back({chunk->lane, chunk_id(chunk->boot, chunk->chunk_no), chunk->stream_id});
    wake = !had_room && salvaged_.has_room();
    show_readable(salvaged_);
  }
  if (wake) wake_storage_();
  return chunk;
}

void Handout::ack_salvaged(ChunkId through) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find(salvage_handed_.begin(), salvage_handed_.end(), through);
    // Of a file that is done with, or told twice.
    if (found == salvage_handed_.end()) return;
    salvage_acked_ = through;
    salvage_handed_.erase(salvage_handed_.begin(), found + 1);
  }
  wake_storage_();
}

void Handout::rewind_salvaged() {
  {
    const std::lock_guard lock(mutex_);
    salvaged_.rewound = true;
    drop_queued(salvaged_);
    salvage_handed_.clear();
  }
  wake_storage_();
}

bool Handout::take_salvage_rewind() {
  const std::lock_guard lock(mutex_);
  return std::exchange(salvaged_.rewound, false);
}

bool Handout::has_salvage_room() const {
  const std::lock_guard lock(mutex_);
  return salvaged_.has_room();
}

bool Handout::put_salvaged(Chunk chunk) {
  const std::lock_guard lock(mutex_);
  if (salvaged_.rewound) return false;
  salvaged_.bytes += chunk.packed.columns.size();
  salvaged_.chunks.push_back(std::move(chunk));
  show_readable(salvaged_);
  return true;
}

std::optional<ChunkId> Handout::salvage_acked() const {
  const std::lock_guard lock(mutex_);
  return salvage_acked_;
}

void Handout::clear_salvaged() {
  const std::lock_guard lock(mutex_);
  drop_queued(salvaged_);
  salvaged_.rewound = false;
  salvage_handed_.clear();
  salvage_acked_.reset();
}

void Handout::drop_queued(Queue& queue) {
  queue.chunks.clear();
  queue.bytes = 0;
  show_readable(queue);
}

void Handout::drop_of_file(Queue& queue) {
  std::erase_if(queue.chunks, [&](const Chunk& chunk) { return !queue.is_kept(chunk); });
  queue.bytes = 0;
  for (const Chunk& chunk : queue.chunks) queue.bytes += chunk.packed.columns.size();
  show_readable(queue);
}

void Handout::show_readable(Queue& queue) {
  const bool any = !queue.chunks.empty();
  if (any && !queue.shown_readable) queue.readable.wake();
  if (!any && queue.shown_readable) queue.readable.clear();
  queue.shown_readable = any;
}

}  // namespace odograph::outbox
