#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "fleet/process/processor.h"
#include "lib/base/time.h"
#include "lib/kafka/consumer.h"
#include "lib/model/record.h"
#include "lib/wire/record_batch.h"

namespace odograph::process {

/// Records and messages for tests, as an agent would have made them.

inline const base::UtcTime kNoon = *base::from_rfc3339("2010-04-03T12:00:00.000Z");

/// `speed_kmh` so many seconds after noon, driving north; a negative speed: a void fix.
inline model::Record record_at(double second, double speed_kmh) {
  model::Record record;
  record.utc = kNoon + base::Millis(static_cast<std::int64_t>(second * 1000));
  record.time_quality = model::TimeQuality::kGnss;
  record.reason = model::reason::kAll;
  record.mode = speed_kmh < 0 ? model::FixMode::kNone : model::FixMode::k3d;
  if (speed_kmh < 0) return record;
  record.position = model::Position{470000000 + static_cast<std::int32_t>(second * 2000), 80000000};
  record.speed_cmps = static_cast<std::int32_t>(std::lround(speed_kmh * 1000 / 36));
  return record;
}

inline wire::BatchHeader header_of(const std::string& vehicle, model::Lane lane = model::Lane::kBulk,
                                   std::uint32_t boot = 1) {
  return {.vehicle_id = vehicle, .stream_id = 0xabc, .lane = lane, .boot = boot, .rule_set = 0};
}

/// A message on raw-data-topic; records are numbered from `first_n`, but those of the live lane.
inline kafka::Message message_of(const wire::BatchHeader& header, std::vector<model::Record> records,
                                 std::uint32_t first_n = 1) {
  for (model::Record& record : records) record.n = header.lane == model::Lane::kLive ? 0 : first_n++;
  kafka::Message message;
  message.topic = "raw-data-topic";
  message.key = header.vehicle_id;
  message.value = wire::encode(header, records);
  return message;
}

}  // namespace odograph::process
