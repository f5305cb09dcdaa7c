#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/outbox/ring.h"
#include "agent/outbox/store.h"

namespace odograph::outbox {

/// A chunk is cut before its records weigh more than this.
inline constexpr std::size_t kChunkBytesMax = 256 << 10;

/// One commit, and what has to be settled once it is done. It is kept as it is until then: what was refused by the
/// medium and tried again is the same rows under the same ids.
struct Batch {
  struct Tally {
    std::size_t from_ring = 0;  ///< Records that wait for their room in the ring to be freed.
    std::uint64_t told = 0;     ///< Ring losses that this batch's loss records tell.
    std::uint64_t records = 0;  ///< Appended, in all.
    std::uint64_t bytes = 0;    ///< Of their rows.
    std::uint64_t own = 0;      ///< Of `records`, made by the outbox itself.
    std::uint64_t acked = 0;
    std::uint64_t evicted = 0;
    std::uint64_t thinned = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t bytes_gone = 0;              ///< Of deleted rows.
    std::optional<base::UtcTime> last_time{};  ///< Of the last record from the ring, where it has one.
  };
  Transaction transaction;
  bool is_thinning = false;          ///< Replaces rows and takes nothing in: it may be given up.
  std::array<LaneEnd, kLanes> ends;  ///< Where the numbering stands after it.
  std::array<Tally, kLanes> tally;
  std::uint64_t rule_set = 0;      ///< Of the rows that are appended next.
  std::size_t corrupt_chunks = 0;  ///< How many of the broken chunks found so far it removes.
};

/// Numbers `records`, packs them, and adds them to `batch` as rows of `lane`. `made`: the storage thread's time.
void append(Batch& batch, model::Lane lane, std::vector<model::Record> records, base::BootTime made);

/// For a file with another stream: keeps the rows, numbers them anew behind `ends`, and forgets deletions, which were
/// meant for the old file.
void renumber(Batch& batch, std::uint32_t boot, const std::array<LaneEnd, kLanes>& ends);

/// A loss record for rows that are given up. `now` is the pipeline's time in boot `boot`; `anchors` relate the times of
/// different boots, and without them the times stay untold.
struct LossContext {
  base::BootTime now;
  std::uint32_t boot = 0;
  const std::map<std::uint32_t, Anchor>& anchors;
};
/// One record for each run of `rows` (ascending, one lane) of one boot.
std::vector<model::Record> loss_records(const std::vector<Row>& rows, model::LossReason reason,
                                        const LossContext& context);

/// A loss record for what found no room in a lane's ring, of boot `boot`, made at the pipeline's time `now` or later.
model::Record ring_loss_record(model::Lane lane, std::uint32_t boot, const Ring::Lost& lost, base::BootTime now);

/// A record of the outbox's own, made at `at`.
model::Record own_record(base::BootTime at);

}  // namespace odograph::outbox
