#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {

/// A loop on `data` below a directory of the test's own, with records in its file.
struct Running {
  explicit Running(Options options) : rig(std::move(options)) {
    rig.loop->set_anchor(kGnss);
    rig.open();
    for (int i = 0; i < 100; ++i) {
      rig.push(model::Lane::kBulk, numbered(i));
      rig.flush();
    }
    rig.push(model::Lane::kAlert, numbered(1000));
    rig.flush();
    stream = rig.loop->stats().stream_id;
  }
  Rig rig;
  std::uint64_t stream = 0;
};

/// A directory of the test's own, and the data directory in it.
struct Place {
  Place() { std::filesystem::create_directory(data); }
  TempDir dir;
  std::filesystem::path data = dir.path() / "data";
};

inline std::set<std::int32_t> altitudes(const std::map<Name, model::Record>& records, model::Lane lane) {
  std::set<std::int32_t> all;
  for (const auto& [name, record] : records) {
    if (name[0] == static_cast<std::uint32_t>(lane)) all.insert(record.alt_cm.value_or(-1));
  }
  return all;
}

inline std::vector<std::int32_t> altitudes(const std::vector<Chunk>& chunks) {
  std::vector<std::int32_t> all;
  for (const auto& record : records_of(chunks)) all.push_back(record.alt_cm.value_or(-1));
  return all;
}

inline std::set<std::int32_t> up_to(int count) {
  std::set<std::int32_t> all;
  for (int i = 0; i < count; ++i) all.insert(all.end(), i);
  return all;
}

}  // namespace odograph::outbox
