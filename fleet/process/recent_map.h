#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "lib/base/assert.h"

namespace odograph::process {

/// Values by name, at most `most` of them: beyond it, the one that was asked for longest ago goes.
///
/// References stay good until their value goes. Not thread-safe.
template <class Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t most) : most_(most) { ODOGRAPH_ASSERT(most > 0); }

  /// The value of `name`, made anew if there is none, and now the most recent one.
  Value& operator[](std::string_view name) {
    if (const auto found = by_name_.find(name); found != by_name_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->second;
    }
    if (recent_.size() >= most_) {
      by_name_.erase(recent_.back().first);
      recent_.pop_back();
      ++forgotten_;
    }
    recent_.emplace_front(std::string(name), Value{});
    by_name_.emplace(recent_.front().first, recent_.begin());
    return recent_.front().second;
  }

  template <class Predicate>
  void erase_if(Predicate predicate) {
    for (auto entry = recent_.begin(); entry != recent_.end();) {
      if (!predicate(entry->second)) {
        ++entry;
        continue;
      }
      by_name_.erase(entry->first);
      entry = recent_.erase(entry);
    }
  }

  std::size_t size() const { return recent_.size(); }
  std::uint64_t forgotten() const { return forgotten_; }  ///< Pushed out by the bound.

 private:
  using Entries = std::list<std::pair<const std::string, Value>>;
  std::size_t most_;
  Entries recent_;
  std::unordered_map<std::string_view, typename Entries::iterator> by_name_;  ///< Keys live in `recent_`.
  std::uint64_t forgotten_ = 0;
};

}  // namespace odograph::process
