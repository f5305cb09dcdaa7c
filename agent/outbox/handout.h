#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "agent/outbox/outbox.h"
#include "agent/outbox/row.h"
#include "lib/base/wake_fd.h"

namespace odograph::outbox {

/// A lane's queue towards the uplink holds no more than this.
inline constexpr std::size_t kQueueChunksMax = 64;
inline constexpr std::size_t kQueueBytesMax = 512 << 10;

/// Between the storage thread and the uplink's: chunks in order one way, acknowledgements the other. Any thread.
class Handout {
 public:
  /// `wake_storage` is called without the lock held.
  explicit Handout(std::function<void()> wake_storage) : wake_storage_(std::move(wake_storage)) {}

  // The uplink's side, as in `Outbox`.
  std::optional<Chunk> next(model::Lane lane);
  int fd(model::Lane lane) const { return of(lane).readable.fd(); }
  void ack(ChunkId through);
  void rewind(model::Lane lane);

  // The storage thread's side.
  /// True once after `rewind`: go on after the last acknowledged chunk.
  bool take_rewind(model::Lane lane);
  bool has_room(model::Lane lane) const;
  /// False, and the chunk is not taken, if the lane was rewound meanwhile.
  bool put(Chunk chunk);
  /// The last id of the lane that the uplink acknowledged; 0 before the first.
  std::uint64_t acked(model::Lane lane) const;
  /// Another file, another stream: forget what was queued.
  void clear();

 private:
  struct Queue {
    std::deque<Chunk> chunks;
    std::size_t bytes = 0;
    std::uint64_t handed = 0;  ///< Highest id that the uplink got.
    std::uint64_t acked = 0;
    bool rewound = false;
    base::WakeFd readable;
    bool shown_readable = false;
    bool has_room() const { return chunks.size() < kQueueChunksMax && bytes < kQueueBytesMax; }
  };
  Queue& of(model::Lane lane) { return queues_[index_of(lane)]; }
  const Queue& of(model::Lane lane) const { return queues_[index_of(lane)]; }
  void drop_queued(Queue& queue);
  static void show_readable(Queue& queue);

  const std::function<void()> wake_storage_;
  mutable std::mutex mutex_;
  std::array<Queue, kLanes> queues_;
};

}  // namespace odograph::outbox
