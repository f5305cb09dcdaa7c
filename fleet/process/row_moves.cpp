#include "fleet/process/row_moves.h"

#include "lib/kafka/partitioner.h"

namespace odograph::process {

void RowMoves::add(kafka::Message row) {
  if (row.key.empty() || row.key.front() == '/') return;
  if (kafka::partition_of(row.key, partitions_) != row.partition) {
    if (row.tombstone) {
      misplaced_.erase({row.key, row.partition});
    } else {
      misplaced_[{std::move(row.key), row.partition}] = std::move(row.value);
    }
  } else if (!row.tombstone || row.timestamp_ms >= begun_ms_) {
    placed_.insert(std::move(row.key));
  } else {
    placed_.erase(row.key);
  }
}

std::vector<RowMoves::Move> RowMoves::take() {
  std::vector<Move> moves;
  for (auto& [place, value] : misplaced_) {
    const std::int32_t to = kafka::partition_of(place.first, partitions_);
    // Of two strangers of one key the first takes the place.
    const bool is_overtaken = !placed_.insert(place.first).second;
    moves.push_back({place.second, to, place.first, is_overtaken ? std::string() : std::move(value), is_overtaken});
  }
  misplaced_.clear();
  return moves;
}

}  // namespace odograph::process
