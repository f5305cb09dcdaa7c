#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/fences/fence.h"
#include "lib/base/result.h"
#include "lib/rules/event_time.h"
#include "lib/rules/rule_book.h"

namespace odograph::fences {

/// Which rules hold for which vehicle at which time: those that were written down, and the fences of geofences-topic.
///
/// A fence of the topic takes the place of one that was written down under the same id, in all rules that name it, from
/// its first version on and until it ends; if it has alerts of its own, they take the place of the geofence rules of
/// that id. Nothing depends on when a row came: equal rows give equal rules. One thread.
class FenceBook {
 public:
  /// Equal ones: the rules are the same, for every vehicle. 0 is none.
  using Token = std::uint64_t;

  /// `base` without a clash (`rules::find_clash`); it holds since ever.
  explicit FenceBook(rules::RuleBookConfig base);

  /// A row of geofences-topic; nothing: it was taken away. `kDrop` with a line for the log if it cannot be read, or is
  /// one too many: then it is as if there were none of that key.
  base::Status put(std::string_view key, std::optional<std::string_view> value);

  /// What holds for records of that time.
  Token token(rules::EventTime time) const;
  std::shared_ptr<const rules::RuleSet> of(std::string_view vehicle_id, rules::EventTime time);

  std::size_t fences() const { return fences_.size(); }

 private:
  /// Books of this many times at once: the present one, and those at which vehicles with a backlog are.
  static constexpr std::size_t kBooksMax = 8;

  /// A version, made ready.
  struct Entry {
    FenceVersion version;
    std::shared_ptr<const rules::FenceArea> area;  ///< Null: ended.
    std::shared_ptr<const rules::RuleSpec> rule;   ///< Null: no alerts of its own.
  };
  using InForce = std::map<std::string, const Entry*, std::less<>>;

  static Entry entry_of(FenceVersion version);
  void changed();
  std::size_t epoch(rules::EventTime time) const;
  InForce in_force(std::size_t epoch) const;
  rules::RuleBook make_book(std::size_t epoch) const;

  rules::SharedRules base_;
  std::map<std::string, std::vector<Entry>, std::less<>> fences_;
  std::vector<rules::EventTime> borders_;                       ///< At which a version of some fence begins; ascending.
  Token first_ = 1;                                             ///< Of the time before the first border.
  std::vector<std::pair<std::size_t, rules::RuleBook>> books_;  ///< By epoch; the one asked for last at the end.
};

}  // namespace odograph::fences
