#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/outbox/outbox.h"
#include "agent/uplink/options.h"
#include "lib/wire/merge.h"

namespace odograph::uplink {

/// One lane on its way through the uplink: chunks that wait for company, messages that wait for the window, messages
/// that are outstanding. Strictly in order; at most about one message waits.
class LaneQueue {
 public:
  struct Outgoing {
    std::string bytes;     ///< Freed once sent.
    std::size_t size = 0;  ///< Of `bytes`.
    std::string vehicle_id;
    std::uint64_t stream_id = 0;
    model::Lane lane = model::Lane::kBulk;
    std::uint32_t boot = 0;
    std::uint32_t last_n = 0;
    std::optional<base::UtcTime> oldest;  ///< Of its records, about: of those that were merged together.
    std::size_t records = 0;              ///< 0: there is nothing to send, only something to acknowledge.
    std::optional<outbox::ChunkId> ack;   ///< The last chunk that ends in this message.
    bool stored = false;
    bool reported = false;
  };

  /// `pace`: the lane whose waiting time this one keeps. What is salvaged is of all lanes in one queue.
  LaneQueue(model::Lane pace, const Options& options) : pace_(pace), options_(options) {}

  /// From now on no message is made larger than this, within what the options say.
  void limit_message(std::size_t bytes) { message_bytes_ = bytes; }

  /// True while another chunk may be taken.
  bool wants() const;
  /// `kDrop` if the chunk cannot be read; it is then acknowledged in its turn as if it were stored.
  base::Status take(outbox::Chunk chunk, TimePoint now);

  /// Merges what waits if it is due: full, followed by another boot, lane, stream or rule set, or old enough.
  void merge_due(TimePoint now);
  /// When `merge_due` wants to be called; nothing if nothing waits.
  std::optional<TimePoint> due_at() const;

  /// The next message to send; null if none is ready.
  const Outgoing* ready() const { return ready_.empty() ? nullptr : &ready_.front(); }
  /// The number that the next message gets.
  std::uint64_t next_number() const { return first_sent_ + sent_.size(); }
  /// Moves the ready message to the outstanding ones, and returns its number for `find`.
  std::uint64_t mark_sent();
  /// An outstanding message by its number; null if it is not outstanding.
  Outgoing* find(std::uint64_t number);

  /// Takes the stored ones off the front; the last chunk that is complete with them, if any is. Ask until there is
  /// none: what comes of another stream is told by itself.
  std::optional<outbox::ChunkId> settle();
  const std::deque<Outgoing>& sent() const { return sent_; }
  /// Of everything that is on its way and not acknowledged; nothing if nothing is, or its time is unknown.
  std::optional<base::UtcTime> oldest() const;
  /// Records on their way.
  std::size_t records() const;
  /// Nothing waits to be sent.
  bool all_sent() const { return waiting_.empty() && ready_.empty(); }
  bool idle() const { return waiting_.empty() && ready_.empty() && sent_.empty(); }

  /// From the next rewind on, messages up to the end of `refused` get half its records. False if it held only one: that
  /// record is then left out from now on.
  bool split(const Outgoing& refused);
  /// Forgets everything but the splits: the outbox hands out again from the first chunk that is not acknowledged.
  void rewind();

 private:
  struct Waiting {
    outbox::ChunkId id;
    std::string vehicle_id;
    std::uint64_t rule_set = 0;
    std::size_t bytes = 0;
    wire::UnpackedChunk chunk;
  };
  struct Place {
    std::uint64_t stream_id = 0;
    model::Lane lane = model::Lane::kBulk;
    std::uint32_t boot = 0;
    std::uint32_t n = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  /// How many of the waiting chunks go together, from the first.
  std::size_t group_size() const;
  bool is_full() const;
  std::size_t bytes_max() const { return std::min(message_bytes_, options_.message_bytes_max); }
  void merge_group(std::size_t count);

  model::Lane pace_;
  const Options& options_;
  std::size_t message_bytes_ = std::numeric_limits<std::size_t>::max();
  std::deque<Waiting> waiting_;
  std::size_t waiting_records_ = 0;
  std::size_t waiting_bytes_ = 0;
  TimePoint waiting_since_;
  std::deque<Outgoing> ready_;
  std::deque<Outgoing> sent_;
  std::uint64_t first_sent_ = 0;        ///< Number of sent_.front().
  std::map<Place, std::size_t> split_;  ///< Through that place, so many records a message.
  std::deque<Place> left_out_;
};

}  // namespace odograph::uplink
