#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/time.h"
#include "lib/model/record.h"

namespace odograph::outbox {

inline constexpr std::size_t kLanes = 3;

/// Place of a stored lane in arrays.
constexpr std::size_t index_of(model::Lane lane) { return static_cast<std::size_t>(lane) - 1; }

/// A chunk as it stands in its lane's table. Its id is `boot << 32 | chunk_no`.
struct Row {
  /// Bits of `flags`: the codec in the lowest byte, then these.
  static constexpr std::uint32_t kCodecMask = 0xFF;
  static constexpr std::uint32_t kAllUtc = 1U << 8;    ///< Every record has its own UTC, so none waits for an anchor.
  static constexpr std::uint32_t kRuleSet = 1U << 13;  ///< In the file only: the payload begins with `rule_set`.
  static constexpr std::uint32_t kFormat1 = 1U << 16;  ///< The payload is wire::pack's columns.

  model::Lane lane = model::Lane::kBulk;
  std::uint64_t id = 0;
  std::uint32_t first_n = 0;
  std::uint32_t count = 0;
  std::uint32_t holes = 0;   ///< Numbers inside that were left out, where somebody has counted them; not stored.
  std::int64_t t0_ms = 0;    ///< Boot time of the first record.
  std::int64_t t1_ms = 0;    ///< And of the last.
  std::int64_t made_ms = 0;  ///< When it was committed, on the storage thread's clock of that boot.
  std::uint32_t flags = kFormat1;
  std::uint64_t rule_set = 0;  ///< In force when the records were made, as in wire::BatchHeader; 0: none, or not known.
  std::string payload;

  std::uint32_t boot() const { return static_cast<std::uint32_t>(id >> 32); }
  std::uint32_t chunk_no() const { return static_cast<std::uint32_t>(id); }
  std::uint32_t last_n() const { return first_n + count + holes - 1; }
  friend bool operator==(const Row&, const Row&) = default;
};

constexpr std::uint64_t chunk_id(std::uint32_t boot, std::uint32_t chunk_no) {
  return static_cast<std::uint64_t>(boot) << 32 | chunk_no;
}

/// CRC-32C over every column but itself as it stands in the file (row_format.h): little-endian 64-bit numbers in the
/// order of the struct, then the payload.
std::uint32_t checksum(const Row& row);

/// What a row costs in the file beside its payload, about: cell header, columns, its share of the page.
inline constexpr std::size_t kRowOverheadBytes = 48;

}  // namespace odograph::outbox
