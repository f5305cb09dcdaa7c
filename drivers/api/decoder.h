#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/model/reading.h"

namespace odograph::drivers {

/// Where drivers put their readings. The owner clears and reuses it, so that a sentence costs no allocation.
struct Batch {
  std::vector<model::Reading> readings;
};

/// What a decoder has made of its bytes; every byte that led to nothing is counted under a reason.
struct DecoderCounters {
  std::uint64_t bytes = 0;
  std::uint64_t sentences = 0;  ///< Framed and sound (or frames, for a bus).
  std::uint64_t bad_checksum = 0;
  std::uint64_t no_checksum = 0;
  std::uint64_t too_long = 0;
  std::uint64_t malformed = 0;      ///< Sound frame, impossible content.
  std::uint64_t garbage_bytes = 0;  ///< Outside any frame.
  std::uint64_t unknown_type = 0;   ///< Sound, but not one that the driver reads.
  std::uint64_t late = 0;           ///< Sound, but for an instant whose reading was already made.
};

/// Turns one source's bytes into readings; knows nothing of devices, so recordings go through the same code.
/// Never fails: what cannot be used is counted. Memory is bounded by its own longest frame.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// `bytes` may be cut anywhere. `now`: when they came.
  virtual void feed(std::string_view bytes, base::BootTime now, Batch& batch) = 0;

  /// The end of the recording, or silence: closes what is open.
  virtual void finish(base::BootTime now, Batch& batch) = 0;

  /// Forgets whatever was half received (the device was opened anew); counters and what was learnt stay.
  virtual void reset() = 0;

  /// When `finish` should be called if no byte comes before (live sources only; a replay closes at the next epoch).
  virtual std::optional<base::BootTime> next_deadline() const { return std::nullopt; }

  virtual const DecoderCounters& counters() const = 0;
};

}  // namespace odograph::drivers
