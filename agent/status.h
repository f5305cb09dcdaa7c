#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/collect/live_source.h"
#include "agent/flash_wear.h"
#include "agent/identity_status.h"
#include "agent/outbox/outbox.h"
#include "agent/traffic/data_budget.h"
#include "agent/uplink/stats.h"
#include "lib/base/result.h"
#include "lib/model/record.h"

namespace odograph::agent {

/// How the link is doing, in the words of `status`.
enum class Sending { kSending, kIdle, kNotSending, kPaused };

/// One moment of a running agent, for `status` and for the metrics.
struct Snapshot {
  std::string version;
  std::string vehicle_id;
  base::Millis uptime{0};
  std::optional<base::UtcTime> time;  ///< As the agent believes it.
  model::TimeQuality time_quality = model::TimeQuality::kNone;
  std::optional<model::Record> last_fix;

  Sending sending = Sending::kIdle;
  std::string sending_reason;                 ///< Why not, in a few words; empty while all is well.
  std::optional<base::Millis> sending_since;  ///< How long it has been so.
  std::string link_error;                     ///< The last one, in full; empty if none yet.
  std::uint64_t sent_records = 0;
  std::uint64_t repeated_records = 0;  ///< Sent again because their acknowledgement was missing.
  std::uint64_t sent_bytes = 0;
  std::uint64_t poisoned_records = 0;
  std::uint64_t disconnects = 0;
  uplink::Stats::Previews previews;
  traffic::DataForecast data;
  std::optional<IdentityStatus> identity{};  ///< Where the broker wants one of AWS.

  outbox::Stats outbox;
  std::optional<FlashWear> flash_wear{};        ///< Of storage's device, as of the start.
  std::optional<std::uint64_t> device_bytes{};  ///< What that device was given to write since it is there, by anybody.
  std::vector<collect::SourceHealth> sources;
  base::BootTime now;
  std::string metrics_trouble;  ///< Why nobody can ask for the metrics that are configured; empty while all is well.

  struct Replay {
    std::string file;
    double progress = 0;        ///< 0..1 of the file.
    std::uint64_t durable = 0;  ///< Records of this recording that are durable, those of earlier runs included.
  };
  std::optional<Replay> replay;
};

/// How long the storage has room if records keep coming as they have; nothing while too little is known.
std::optional<base::Millis> room_for(const Snapshot& snapshot);

/// Age of the oldest record that waits; nothing if none does, or its time or today's is not known.
std::optional<base::Millis> oldest_age(const Snapshot& snapshot);

/// What went to the flash for each record that became durable since the agent's start, the file system's own as it is
/// reckoned (FlashBudget) among it; nothing before the first.
std::optional<double> bytes_per_record(const outbox::Stats& stats);

/// "full", "best_effort", or "unknown" while nothing is stored.
const char* durability_word(const outbox::Stats& stats);

/// The whole snapshot as one JSON document; the contract of `status --json`.
std::string to_json(const Snapshot& snapshot);

/// The same for a person, from the JSON: the first line says how things stand. `kDrop` if it is no status document.
base::Result<std::string> to_words(std::string_view json);

}  // namespace odograph::agent
