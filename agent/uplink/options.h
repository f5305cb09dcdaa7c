#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/uplink/backoff.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/kafka/producer.h"

namespace odograph::uplink {

/// Of the uplink's own time: deadlines, back-off, throughput. Real also in a replay.
using TimePoint = std::chrono::steady_clock::time_point;

/// While bulk is behind by more than `behind`, its newest state is told ahead of it, once in `every`.
struct PreviewLimits {
  base::Millis behind{30'000};
  base::Millis every{10'000};
};

/// What keeps the vehicles of a fleet apart once a broker that was away is back: bulk starts at the vehicle's own
/// moment within `spread`, and is paced until it has caught up.
struct PaceLimits {
  base::Millis outage{30'000};  ///< A link that was down for less held up nobody.
  base::Millis spread{30'000};
  std::uint64_t bytes_per_s = 256 << 10;  ///< 0: not paced.
};

struct Options {
  std::string vehicle_id;  ///< Of previews, and of chunks that do not tell theirs.
  std::string topic = "raw-data-topic";
  /// Alert, event, bulk: how long a chunk waits for company.
  std::array<base::Millis, 3> send_after{base::Millis{0}, base::Millis{250}, base::Millis{1000}};
  std::size_t message_records_max = 300;
  std::size_t message_bytes_max = 256 << 10;
  std::size_t window_bytes_max = 2 << 20;
  base::Millis window_time{2000};        ///< The window holds no more than this takes at the measured throughput.
  std::optional<PreviewLimits> preview;  ///< Nothing: no previews.
  PaceLimits pace;
  base::Millis watchdog{300'000};  ///< Ten socket time-outs without a report while some are due.
  base::Millis drain_max{10'000};  ///< After a failure: how long to wait for the other reports before giving up.
  base::Millis flush_max{3000};    ///< At a clean stop.
  BackoffLimits again{base::Millis{1000}, base::Millis{60'000}};
  BackoffLimits pause = base::kRefusedBackoff;
  BackoffLimits restart{base::Millis{5000}, base::Millis{300'000}};
};

/// Makes a handle; called again after every one that had to be destroyed.
using ProducerFactory = std::function<base::Result<std::unique_ptr<kafka::Producer>>()>;
/// 64 random bits.
using Random = std::function<std::uint64_t()>;
/// Whom a line is for: whoever looks for a fault in the Kafka client, or whoever runs the vehicle.
enum class Telling { kDetail, kNews, kTrouble };
/// One line, without a newline. Called on the uplink's thread.
using Log = std::function<void(Telling, const std::string&)>;

}  // namespace odograph::uplink
