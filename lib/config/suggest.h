#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace odograph::config {

/// Edits that turn one text into the other: insert, remove, replace a byte, swap two neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The word that somebody who wrote `word` most likely meant: at most one edit in three bytes away, and of those the
/// nearest. Empty if there is none, which a long word (80 bytes) is told at once.
std::string nearest_word(std::string_view word, const std::vector<std::string>& words);

/// A key that can be set.
struct Candidate {
  std::string key{};                   ///< Full: "rules.speed_limit_kmh", "source.0.baud".
  std::vector<std::string> aliases{};  ///< Other names for its last part.
  std::string shown{};                 ///< How a hint tells it: "`kafka.brokers`", "[[zone]]".
};

/// The candidate that somebody who wrote `key` most likely meant: its last part is that of `key`, or few edits away
/// from it (one in three bytes, in the right table one in two), or with a part more or less ("speed_limit" for
/// "speed_limit_kmh"); the same table is preferred, another one allowed. An alias counts where it stands in the
/// candidate's own table, or in none. Null if none is near.
const Candidate* nearest(std::string_view key, const std::vector<Candidate>& candidates);

}  // namespace odograph::config
