#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/kafka/consumer.h"

namespace odograph::process {

/// Which rows of a compacted topic, keyed by vehicle, are in another partition than their key's. Pure.
///
/// What stands in the key's own partition holds: a value, or that it was taken away since `begun_ms`.
class RowMoves {
 public:
  /// `begun_ms`: when partitions were added, in the time of the rows.
  RowMoves(std::int32_t partitions, std::int64_t begun_ms) : partitions_(partitions), begun_ms_(begun_ms) {}

  /// Rows of each partition in their order. Keys that begin with `/` are nobody's.
  void add(kafka::Message row);

  struct Move {
    std::int32_t from = 0;
    std::int32_t to = 0;
    std::string key;
    std::string value;
    bool is_overtaken = false;  ///< `to` has one that holds; it only has to go from `from`.
  };
  std::vector<Move> take();

 private:
  using Place = std::pair<std::string, std::int32_t>;

  std::int32_t partitions_;
  std::int64_t begun_ms_;
  std::map<Place, std::string> misplaced_;  ///< The newest value by key and partition.
  std::set<std::string> placed_;            ///< Keys of which something holds in their own partition.
};

}  // namespace odograph::process
