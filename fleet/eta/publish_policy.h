#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "fleet/eta/progress.h"

namespace odograph::eta {

/// Decides when one trip's estimates are told again: at a stop event, when one of them moved by more than 30 s and more
/// than 5 % of the time to go, and otherwise every 60 s. Event time.
class PublishPolicy {
 public:
  /// `events`: how many the newest position brought. True if `estimates`, made at `made_at`, are to be told; they are
  /// taken for told then.
  bool due(base::UtcTime made_at, const std::vector<Estimate>& estimates, std::size_t events);

  /// All that it remembers: what was told last, and when.
  struct Told {
    std::size_t stop = 0;
    base::UtcTime p50;
    bool operator==(const Told&) const = default;
  };
  struct State {
    std::optional<base::UtcTime> at;
    std::vector<Told> told;
    bool operator==(const State&) const = default;
  };
  const State& memory() const { return now_; }
  void restore(State memory) { now_ = std::move(memory); }

 private:
  State now_;
};

}  // namespace odograph::eta
