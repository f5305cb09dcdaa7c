#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace odograph::process {

/// Values by name, and which of them was asked for longest ago; the bound is the caller's.
///
/// References stay good until their value goes. Not thread-safe.
template <class Value>
class RecentMap {
 public:
  /// The value of `name`, now the most recent one; nullptr if there is none.
  Value* find(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return &found->second->second;
  }

  /// Made anew, and the most recent one. There is none of that name.
  Value& add(std::string_view name) {
    recent_.emplace_front(std::piecewise_construct, std::forward_as_tuple(name), std::tuple<>{});
    by_name_.emplace(recent_.front().first, recent_.begin());
    return recent_.front().second;
  }

  /// Name and value of what was asked for longest ago; there must be one.
  std::pair<const std::string, Value>& oldest() { return recent_.back(); }
  void drop_oldest() {
    by_name_.erase(recent_.back().first);
    recent_.pop_back();
  }

  void erase(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return;
    const auto entry = found->second;
    by_name_.erase(found);
    recent_.erase(entry);
  }

  auto begin() { return recent_.begin(); }  ///< The most recent first.
  auto end() { return recent_.end(); }
  std::size_t size() const { return recent_.size(); }

 private:
  using Entries = std::list<std::pair<const std::string, Value>>;
  Entries recent_;
  std::unordered_map<std::string_view, typename Entries::iterator> by_name_;  ///< Keys live in `recent_`.
};

}  // namespace odograph::process
