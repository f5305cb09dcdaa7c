#include "fleet/process/gaps.h"

#include <algorithm>

namespace odograph::process {
namespace {

std::size_t index_of(model::Lane lane) { return static_cast<std::size_t>(lane) - 1; }

std::uint32_t end_of(const model::LaneEnds& ends, model::Lane lane) {
  switch (lane) {
    case model::Lane::kAlert: return ends.alert;
    case model::Lane::kEvent: return ends.event;
    case model::Lane::kBulk: return ends.bulk;
    case model::Lane::kLive: break;
  }
  return 0;
}

std::uint64_t size_of(const Gap& gap) { return std::uint64_t{gap.last_n} - gap.first_n + 1; }

/// Takes what `by` covers out of `gaps`; returns how many numbers that were.
std::uint64_t cut(std::vector<Gap>& gaps, const Gap& by) {
  std::uint64_t covered = 0;
  std::vector<Gap> rest;
  for (const Gap& gap : gaps) {
    const std::uint32_t first = std::max(gap.first_n, by.first_n);
    const std::uint32_t last = std::min(gap.last_n, by.last_n);
    if (gap.lane != by.lane || gap.boot != by.boot || first > last) {
      rest.push_back(gap);
      continue;
    }
    covered += std::uint64_t{last} - first + 1;
    if (gap.first_n < first) rest.push_back({gap.lane, gap.boot, gap.first_n, first - 1});
    if (last < gap.last_n) rest.push_back({gap.lane, gap.boot, last + 1, gap.last_n});
  }
  if (covered > 0) gaps = std::move(rest);
  return covered;
}

}  // namespace

std::string to_string(const Gap& gap) {
  return std::string(model::to_string(gap.lane)) + " lane, boot " + std::to_string(gap.boot) + ", records " +
         std::to_string(gap.first_n) + " to " + std::to_string(gap.last_n);
}

std::optional<GapTracker::Place>& GapTracker::place(model::Lane lane) { return places_[index_of(lane)]; }
const std::optional<GapTracker::Place>& GapTracker::place(model::Lane lane) const { return places_[index_of(lane)]; }

void GapTracker::on_record(model::Lane lane, std::uint32_t boot, const model::Record& record, std::vector<Gap>& found) {
  if (lane == model::Lane::kLive) return;  // Not numbered.
  std::optional<Place>& here = place(lane);
  if (!here && beginning_ == Beginning::kNotSeen) {
    here = Place{boot, record.n};
    first_boots_[index_of(lane)] = boot;
  } else {
    if (!here) here = Place{};
    move(lane, {boot, record.n}, found);
  }
  if (record.boot) on_boot(*record.boot, found);
  if (record.loss) on_loss(*record.loss);
}

void GapTracker::move(model::Lane lane, const Place& to, std::vector<Gap>& found) {
  Place& here = *place(lane);
  const Place last = here;
  here = to;
  if (to.boot != last.boot) {
    if (last.boot != 0) leave(lane, last, found);
    // Boots that this lane passed by without a word, as far as their ends are known.
    for (auto end = ends_.upper_bound(last.boot); end != ends_.end() && end->first < to.boot; ++end) {
      leave(lane, {end->first, 0}, found);
    }
    std::erase_if(ends_, [this](const auto& end) {
      return std::all_of(model::kStoredLanes.begin(), model::kStoredLanes.end(),
                         [&](model::Lane each) { return has_left(each, end.first); });
    });
  }
  const std::uint32_t expected = to.boot == last.boot ? last.n + 1 : 1;
  if (to.n > expected) missing({lane, to.boot, expected, to.n - 1}, found);
  std::erase_if(explanations_, [this](const Gap& explanation) { return is_spent(explanation); });
}

bool GapTracker::has_left(model::Lane lane, std::uint32_t boot) const {
  return place(lane).has_value() && place(lane)->boot > boot;
}

/// True once every gap that the explanation can meet has been found.
bool GapTracker::is_spent(const Gap& explanation) const {
  const auto& here = place(explanation.lane);
  if (!here || here->boot < explanation.boot) return false;
  if (here->boot == explanation.boot) return here->n >= explanation.last_n;
  if (explanation.boot > newest_ended_boot_) return false;  // Its boot's end is still to be told.
  return std::none_of(tails_.begin(), tails_.end(),
                      [&](const Gap& tail) { return tail.lane == explanation.lane && tail.boot == explanation.boot; });
}

void GapTracker::leave(model::Lane lane, const Place& last, std::vector<Gap>& found) {
  const auto end = ends_.find(last.boot);
  if (end == ends_.end()) {
    tails_.push_back({lane, last.boot, 1, last.n});
    bound(tails_);
    return;
  }
  const std::uint32_t last_n = end_of(end->second, lane);
  if (last_n > last.n) missing({lane, last.boot, last.n + 1, last_n}, found);
}

void GapTracker::on_boot(const model::BootReport& report, std::vector<Gap>& found) {
  if (report.previous_boot <= newest_ended_boot_) return;
  const std::uint32_t boot = report.previous_boot;
  newest_ended_boot_ = boot;
  ends_[boot] = report.previous_ends;
  for (const model::Lane lane : model::kStoredLanes) {
    if (!has_left(lane, boot) || boot < first_boots_[index_of(lane)]) continue;
    const auto tail = std::find_if(tails_.begin(), tails_.end(),
                                   [&](const Gap& each) { return each.lane == lane && each.boot == boot; });
    Place last{boot, 0};
    if (tail != tails_.end()) {
      last.n = tail->last_n;
      tails_.erase(tail);
    }
    leave(lane, last, found);
  }
  if (ends_.size() > kEntriesMax) {
    ends_.erase(ends_.begin());
    ++forgotten_;
  }
}

void GapTracker::on_taken_back(std::uint32_t boot) {
  for (const model::Lane lane : model::kStoredLanes) {
    std::optional<Place>& here = place(lane);
    if (!here || here->boot < boot) continue;
    *here = {boot, 0};
    first_boots_[index_of(lane)] = std::min(first_boots_[index_of(lane)], boot);
  }
  newest_ended_boot_ = std::min(newest_ended_boot_, boot - 1);
  ends_.erase(ends_.lower_bound(boot), ends_.end());
  for (auto* entries : {&tails_, &open_, &explanations_}) {
    std::erase_if(*entries, [&](const Gap& each) { return each.boot >= boot; });
  }
}

void GapTracker::on_loss(const model::LossReport& report) {
  // `ring_full`: those records never had a number, so they leave no gap. Nonsense explains nothing.
  if (report.lane == model::Lane::kLive || report.first_n == 0 || report.first_n > report.last_n) return;
  const Gap explanation{report.lane, report.boot, report.first_n, report.last_n};
  const std::uint64_t covered = cut(open_, explanation);
  counts_.unexplained -= covered;
  counts_.explained += covered;
  if (is_spent(explanation)) return;
  // A vehicle that thins its backlog tells run after run: what touches is one.
  const auto touches = [&](const Gap& other) {
    return other.lane == explanation.lane && other.boot == explanation.boot &&
           other.first_n <= std::uint64_t{explanation.last_n} + 1 &&
           explanation.first_n <= std::uint64_t{other.last_n} + 1;
  };
  const auto known = std::find_if(explanations_.begin(), explanations_.end(), touches);
  if (known != explanations_.end()) {
    known->first_n = std::min(known->first_n, explanation.first_n);
    known->last_n = std::max(known->last_n, explanation.last_n);
    return;
  }
  explanations_.push_back(explanation);
  bound(explanations_);
}

void GapTracker::missing(const Gap& gap, std::vector<Gap>& found) {
  std::vector<Gap> unexplained{gap};
  for (const Gap& explanation : explanations_) counts_.explained += cut(unexplained, explanation);
  for (const Gap& each : unexplained) {
    counts_.unexplained += size_of(each);
    open_.push_back(each);
    bound(open_);
    found.push_back(each);
  }
}

void GapTracker::bound(std::vector<Gap>& entries) {
  if (entries.size() <= kEntriesMax) return;
  entries.erase(entries.begin());
  ++forgotten_;
}

}  // namespace odograph::process
