#include "fleet/process/dedupe.h"

#include <algorithm>

namespace odograph::process {
namespace {

std::size_t index_of(model::Lane lane) { return static_cast<std::size_t>(lane) - 1; }

bool is_same(const BootName& a, const BootName& b) {
  return a.number == b.number && (a.nonce == b.nonce || a.nonce == 0 || b.nonce == 0);
}

}  // namespace

Arrival Dedupe::admit(model::Lane lane, const BootName& boot, std::uint32_t n) {
  if (lane == model::Lane::kLive) return Arrival::kNew;
  LaneMarks& marks = lanes_[index_of(lane)];
  // Where a nonce is not known, the last one of that number is meant.
  const auto known = std::find_if(marks.boots.rbegin(), marks.boots.rend(),
                                  [&](const Boot& each) { return is_same(each.name, boot); });
  const Boot* here = newest(marks);
  if (known != marks.boots.rend()) {
    // Of a boot that the lane has left in order nothing new can come.
    if (n <= known->n || (!known->is_taken_back && &*known != here)) return Arrival::kRepeat;
    known->n = n;
    if (known->name.nonce == 0) known->name.nonce = boot.nonce;
    return known->is_taken_back ? Arrival::kLate : Arrival::kNew;
  }
  const bool is_below = here != nullptr && here->name.number > boot.number;
  if (is_below && (boot.nonce == 0 || is_forgotten(marks, boot.number))) return Arrival::kRepeat;
  const bool is_reused = is_below || is_given(boot);
  if (is_reused) take_back(boot);
  if (marks.boots.size() >= kBootsMax) {
    marks.forgotten = std::max(marks.forgotten, marks.boots.front().name.number);
    marks.boots.erase(marks.boots.begin());
  }
  marks.boots.push_back({boot, n, false});
  return is_reused ? Arrival::kReused : Arrival::kNew;
}

std::uint64_t Dedupe::mark(model::Lane lane) const {
  const Boot* here = lane == model::Lane::kLive ? nullptr : newest(lanes_[index_of(lane)]);
  return here == nullptr ? 0 : model::sequence(here->name.number, here->n);
}

/// Where the lane stands; nullptr before its first record, and between a taking back and the next.
const Dedupe::Boot* Dedupe::newest(const LaneMarks& marks) {
  const auto found =
      std::find_if(marks.boots.rbegin(), marks.boots.rend(), [](const Boot& each) { return !each.is_taken_back; });
  return found == marks.boots.rend() ? nullptr : &*found;
}

/// A disk that takes everything back gives one number again and again: that one is below none that is remembered.
bool Dedupe::is_forgotten(const LaneMarks& marks, std::uint32_t number) {
  return number <= marks.forgotten && std::none_of(marks.boots.begin(), marks.boots.end(),
                                                   [&](const Boot& each) { return each.name.number <= number; });
}

/// True if some lane stands at another boot of that number: lanes wait for nobody, so this one need not be there.
bool Dedupe::is_given(const BootName& boot) const {
  return std::any_of(lanes_.begin(), lanes_.end(), [&](const LaneMarks& marks) {
    return std::any_of(marks.boots.begin(), marks.boots.end(), [&](const Boot& each) {
      return !each.is_taken_back && each.name.number == boot.number && !is_same(each.name, boot);
    });
  });
}

void Dedupe::take_back(const BootName& by) {
  for (LaneMarks& marks : lanes_) {
    for (Boot& each : marks.boots) {
      if (each.name.number >= by.number && !is_same(each.name, by)) each.is_taken_back = true;
    }
  }
}

}  // namespace odograph::process
