#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/time.h"

namespace odograph::service {

/// 41212 -> "41,212".
std::string human_count(std::uint64_t count);

/// A duration as one says it, rounded down, in the largest unit of which there are at least two: "40 s", "119 s",
/// "3 min", "5 h", "2 d"; below a second "0 s"; a negative one counts as zero.
std::string human_duration(base::Millis duration);

/// "512 B", "64.0 KiB", "256 MiB": three digits at most, rounded down, binary units up to EiB.
std::string human_bytes(std::uint64_t bytes);

/// What a progress bar shows.
struct Progress {
  double fraction = 0;               ///< 0..1; what lies outside, or is no number, is taken to the nearer end (or 0).
  std::optional<base::Millis> left;  ///< Expected time to the end; nothing while unknown.
  std::string label;                 ///< ASCII, before the bar: "drive.nmea.gz".
};

/// One line of ASCII without line break, `width` columns or less:
/// `drive.nmea  42 % [########............] 3 min left`. Where that is too wide the time goes first, then the bar, then
/// the label.
std::string progress_line(const Progress& progress, std::size_t width);

}  // namespace odograph::service
