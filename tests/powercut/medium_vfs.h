#pragma once

#include "tests/powercut/medium.h"

namespace odograph::powercut {

/// The SQLite VFS through which everything between its making and its end goes to one Medium. It says of its device
/// what SQLite's own says of every disk: sectors of 4096 bytes, and `psow` as the URI has it.
class MediumVfs {
 public:
  explicit MediumVfs(Medium& medium);
  ~MediumVfs();
  MediumVfs(const MediumVfs&) = delete;
  MediumVfs& operator=(const MediumVfs&) = delete;

  static const char* name() { return "powercut"; }
};

/// What SQLite itself takes at random comes from `seed` from now on.
void seed_sqlite(std::uint64_t seed);

}  // namespace odograph::powercut
