#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/alerts/overspeed_alerts.h"
#include "fleet/process/dedupe.h"
#include "fleet/process/gaps.h"
#include "fleet/vehicle/module.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/kafka/consumer.h"
#include "lib/model/record.h"
#include "lib/rules/speed_limit.h"

namespace odograph {
class VehicleState;
}

namespace odograph::process {

/// What `vehicle-state-topic` is written with; what is newer is refused.
inline constexpr std::uint32_t kStateVersion = 1;
/// A vehicle has one stream; a second when its outbox had to be made anew.
inline constexpr std::size_t kStreamsMax = 4;

/// One outbox of a vehicle.
struct Stream {
  Stream(std::uint64_t stream_id, Beginning beginning) : id(stream_id), gaps(beginning) {}

  std::uint64_t id;
  Dedupe dedupe;
  GapTracker gaps;
};

/// One vehicle with a clock of its own must not move the time of all others: true if this record's time may.
bool is_believed(const model::Record& record);

/// How far a record's time may lie after the broker appended its message: no time zone is further away.
inline constexpr base::Millis kAheadMax{86'400'000};

/// True if its time cannot be that of the record: it would keep all that comes after it from being newer. Where the
/// topic has no time of the broker's own, or the record is of a recording, nobody can tell. The same whenever it is
/// read.
bool is_far_ahead(const model::Record& record, const kafka::Message& message);

/// Where a vehicle is, by the newest event time of any lane.
struct Live {
  std::optional<base::UtcTime> time;
  std::optional<base::UtcTime> believed;  ///< The newest that may move the time of the partition.
  std::optional<model::Position> position;
  base::UtcTime position_time{};
  std::int32_t speed_cmps = 0;
  std::int32_t course_cdeg = 0;
  std::uint32_t flags = 0;

  /// True if `record` is newer than all before it, and has moved this.
  bool move(const model::Record& record);
};

/// Part of a vehicle that plugs into the processor.
struct Plugged {
  std::uint32_t state_field = 0;
  std::unique_ptr<vehicle::Module> module;
};

/// All that is known of a vehicle between two messages.
struct Vehicle {
  std::string_view id;  ///< Of the map that holds it.
  std::int32_t partition = 0;
  bool touched = false;     ///< Moved since it was saved last.
  bool told_ahead = false;  ///< In the log; once is enough.
  bool forgot_streams = false;
  std::vector<Stream> streams;  ///< The one heard last at the end; at most kStreamsMax.
  Live live;
  std::optional<rules::SpeedLimit> overspeed;  ///< Made with the first record that the fleet has to judge.
  std::uint64_t rule_set = 0;                  ///< By which it was judged last; 0: never by the fleet.
  std::int64_t source_offset = 0;
  alerts::OverspeedAlerts alerts;
  std::vector<Plugged> modules;
  std::optional<vehicle::Wake> stream_wake;  ///< As it stands in the partition's list.
  std::optional<vehicle::Wake> wall_wake;
};

/// The bytes for vehicle-state-topic. Equal states give equal bytes.
std::string to_bytes(const Vehicle& vehicle);

/// What `from_bytes` needs beside the bytes: the rule that would judge the vehicle now, and its hash.
struct Judge {
  const rules::SpeedLimit& rule;
  std::uint64_t rule_set;
};

/// The reverse, into a vehicle that has its id and modules and nothing else. `kDrop`: unreadable. `kStop`: written by a
/// newer version.
base::Status from_bytes(std::string_view bytes, const Judge& judge, Vehicle& vehicle);

}  // namespace odograph::process
