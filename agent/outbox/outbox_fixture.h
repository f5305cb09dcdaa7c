#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/outbox/evict_plan.h"
#include "agent/outbox/handout.h"
#include "agent/outbox/ring.h"
#include "agent/outbox/storage_loop.h"
#include "lib/base/ids.h"
#include "lib/base/test_folder.h"

namespace odograph::outbox {

inline base::BootTime at(std::int64_t ms) { return base::BootTime{base::Millis{ms}}; }

using TempDir = base::TestFolder;

/// A record that tells by its altitude which one it is.
inline model::Record numbered(std::int32_t i) {
  model::Record record;
  record.boot_time = at(1000 + i);
  record.mode = model::FixMode::k3d;
  record.position = model::Position{523000000 + i, 134000000 - i};
  record.alt_cm = i;
  return record;
}

/// A storage loop with its rings and queues, driven by the test's own time, without a thread.
struct Rig {
  explicit Rig(Options opts) : options(std::move(opts)) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      rings[i] = std::make_unique<Ring>(options.ring_records[i], options.commit_bytes);
    }
    loop = std::make_unique<StorageLoop>(StorageLoop::Parts{options, own_record(at(1)), rings, handout});
  }
  /// One whose directory it is, with small rings.
  explicit Rig(const std::filesystem::path& directory) : Rig(plain(directory)) {}
  static Options plain(const std::filesystem::path& directory) {
    Options options;
    options.directory = directory;
    options.agent_version = "1.2.3";
    options.source_key = "file";
    return options;
  }

  void open() {
    const auto failure = loop->open(now);
    ASSERT_FALSE(failure) << failure->what;
  }
  bool push(model::Lane lane, model::Record record, std::optional<SourceMark> mark = {}, std::uint64_t rule_set = 0) {
    if (record.boot_time) loop->note_pipeline_time(*record.boot_time);
    return rings[index_of(lane)]->push({std::move(record), mark, rule_set}, [this] { return now; }) !=
           Ring::Pushed::kFull;
  }
  /// Commits everything and hands out what there is.
  void flush() {
    const auto asked = loop->ask_flush();
    loop->step(now);
    EXPECT_GE(loop->flushed(), asked) << loop->stats().trouble;
  }
  void step_after(base::Millis wait) {
    now += wait;
    loop->step(now);
  }
  /// What the uplink would get now, in order.
  std::vector<Chunk> drain(model::Lane lane) {
    std::vector<Chunk> chunks;
    while (true) {
      while (auto chunk = handout.next(lane)) chunks.push_back(*std::move(chunk));
      loop->step(now);
      auto more = handout.next(lane);
      if (!more) return chunks;
      chunks.push_back(*std::move(more));
    }
  }
  Stats::PerLane stats(model::Lane lane) const { return loop->stats().lanes[index_of(lane)]; }

  Options options;
  base::BootTime now = at(0);
  StorageLoop::Rings rings;
  Handout handout{[] {}};
  std::unique_ptr<StorageLoop> loop;
};

inline std::vector<model::Record> records_of(const Chunk& chunk) {
  auto records = wire::unpack(chunk.packed.codec, chunk.packed.columns, chunk.first_n, chunk.count);
  EXPECT_TRUE(records) << (records ? "" : records.error().what);
  return records ? *records : std::vector<model::Record>{};
}

inline std::vector<model::Record> records_of(const std::vector<Chunk>& chunks) {
  std::vector<model::Record> all;
  for (const Chunk& chunk : chunks) {
    auto records = records_of(chunk);
    all.insert(all.end(), records.begin(), records.end());
  }
  return all;
}

/// Names it for `ack`.
inline ChunkId id_of(const Chunk& chunk) { return {chunk.lane, chunk_id(chunk.boot, chunk.chunk_no)}; }

inline constexpr Anchor kGnss{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

inline std::vector<model::LossReport> losses_of(const std::vector<Chunk>& chunks) {
  std::vector<model::LossReport> losses;
  for (const auto& record : records_of(chunks)) {
    if (record.loss) losses.push_back(*record.loss);
  }
  return losses;
}

/// Does not compress: fills a small file quickly.
inline model::Record noisy(std::int32_t i) {
  auto record = numbered(i);
  const std::uint64_t noise = base::random_u64();
  record.position = model::Position{static_cast<std::int32_t>(noise % 900'000'000),
                                    static_cast<std::int32_t>((noise >> 32) % 1'800'000'000)};
  return record;
}

}  // namespace odograph::outbox
