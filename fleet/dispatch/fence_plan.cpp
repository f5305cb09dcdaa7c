#include "fleet/dispatch/fence_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fleet/fences/fence_row.h"

namespace odograph::dispatch {
namespace {

using fences::FenceRow;
using fences::FenceVersion;

/// Changes rows and says what that comes to.
class Changing {
 public:
  Changing(const FencesInForce& in_force, const FenceTimes& times)
      : in_force_(in_force), times_(times), after_(in_force.rows) {}

  void put(const fences::FencePut& fence) {
    if (const auto bad = in_force_.unreadable.find(fence.id); bad != in_force_.unreadable.end()) {
      return wrong(fence.id, "what is in force cannot be read: " + bad->second + "; odograph-fleet fences remove " +
                                 fence.id + " takes it away");
    }
    const FenceVersion version{fence.valid_from.value_or(start()), fence.area, fence.alert};
    FenceRow& row = after_.try_emplace(fence.id, FenceRow{fence.id, {}}).first->second;
    const auto next = after(row, version.valid_from);
    const bool is_there = next != row.versions.begin();
    if (is_there ? says_the_same(*std::prev(next), version) : !version.area) {
      if (!is_there) return wrong(fence.id, "ends before it begins");
      ++plan_.unchanged;
      return;
    }
    if (!may_begin(fence.id, version.valid_from)) return;
    if (!version.area) {
      ++plan_.ended;
    } else {
      ++(is_there && std::prev(next)->area ? plan_.changed : plan_.fresh);
    }
    if (is_there && std::prev(next)->valid_from == version.valid_from) {
      *std::prev(next) = version;
    } else {
      row.versions.insert(next, version);
    }
    moved_.insert(fence.id);
  }

  void remove(const std::string& id) {
    if (in_force_.unreadable.contains(id)) {
      plan_.writes.push_back({id, std::nullopt});
      ++plan_.ended;
      return;
    }
    const auto found = after_.find(id);
    if (found == after_.end()) return wrong(id, "not in force");
    std::vector<FenceVersion>& versions = found->second.versions;
    const auto next = after(found->second, start() - base::Millis(1));
    const bool holds = next != versions.begin() && std::prev(next)->area;
    if (!holds && next == versions.end()) return wrong(id, "has ended already");
    if (!may_begin(id, start())) return;
    versions.erase(next, versions.end());
    if (holds) versions.push_back({start(), std::nullopt, std::nullopt});
    moved_.insert(id);
    ++plan_.ended;
  }

  base::Result<FencePlan> take() {
    for (const std::string& id : moved_) write(id);
    forget();
    std::erase_if(after_, [](const auto& each) { return each.second.versions.empty(); });
    if (after_.size() > fences::kFencesMax) {
      wrong_ += (wrong_.empty() ? "" : "\n") + std::to_string(after_.size()) + " fences, expected at most " +
                std::to_string(fences::kFencesMax) + "; odograph-fleet fences remove takes away what is over";
    }
    if (!wrong_.empty()) return base::drop_error(wrong_);
    return std::move(plan_);
  }

 private:
  using Place = std::vector<FenceVersion>::iterator;

  void wrong(const std::string& id, const std::string& what) {
    wrong_ += (wrong_.empty() ? "" : "\n") + std::string("fence ") + id + ": " + what;
  }
  base::UtcTime start() const { return times_.valid_from.value_or(soonest(times_.now)); }

  /// The first version that begins after `time`.
  static Place after(FenceRow& row, base::UtcTime time) {
    return std::find_if(row.versions.begin(), row.versions.end(),
                        [&](const FenceVersion& each) { return each.valid_from > time; });
  }

  bool may_begin(const std::string& id, base::UtcTime time) {
    if (time >= times_.now + fences::kAhead) return true;
    if (times_.past == FenceTimes::Past::kAccepted) {
      ++plan_.past;
      return true;
    }
    wrong(id, "valid_from " + base::to_rfc3339(time) + ", expected " + base::to_rfc3339(soonest(times_.now)) +
                  " or later: records of that time may have been judged already; --past writes it all the same");
    return false;
  }

  void write(const std::string& id) {
    FenceRow& row = after_[id];
    if (row.versions.empty()) {
      plan_.writes.push_back({id, std::nullopt});
      return;
    }
    if (row.versions.size() > fences::kVersionsMax) merge(row);
    if (row.versions.size() > fences::kVersionsMax) {
      return wrong(id, std::to_string(row.versions.size()) + " versions that are not over, expected at most " +
                           std::to_string(fences::kVersionsMax));
    }
    plan_.writes.push_back({id, fences::to_message(row)});
  }

  /// Leaves out the oldest versions, as far as they are over.
  void merge(FenceRow& row) {
    std::size_t over = 0;
    while (row.versions.size() - over > fences::kVersionsMax && row.versions[over + 1].valid_from <= times_.now) ++over;
    if (over == 0) return;
    row.versions.erase(row.versions.begin(), row.versions.begin() + static_cast<std::ptrdiff_t>(over));
    plan_.notes.push_back("fence " + row.id + ": its " + std::to_string(over) + " oldest versions are left out; to " +
                          "records from before " + base::to_rfc3339(row.versions.front().valid_from) +
                          " it is as if it had not been there");
  }

  /// Fences that ended long ago.
  void forget() {
    for (auto& [id, row] : after_) {
      if (moved_.contains(id) || row.versions.empty()) continue;
      const FenceVersion& last = row.versions.back();
      if (last.area || last.valid_from + fences::kKeptAfterEnd > times_.now) continue;
      plan_.notes.push_back("fence " + id + " ended more than 30 days ago: it is taken away");
      plan_.writes.push_back({id, std::nullopt});
      row.versions.clear();
    }
  }

  const FencesInForce& in_force_;
  const FenceTimes& times_;
  std::map<std::string, FenceRow> after_;
  std::set<std::string> moved_;
  FencePlan plan_;
  std::string wrong_;
};

}  // namespace

base::UtcTime soonest(base::UtcTime now) { return std::chrono::ceil<std::chrono::seconds>(now + fences::kAhead); }

base::Result<FencePlan> plan_fences(const FencesInForce& in_force, const std::vector<fences::FencePut>& fences,
                                    const FenceTimes& times) {
  Changing changing(in_force, times);
  for (const fences::FencePut& fence : fences) changing.put(fence);
  return changing.take();
}

base::Result<FencePlan> plan_removal(const FencesInForce& in_force, const std::vector<std::string>& ids,
                                     const FenceTimes& times) {
  Changing changing(in_force, times);
  for (const std::string& id : std::set<std::string>(ids.begin(), ids.end())) changing.remove(id);
  return changing.take();
}

}  // namespace odograph::dispatch
