#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fleet/process/dedupe.h"
#include "lib/model/record.h"
#include "tests/vm/story.h"

namespace odograph::vm {

/// A record that the fleet got.
struct Seen {
  model::Lane lane = model::Lane::kBulk;
  process::BootName boot;
  std::uint32_t n = 0;
};

/// Those of the first `lines` lines that were acknowledged, in their order.
std::vector<Seen> seen_until(const Story& story, std::size_t lines);

/// What the fleet makes of a boot whose number was given before.
struct Reuse {
  std::uint64_t records = 0;          ///< Of the new boot, each sent once.
  std::uint64_t dropped = 0;          ///< Of them, taken for repeats.
  std::uint64_t dropped_without = 0;  ///< The same, had no batch told a nonce.
};
void add(const Reuse& part, Reuse& all);

/// Asks the fleet's own de-duplication about all that it got, in that order, `fresh` being the new boot.
Reuse reuse_of(const std::vector<Seen>& seen, const process::BootName& fresh);

}  // namespace odograph::vm
