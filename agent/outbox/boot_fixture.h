#pragma once

#include <filesystem>
#include <string>

#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {

inline void push_a_record(Rig& rig, std::int32_t i) {
  rig.loop->set_anchor(kGnss);
  rig.push(model::Lane::kBulk, numbered(i));
  rig.flush();
}

/// What SQLite answers about the file, which nobody else has open.
inline std::string asked(const std::filesystem::path& directory, const std::string& sql) {
  auto opened = Database::open(directory / "outbox.db", "");
  auto& database = *std::get<0>(opened);
  EXPECT_FALSE(database.exec("PRAGMA locking_mode=EXCLUSIVE"));
  return std::get<std::string>(database.value(sql));
}

}  // namespace odograph::outbox
