#include "lib/config/suggest.h"

#include <algorithm>

namespace odograph::config {
namespace {

std::string_view last_word(std::string_view key) { return key.substr(key.rfind('.') + 1); }

// Longer keys were not mistyped by a person, and the cost grows with the square.
constexpr std::size_t kKeyBytesMax = 80;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view key, const std::vector<std::string>& candidates) {
  if (key.size() > kKeyBytesMax) return "";
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(2, key.size() / 4) + 1;
  for (const std::string& candidate : candidates) {
    std::size_t distance = edit_distance(key, candidate);
    if (last_word(key) == last_word(candidate)) distance = std::min<std::size_t>(distance, 2);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? "" : *best;
}

}  // namespace odograph::config
