#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/outbox/row.h"
#include "lib/model/record.h"

namespace odograph::outbox {

/// A run of rows that become one has no more records than this, unless one row alone has.
inline constexpr std::size_t kRunRecordsMax = 512;
/// And its rows hold about this much, unless one row alone holds more.
inline constexpr std::uint64_t kRunBytesMax = 128 << 10;
/// Rows are packed together only where that saves this share of their bytes.
inline constexpr std::uint64_t kPackedSavesPercent = 25;

/// How often a row was thinned, and how far off its kept records may be (metres): both stand in `Row::flags`.
std::uint32_t thinned_times(const Row& row);
std::int32_t thinned_error_m(const Row& row);
/// `error_m` is rounded up by up to 0.1 % so that it fits.
void set_thinned(Row& row, std::uint32_t times, std::int32_t error_m);

enum class Rewriting {
  kPack,  ///< All records stay.
  kThin,  ///< Where packing does not save enough, some are left out.
};

/// One row in the place of some.
struct Rewrite {
  std::uint64_t first_id = 0;  ///< Of the rows that go; `row` takes the last one's id.
  Row row;
  std::uint32_t last_n = 0;        ///< Of the run; `row.last_n()` does not know of holes.
  std::uint64_t bytes_before = 0;  ///< As `LaneUse::bytes`.
  std::uint64_t bytes_after = 0;
  std::uint64_t dropped = 0;  ///< Records; 0 if the rows were only packed together.
  std::int32_t error_m = 0;   ///< Of the run with its earlier thinnings: the bound that `row` holds too.
};

/// Packs `rows` (sound, consecutive ones of one lane, boot and rule set, of one `thinned_times`) into one. Where that
/// does not save kPackedSavesPercent, `kThin` leaves records out as `thin_run` says. Nothing if a row cannot be read or
/// nothing is saved.
std::optional<Rewrite> rewrite(const std::vector<Row>& rows, Rewriting how);

/// The last number in the row, holes counted; nothing if it cannot be read.
std::optional<std::uint32_t> last_number(const Row& row);

}  // namespace odograph::outbox
