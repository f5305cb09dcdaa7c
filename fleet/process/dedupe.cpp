#include "fleet/process/dedupe.h"

namespace odograph::process {
namespace {

std::size_t index_of(model::Lane lane) { return static_cast<std::size_t>(lane) - 1; }

}  // namespace

bool Dedupe::admit(model::Lane lane, std::uint64_t sequence) {
  if (lane == model::Lane::kLive) return true;
  std::uint64_t& mark = marks_[index_of(lane)];
  if (sequence <= mark) return false;
  mark = sequence;
  return true;
}

std::uint64_t Dedupe::mark(model::Lane lane) const { return lane == model::Lane::kLive ? 0 : marks_[index_of(lane)]; }

}  // namespace odograph::process
