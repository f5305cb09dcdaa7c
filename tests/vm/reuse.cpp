#include "tests/vm/reuse.h"

#include <algorithm>

#include "lib/wire/record_batch.h"

namespace odograph::vm {

std::vector<Seen> seen_until(const Story& story, std::size_t lines) {
  std::vector<Seen> seen;
  for (std::size_t i = 0; i < std::min(lines, story.events().size()); ++i) {
    const Event& event = story.events()[i];
    if (event.kind != 'H') continue;
    const outbox::Chunk& chunk = event.chunk;
    const auto records = wire::unpack(chunk.packed.codec, chunk.packed.columns, chunk.first_n, chunk.count);
    if (!records) continue;
    for (const auto& record : *records) seen.push_back({chunk.lane, {chunk.boot, chunk.boot_nonce}, record.n});
  }
  return seen;
}

void add(const Reuse& part, Reuse& all) {
  all.records += part.records;
  all.dropped += part.dropped;
  all.dropped_without += part.dropped_without;
}

Reuse reuse_of(const std::vector<Seen>& seen, const process::BootName& fresh) {
  Reuse reuse;
  process::Dedupe with;
  process::Dedupe without;
  for (const Seen& each : seen) {
    const bool is_repeat = with.admit(each.lane, each.boot, each.n) == process::Arrival::kRepeat;
    const bool would_be = without.admit(each.lane, {each.boot.number, 0}, each.n) == process::Arrival::kRepeat;
    if (each.boot.number != fresh.number || each.boot.nonce != fresh.nonce) continue;
    ++reuse.records;
    if (is_repeat) ++reuse.dropped;
    if (would_be) ++reuse.dropped_without;
  }
  return reuse;
}

}  // namespace odograph::vm
