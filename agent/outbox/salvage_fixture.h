#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {

/// What is done to a file, anywhere in it.
enum class Damage { kBit, kSector, kZeroPage, kCut };

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline std::string damaged(std::string bytes, Damage damage, std::mt19937_64& dice) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
  switch (damage) {
    case Damage::kBit: {
      const std::size_t at = below(bytes.size());
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      break;
    }
    case Damage::kSector: {
      const std::size_t at = below(bytes.size() / 512) * 512;
      for (std::size_t i = 0; i < 512; ++i) bytes[at + i] = static_cast<char>(dice());
      break;
    }
    case Damage::kZeroPage:
      bytes.replace(below(bytes.size() / kPageBytes) * kPageBytes, kPageBytes, kPageBytes, '\0');
      break;
    case Damage::kCut: bytes.resize(bytes.size() / 2 + below(bytes.size() / 2)); break;
  }
  return bytes;
}

/// Makes a record's lane, boot and number to one name.
using Name = std::array<std::uint32_t, 3>;
inline Name name_of(model::Lane lane, std::uint32_t boot, std::uint32_t n) {
  return {static_cast<std::uint32_t>(lane), boot, n};
}

/// A file with chunks of about `chunk_bytes`, bulk above all, over some boots; what it holds is `records`.
struct OldFile {
  std::string database;
  std::string known;  ///< What lies beside it.
  std::uint64_t stream_id = 0;
  std::map<Name, model::Record> records;
  std::size_t chunks = 0;
};

/// Records whose columns do not shrink, so that a chunk takes its page or more.
inline model::Record bulky(std::mt19937_64& dice) {
  model::Record record = numbered(static_cast<std::int32_t>(dice() % 1'000'000));
  record.speed_cmps = static_cast<std::int32_t>(dice() % 5000);
  record.course_cdeg = static_cast<std::int32_t>(dice() % 36000);
  record.position = model::Position{static_cast<std::int32_t>(dice() % 900'000'000),
                                    static_cast<std::int32_t>(dice() % 1'800'000'000)};
  return record;
}

/// For tests that open many files: nothing of them has to last.
inline Options hasty(const std::filesystem::path& directory) {
  Options options = Rig::plain(directory);
  options.file.synchronous = Synchronous::kOff;
  options.file.flush_directory = [](const std::filesystem::path&) { return 0; };
  return options;
}

inline OldFile make_old_file(int boots, int commits_a_boot, int records_a_chunk) {
  OldFile made;
  TempDir dir;
  std::mt19937_64 dice(1);
  for (int boot = 0; boot < boots; ++boot) {
    Rig rig(hasty(dir.path()));
    rig.loop->set_anchor({base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss});
    rig.open();
    made.stream_id = rig.loop->stats().stream_id;
    for (int i = 0; i < commits_a_boot; ++i) {
      for (int k = 0; k < records_a_chunk; ++k) rig.push(model::Lane::kBulk, bulky(dice));
      if (i % 20 == 7) rig.push(model::Lane::kEvent, numbered(i));
      if (i % 50 == 9) rig.push(model::Lane::kAlert, numbered(i));
      rig.flush();
    }
    rig.loop->finish(rig.now);
  }
  made.database = bytes_of(dir.path() / "outbox.db");
  made.known = bytes_of(dir.path() / "outbox.known");
  Rig rig(dir.path());
  rig.open();
  for (const auto lane : model::kStoredLanes) {
    for (const Chunk& chunk : rig.drain(lane)) {
      // The boot of this look is not in the file that is kept.
      if (chunk.boot > static_cast<std::uint32_t>(boots)) continue;
      ++made.chunks;
      for (const auto& record : records_of(chunk)) made.records[name_of(lane, chunk.boot, record.n)] = record;
    }
  }
  return made;
}

/// What came out of a broken file, and whether it was right.
struct Salvaged {
  std::size_t chunks = 0;
  std::map<Name, model::Record> records;
  std::vector<model::LossReport> losses;
  std::vector<model::Record> boots;  ///< Boot records of the closing boot.
  bool is_in_order = true;
  std::set<std::uint64_t> streams;
};

inline void take(Salvaged& all, const Chunk& chunk, std::map<model::Lane, std::uint64_t>& last) {
  all.streams.insert(chunk.stream_id);
  const std::uint64_t id = chunk_id(chunk.boot, chunk.chunk_no);
  all.is_in_order = all.is_in_order && id > last[chunk.lane];
  last[chunk.lane] = id;
  for (const auto& record : records_of(chunk)) {
    if (chunk.boot == kClosingBoot) {
      if (record.loss) all.losses.push_back(*record.loss);
      if (record.boot) all.boots.push_back(record);
    } else {
      all.records[name_of(chunk.lane, chunk.boot, record.n)] = record;
    }
  }
  if (chunk.boot != kClosingBoot) ++all.chunks;
}

/// Drives the loop until nothing lies in quarantine any more, as an uplink does that acknowledges at once.
inline Salvaged salvage_all(Rig& rig) {
  Salvaged all;
  std::map<model::Lane, std::uint64_t> last;
  constexpr int kStepsMax = 20'000;
  for (int i = 0; i < kStepsMax && rig.loop->stats().quarantines_waiting > 0; ++i) {
    rig.step_after(kSalvageEvery);
    std::optional<ChunkId> through;
    while (auto chunk = rig.handout.next_salvaged()) {
      through = ChunkId{chunk->lane, chunk_id(chunk->boot, chunk->chunk_no), chunk->stream_id};
      take(all, *chunk, last);
    }
    if (through) rig.handout.ack_salvaged(*through);
  }
  return all;
}

inline bool is_told(const Salvaged& all, const Name& name) {
  for (const auto& loss : all.losses) {
    if (static_cast<std::uint32_t>(loss.lane) == name[0] && loss.boot == name[1] && loss.first_n <= name[2] &&
        name[2] <= loss.last_n) {
      return true;
    }
  }
  return false;
}

}  // namespace odograph::outbox
