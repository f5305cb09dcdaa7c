#include "agent/outbox/salvage_losses.h"

#include <algorithm>
#include <limits>

namespace odograph::outbox {
namespace {

model::LossReport loss(model::Lane lane, std::uint32_t boot, std::uint32_t first_n, std::uint32_t last_n) {
  return {.lane = lane,
          .boot = boot,
          .first_n = first_n,
          .last_n = last_n,
          .count = std::uint64_t{last_n} - first_n + 1,
          .reason = model::LossReason::kCorrupt};
}

/// From `first_n` on nobody knows how far.
model::LossReport open_loss(model::Lane lane, std::uint32_t boot, std::uint32_t first_n) {
  auto open = loss(lane, boot, first_n, std::numeric_limits<std::uint32_t>::max());
  open.count = 1;
  return open;
}

std::uint32_t& end_in(model::LaneEnds& ends, model::Lane lane) {
  if (lane == model::Lane::kAlert) return ends.alert;
  return lane == model::Lane::kEvent ? ends.event : ends.bulk;
}

}  // namespace

void SalvageLosses::on_row(const Row& row) {
  Lane& lane = lanes_[index_of(row.lane)];
  const auto [run, is_new] = lane.boots.try_emplace(row.boot(), Run{row.first_n, row.last_n()});
  if (is_new) return;
  if (row.first_n > run->second.last_n + 1) {
    auto hole = loss(row.lane, row.boot(), run->second.last_n + 1, row.first_n - 1);
    if (lane.holes.size() < kHolesMax || lane.holes.back().boot != row.boot()) {
      lane.holes.push_back(hole);
    } else {
      lane.holes.back().last_n = hole.last_n;
      lane.holes.back().count += hole.count;
    }
  }
  run->second.last_n = std::max(run->second.last_n, row.last_n());
}

std::optional<std::uint32_t> SalvageLosses::told_end(model::Lane lane, std::uint32_t boot) const {
  const auto found = boot_ends_.find(boot);
  if (found == boot_ends_.end()) return {};
  auto ends = found->second;
  return end_in(ends, lane);
}

std::set<std::uint32_t> SalvageLosses::boots() const {
  std::set<std::uint32_t> boots;
  for (const Lane& lane : lanes_) {
    for (const auto& each : lane.boots) boots.insert(each.first);
  }
  for (const auto& each : boot_ends_) boots.insert(each.first);
  return boots;
}

std::vector<model::LossReport> SalvageLosses::finish(const std::array<Ends, kLanes>& ends) const {
  std::vector<model::LossReport> losses;
  for (const auto id : model::kStoredLanes) {
    const Lane& lane = lanes_[index_of(id)];
    losses.insert(losses.end(), lane.holes.begin(), lane.holes.end());
    const auto& [first_is_sure, last_is_sure] = ends[index_of(id)];
    if (lane.boots.empty() && first_is_sure && last_is_sure) continue;  // Acknowledged, all of it.
    for (const std::uint32_t boot : boots()) {
      // Boots before the first one that is left were acknowledged, unless the table's beginning is gone.
      if (first_is_sure && !lane.boots.empty() && boot < lane.boots.begin()->first) continue;
      const bool is_first = !lane.boots.empty() && boot == lane.boots.begin()->first;
      const bool is_behind = lane.boots.empty() || boot >= lane.boots.rbegin()->first;
      const auto run = lane.boots.find(boot);
      std::uint32_t next = 1;
      if (run != lane.boots.end()) {
        next = run->second.last_n + 1;
        const std::uint32_t first_n = run->second.first_n;
        if (first_n > 1 && !(is_first && first_is_sure)) losses.push_back(loss(id, boot, 1, first_n - 1));
      }
      if (const auto told = told_end(id, boot)) {
        if (*told >= next) losses.push_back(loss(id, boot, next, *told));
      } else if (is_behind ? !last_is_sure : run == lane.boots.end()) {
        losses.push_back(open_loss(id, boot, next));
      }
    }
  }
  return losses;
}

std::vector<model::LossReport> SalvageLosses::all_of(const KnownOfFile& known) {
  std::vector<model::LossReport> losses;
  for (const auto lane : model::kStoredLanes) {
    auto previous = known.previous_ends;
    std::uint64_t left = known.lanes[index_of(lane)].stored;
    // Where thinning left some out, those that it left are spread over more numbers.
    std::uint64_t numbers_left = left + known.lanes[index_of(lane)].thinned;
    const std::pair<std::uint32_t, std::uint32_t> boots[] = {{known.boot, known.lanes[index_of(lane)].last_n},
                                                             {known.previous_boot, end_in(previous, lane)}};
    for (const auto& [boot, last_n] : boots) {
      const auto numbers = static_cast<std::uint32_t>(std::min<std::uint64_t>(numbers_left, last_n));
      const std::uint64_t held = std::min<std::uint64_t>(left, numbers);
      if (held == 0) continue;
      left -= held;
      numbers_left -= numbers;
      losses.push_back(loss(lane, boot, last_n - numbers + 1, last_n));
      losses.back().count = held;
    }
    // Of boots before those the numbers are not known, only how many there were.
    if (left > 0 && !losses.empty()) losses.back().count += left;
  }
  return losses;
}

std::uint32_t SalvageLosses::last_boot() const {
  std::uint32_t last = boot_ends_.empty() ? 0 : boot_ends_.rbegin()->first;
  for (const Lane& lane : lanes_) {
    if (!lane.boots.empty()) last = std::max(last, lane.boots.rbegin()->first);
  }
  return last;
}

model::LaneEnds SalvageLosses::last_ends() const {
  model::LaneEnds ends;
  if (const auto told = boot_ends_.find(last_boot()); told != boot_ends_.end()) ends = told->second;
  for (const auto lane : model::kStoredLanes) {
    const auto& boots = lanes_[index_of(lane)].boots;
    if (const auto run = boots.find(last_boot()); run != boots.end()) {
      end_in(ends, lane) = std::max(end_in(ends, lane), run->second.last_n);
    }
  }
  return ends;
}

}  // namespace odograph::outbox
