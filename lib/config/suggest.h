#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace odograph::config {

/// Edits that turn one text into the other: insert, remove, replace a byte, swap two neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that somebody who wrote `key` most likely meant: a few edits away, or the same last word in another
/// table (`brokers` for `kafka.brokers`). Empty if none is near.
std::string nearest(std::string_view key, const std::vector<std::string>& candidates);

}  // namespace odograph::config
