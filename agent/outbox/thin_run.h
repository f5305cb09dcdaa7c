#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/model/record.h"

namespace odograph::outbox {

/// One record of so many is kept: half of them would be hardly smaller, because records at even distances in time pack
/// so much better than others (docs/decisions/0008).
inline constexpr std::size_t kThinKeepsOneOf = 4;
/// No more than this many positions in a row are left out in one pass, unless all that may be kept is kept already.
inline constexpr std::size_t kThinHoleMax = 15;
/// No position on Earth is farther from another (metres): what an error is at most, whatever the records say.
inline constexpr std::int32_t kThinErrorMax = 20'037'509;

struct ThinnedRun {
  std::vector<std::size_t> kept;  ///< Places in the run, ascending; the first and the last among them.
  /// At least the distance (metres, rounded up) from each position left out to where the kept ones lead at its time.
  std::int32_t error_m = 0;
};

/// Where the straight line from `a` to `b` is at `fraction` (0..1) of the way, going the short way round the Earth.
model::Position position_between(const model::Position& a, const model::Position& b, double fraction);

/// Which quarter of `records` (consecutive ones of one boot, in their order) tells the track best.
///
/// Kept in any case: the first and the last record; those with an event, a boot or loss report, or one of the reasons
/// first, event and fix change; those on both sides of a lost or found fix; the first and last position; and, if they
/// are no more than an eighth of the run, those in which a signal that is a bare whole number (no unit, no decimals: a
/// state) has another value than before. Of the positions then as many as make a quarter of them: those without which
/// the track, as straight lines through the kept ones in time, would be farthest off. Of the records without a position
/// every fourth one.
///
/// Time is `utc` where every position of the run has one, else `boot_time`: what a reader of the messages will see.
ThinnedRun thin_run(std::span<const model::Record> records);

}  // namespace odograph::outbox
