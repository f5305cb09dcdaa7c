#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/outbox/batch.h"
#include "agent/outbox/handout.h"
#include "agent/outbox/outbox.h"
#include "agent/outbox/ring.h"

namespace odograph::outbox {

/// Of a lane's ring no more than this part is on its way at a time: it comes into no file any more.
inline constexpr std::size_t kMemoryShare = 16;
/// About as much is taken from a ring at a time.
inline constexpr std::size_t kMemoryTakeBytesMax = 32 << 10;

/// The stream under which a vehicle sends what is in no file: the same at every start, and no file's, whose ids are
/// random.
std::uint64_t memory_stream_id(std::string_view vehicle_id);

/// The boot of that stream that begins now: the seconds since 2020, so that it is above the one before without a file
/// that remembers it. Two of the same second are told apart by their nonces.
std::uint32_t memory_boot(base::UtcTime now);

/// While no file can be had: takes what the rings hold, numbers it in a stream of its own, and hands it out. Nothing of
/// it is durable, and nothing of it ever comes into a file: what was handed out stays here until it is acknowledged,
/// also when there is a file again (docs/decisions/0023). For the storage thread.
class MemoryStream {
 public:
  using Rings = std::array<std::unique_ptr<Ring>, kLanes>;
  /// How many records of a lane were acknowledged, of those made here too.
  using Acked = std::array<std::uint64_t, kLanes>;
  /// All of it must outlive this.
  struct Parts {
    const Options& options;
    Rings& rings;
    Handout& handout;
  };
  /// When a commit would be due it is handed out instead, `kNow`: before that too.
  enum class Urgency { kWhenDue, kNow };
  struct Moment {
    base::BootTime now;       ///< On the storage thread's clock,
    base::BootTime pipeline;  ///< and on the pipeline's.
    Anchor anchor;            ///< Without one nothing goes out: the boot's number is made of it.
    Urgency urgency = Urgency::kWhenDue;
  };

  explicit MemoryStream(Parts parts) : options_(parts.options), rings_(parts.rings), handout_(parts.handout) {}

  /// Hands out what is due. When it wants to be called again; nothing if only pushes and acknowledgements matter.
  std::optional<base::BootTime> send(const Moment& moment);
  /// Frees the room of what was acknowledged.
  Acked settle();
  /// Records made here, boot and loss records, since it was asked last.
  std::uint64_t take_own();

 private:
  struct Sent {
    std::uint64_t id = 0;
    std::uint32_t records = 0;
    std::uint32_t from_ring = 0;
  };
  void begin(const Moment& moment);
  bool has_room(model::Lane lane) const;
  bool has_own(model::Lane lane) const;
  std::vector<model::Record> take_notes(base::BootTime pipeline);
  void take_ring(Batch& batch, model::Lane lane, base::BootTime now);
  void send_lane(model::Lane lane, const Moment& moment);
  Chunk to_chunk(Row row, const Anchor& anchor) const;

  const Options& options_;
  Rings& rings_;
  Handout& handout_;
  std::uint64_t stream_id_ = 0;  ///< 0 before there is one.
  std::uint32_t boot_ = 0;
  std::uint32_t boot_nonce_ = 0;
  bool boot_told_ = false;
  std::uint64_t own_ = 0;
  std::array<LaneEnd, kLanes> ends_{};
  std::array<std::deque<Sent>, kLanes> sent_;  ///< And not acknowledged, oldest first.
};

}  // namespace odograph::outbox
