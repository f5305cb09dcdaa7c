#include "tests/vm/words.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace odograph::vm {

std::optional<Words> Words::read(Map defaults, const std::vector<std::string_view>& given,
                                 const std::vector<std::string_view>& needed) {
  for (std::size_t i = 0; i < given.size(); i += 2) {
    const auto found = defaults.find(given[i]);
    if (i + 1 == given.size() || found == defaults.end()) return {};
    found->second = given[i + 1];
  }
  const bool lacks = std::any_of(needed.begin(), needed.end(), [&](const auto& key) { return defaults[key].empty(); });
  if (lacks) return {};
  return Words(std::move(defaults));
}

std::uint64_t Words::number(std::string_view key) const {
  const std::string& text = word(key);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace odograph::vm
