#include "lib/config/suggest.h"

#include <algorithm>
#include <optional>

namespace odograph::config {
namespace {

// Longer keys were not mistyped by a person, and the cost grows with the square.
constexpr std::size_t kKeyBytesMax = 80;
// A shorter part of a name says nothing: the "id" of "client_id".
constexpr std::size_t kPartBytesMin = 3;
// Being in another table weighs a little more than an edit, having been written without any a little less, and both
// more than going by another name.
constexpr std::size_t kEdit = 4;
constexpr std::size_t kOtherTable = 5;
constexpr std::size_t kNoTable = 3;
constexpr std::size_t kAlias = 1;

struct Split {
  std::string_view table;
  std::string_view name;
};

Split split(std::string_view key) {
  const auto dot = key.rfind('.');
  if (dot == std::string_view::npos) return {"", key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

/// What is not near at all is no mistyping but another word.
std::size_t edits_max(std::string_view word) { return word.size() / 3; }
/// Within the right table there are few to mean.
std::size_t edits_max_in_table(std::string_view word) { return word.size() / 2; }

/// Edits between `word` and what is left of `whole` without its first or its last part ("_kmh"), and one for having
/// left that out.
std::size_t distance_to_parts(std::string_view word, std::string_view whole) {
  std::size_t best = word.size() + whole.size();
  if (whole.find('_') == std::string_view::npos) return best;
  for (const auto part : {whole.substr(0, whole.rfind('_')), whole.substr(whole.find('_') + 1)}) {
    if (part.size() >= kPartBytesMin) best = std::min(best, edit_distance(word, part) + 1);
  }
  return best;
}

std::size_t name_distance(std::string_view typed, std::string_view known) {
  return std::min({edit_distance(typed, known), distance_to_parts(typed, known), distance_to_parts(known, typed)});
}

/// Smaller is nearer; nothing if it is too far.
std::optional<std::size_t> cost(const Split& typed, const Candidate& candidate) {
  const Split known = split(candidate.key);
  const std::size_t elsewhere = typed.table == known.table ? 0 : typed.table.empty() ? kNoTable : kOtherTable;
  std::optional<std::size_t> best;
  const auto consider = [&](std::size_t edits, std::size_t more, std::size_t most) {
    if (edits <= most) best = std::min(best.value_or(~std::size_t{0}), edits * kEdit + more);
  };
  const bool is_in_table = elsewhere == 0 && !typed.table.empty();
  consider(name_distance(typed.name, known.name), elsewhere,
           is_in_table ? edits_max_in_table(typed.name) : edits_max(typed.name));
  if (elsewhere == 0 || typed.table.empty()) {
    for (const std::string& alias : candidate.aliases) {
      consider(edit_distance(typed.name, alias), elsewhere + kAlias, edits_max(typed.name));
    }
  }
  return best;
}

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

std::string nearest_word(std::string_view word, const std::vector<std::string>& words) {
  if (word.size() > kKeyBytesMax) return "";
  const std::string* best = nullptr;
  std::size_t best_distance = edits_max(word) + 1;
  for (const std::string& candidate : words) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? "" : *best;
}

const Candidate* nearest(std::string_view key, const std::vector<Candidate>& candidates) {
  if (key.empty() || key.size() > kKeyBytesMax) return nullptr;
  const Split typed = split(key);
  const Candidate* best = nullptr;
  std::size_t best_cost = ~std::size_t{0};
  for (const Candidate& candidate : candidates) {
    const auto its_cost = cost(typed, candidate);
    if (its_cost && *its_cost < best_cost) {
      best = &candidate;
      best_cost = *its_cost;
    }
  }
  return best;
}

}  // namespace odograph::config
