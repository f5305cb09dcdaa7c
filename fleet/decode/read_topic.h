#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "fleet/decode/lines.h"
#include "lib/base/result.h"
#include "lib/kafka/admin.h"
#include "lib/kafka/consumer.h"

namespace odograph::decode {

struct ReadOptions {
  std::string topic;
  enum class From { kBeginning, kEnd } from = From::kBeginning;
  enum class Until { kStopped, kEnd } until = Until::kStopped;  ///< kEnd: all that is there now, then ready.
  std::optional<std::uint64_t> limit;                           ///< Lines at most.
  Place place = Place::kLeftOut;
};

/// Where the lines go, and who ends it.
struct Console {
  std::ostream& out;
  std::ostream& err;
  std::function<bool()> stopped;  ///< Asked at least every 200 ms.
};

/// Prints a topic as JSON lines on `out`, in order within each partition; what cannot be read is told on `err` and
/// passed over. Returns at the end or the limit, when the reader of `out` has gone, or once `stopped` says so.
/// `consumer` has no group. `kStop` if there is no such topic or nobody can read it, if `out` cannot be written, or if
/// the end is asked for and the identity may not read on.
base::Status read_topic(const ReadOptions& options, kafka::Admin& admin, kafka::Consumer& consumer,
                        const Console& console);

}  // namespace odograph::decode
