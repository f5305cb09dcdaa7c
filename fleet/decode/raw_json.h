#pragma once

#include <string>

#include "fleet/decode/json.h"
#include "lib/model/record.h"
#include "lib/wire/record_batch.h"

namespace odograph::decode {

/// Adds a record's members to `line`: `vehicle_id`, `stream_id` (16 hex digits), `lane`, `boot` and `boot_nonce`, `n`,
/// `sequence`, `time` (RFC 3339) and `time_quality`, or `boot_time_ms` where no time is known, `mode`, `lat`, `lon`
/// (degrees, 7 decimals), `speed` (m/s, 2 decimals), `track` (degrees), `altMSL` (m), `hdop`, `satellites`, `flags`,
/// `reason`, `signals` (name: value), and `event`, `boot_report`, `loss` where there is one. What the record does not
/// hold is left out.
void add_record(const wire::BatchHeader& header, const model::Record& record, JsonObject& line);

}  // namespace odograph::decode
