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
  std::optional<Chunk> next_salvaged();
  int salvage_fd() const { return salvaged_.readable.fd(); }
  void ack_salvaged(ChunkId through);
  void rewind_salvaged();

  // The storage thread's side.
  /// True once after `rewind`: go on after the last acknowledged chunk.
  bool take_rewind(model::Lane lane);
  bool has_room(model::Lane lane) const;
  /// False, and the chunk is not taken, if the lane was rewound meanwhile.
  bool put(Chunk chunk);
  /// Takes back what the uplink has not taken yet. Returns the id of its first chunk; nothing if there is none.
  std::optional<std::uint64_t> withdraw(model::Lane lane);
  /// The last id of the lane that the uplink acknowledged; 0 before the first.
  std::uint64_t acked(model::Lane lane) const;
  /// Another file, another stream: forget what was queued, and how far the last one was acknowledged. What comes later
  /// of that one does not count.
  void begin_file(std::uint64_t stream_id);

  /// Hands out a chunk that is in no file, of a stream of its own, in its turn, and again after a rewind, until the
  /// uplink acknowledges it. Where the lane stands in the file is not touched.
  void keep(Chunk chunk);
  /// The last id of these that the uplink acknowledged; 0 before the first.
  std::uint64_t kept_acked(model::Lane lane) const;

  /// True once after `rewind_salvaged`: go on after the last chunk that `salvage_acked` told.
  bool take_salvage_rewind();
  bool has_salvage_room() const;
  /// False, and the chunk is not taken, if it was rewound meanwhile.
  bool put_salvaged(Chunk chunk);
  /// The last salvaged chunk that was acknowledged; nothing before the first.
  std::optional<ChunkId> salvage_acked() const;
  /// Another broken file, or none any more: forget everything about the last.
  void clear_salvaged();

 private:
  struct Queue {
    std::deque<Chunk> chunks;
    std::size_t bytes = 0;
    std::uint64_t handed = 0;  ///< Highest id that the uplink got.
    std::uint64_t acked = 0;
    bool rewound = false;
    base::WakeFd readable;
    bool shown_readable = false;
    std::deque<Chunk> kept;         ///< In no file, and not acknowledged; ascending.
    std::uint64_t kept_stream = 0;  ///< Theirs; 0 where there never were any.
    std::uint64_t kept_handed = 0;  ///< As `handed` and `acked`.
    std::uint64_t kept_acked = 0;
    bool is_kept(const Chunk& chunk) const { return kept_stream != 0 && chunk.stream_id == kept_stream; }
    bool has_room() const { return chunks.size() < kQueueChunksMax && bytes < kQueueBytesMax; }
  };
  Queue& of(model::Lane lane) { return queues_[index_of(lane)]; }
  const Queue& of(model::Lane lane) const { return queues_[index_of(lane)]; }
  void drop_queued(Queue& queue);
  static void drop_of_file(Queue& queue);
  static bool take_kept_ack(Queue& queue, const ChunkId& through);
  static void show_readable(Queue& queue);

  const std::function<void()> wake_storage_;
  mutable std::mutex mutex_;
  std::array<Queue, kLanes> queues_;
  std::uint64_t file_stream_ = 0;
  Queue salvaged_;                      ///< Of all lanes of an older stream, in the order of salvage.
  std::deque<ChunkId> salvage_handed_;  ///< And not acknowledged.
  std::optional<ChunkId> salvage_acked_;
};

}  // namespace odograph::outbox
