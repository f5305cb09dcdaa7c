#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/outbox/outbox.h"

namespace odograph::agent {

/// What `run` and `replay` log of broken files, and of removed ones: that one was put aside, and what came of it; and
/// that records go out of memory.
class RotTelling {
 public:
  /// The lines that are news since the last call.
  std::vector<std::string> news(const outbox::Stats& stats);

 private:
  std::uint64_t quarantines_ = 0;
  std::uint64_t removed_ = 0;
  std::uint64_t rescued_ = 0;
  std::uint64_t made_again_ = 0;
  bool sends_from_memory_ = false;
  std::string quarantined_;
  std::string outcome_;
};

}  // namespace odograph::agent
