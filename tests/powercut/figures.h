#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/powercut/run.h"

namespace odograph::powercut {

/// Some runs, one after the other.
struct Played {
  Settings first;       ///< Of the first run.
  std::string control;  ///< Its name; empty for none.
  std::uint64_t last_seed = 0;
  std::uint64_t runs = 0;
  Outcome all;
};

/// Writes what `played` found as one JSON object; false if it cannot. The same on every machine with the same SQLite.
bool write_figures(const std::filesystem::path& file, const Played& played);

}  // namespace odograph::powercut
