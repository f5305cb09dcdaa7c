#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/uplink/options.h"
#include "agent/uplink/trouble.h"

namespace odograph::uplink {

/// The stored lanes, and one queue for what was salvaged from broken files.
inline constexpr std::size_t kQueues = 4;
inline constexpr std::size_t kBulkQueue = 2;
inline constexpr std::size_t kSalvagedQueue = 3;

/// A snapshot for status and metrics.
struct Stats {
  struct PerLane {
    std::uint64_t sent_records = 0;  ///< Given to librdkafka, repeats included.
    std::uint64_t sent_bytes = 0;
    std::uint64_t acked_records = 0;  ///< Reported stored, repeats included.
    std::uint64_t acked_bytes = 0;
    std::uint64_t redelivered_records = 0;  ///< Had been sent, and had to be sent again.
    std::uint64_t overtaken_records = 0;    ///< Failed, while later ones of the lane were stored: the fleet sees a gap.
    std::uint64_t poison_records = 0;       ///< Never to be taken by the broker, given up; the log says why.
    std::uint64_t corrupt_chunks = 0;       ///< Stored chunks that could not be read, given up.
  };
  /// Messages of the live lane, a record each.
  struct Previews {
    std::uint64_t sent = 0;     ///< Given to librdkafka.
    std::uint64_t stored = 0;   ///< Reported stored.
    std::uint64_t bytes = 0;    ///< Of `sent`.
    std::uint64_t no_time = 0;  ///< Not made: the vehicle does not know the time; counted once an interval.
    std::uint64_t failed = 0;   ///< Sent, not stored; a newer one comes instead.
    std::uint64_t refused = 0;  ///< The client would never take it.
  };
  std::array<PerLane, kQueues> lanes;  ///< Alert, event, bulk, salvaged.
  Previews previews;
  bool connected = false;
  TimePoint connected_since;  ///< Since when `connected` is what it is.
  std::string last_error;     ///< One line, of the connection or of a delivery; empty if none yet.
  std::uint64_t disconnects = 0;
  std::uint64_t handles = 0;  ///< Producer handles made so far; more than one tells of fatal errors.
  std::size_t outstanding_messages = 0;
  std::size_t outstanding_bytes = 0;
  Trouble trouble = Trouble::kNone;     ///< What kind of thing `held` is.
  std::string held;                     ///< Why nothing is being sent; empty while sending.
  std::optional<TimePoint> held_until;  ///< When the next try is due.
  double bytes_per_s = 0;               ///< Measured throughput while busy; 0 before the first report.
};

}  // namespace odograph::uplink
