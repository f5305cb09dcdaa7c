#pragma once

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/outbox/batch.h"
#include "agent/outbox/handout.h"
#include "agent/outbox/ring.h"
#include "agent/outbox/storage_loop.h"

namespace odograph::powercut {

/// The real storage loop with its rings and queues, as one process has them; stepped by hand, without a thread.
struct Process {
  explicit Process(outbox::Options opts) : options(std::move(opts)) {
    for (std::size_t i = 0; i < rings.size(); ++i) {
      rings[i] = std::make_unique<outbox::Ring>(options.ring_records[i], options.commit_bytes);
    }
    loop = std::make_unique<outbox::StorageLoop>(
        outbox::StorageLoop::Parts{options, outbox::own_record(now), rings, handout});
  }

  bool push(model::Lane lane, model::Record record, outbox::SourceMark mark) {
    loop->note_pipeline_time(*record.boot_time);
    auto& ring = *rings[outbox::index_of(lane)];
    return ring.push({std::move(record), mark}, [this] { return now; }) != outbox::Ring::Pushed::kFull;
  }

  void took(const outbox::Chunk& chunk) {
    handed[outbox::index_of(chunk.lane)].push_back({outbox::chunk_id(chunk.boot, chunk.chunk_no), chunk.count});
  }

  outbox::Options options;
  base::BootTime now{base::Millis{1}};
  outbox::StorageLoop::Rings rings;
  outbox::Handout handout{[] {}};
  std::unique_ptr<outbox::StorageLoop> loop;
  struct Handed {
    std::uint64_t id = 0;
    std::uint64_t records = 0;
  };
  std::array<std::vector<Handed>, outbox::kLanes> handed;  ///< Since the last rewind.
};

}  // namespace odograph::powercut
