#pragma once

#include "lib/model/record.h"
#include "lib/wire/record_batch.h"
#include "proto/public/processed.pb.h"

namespace odograph::process {

/// One record as `processed-data-topic` carries it.
///
/// `id` is "vehicle/stream/lane/sequence"; in the live lane, which has no numbers, "vehicle/stream/live/ms since 1970"
/// ("vehicle/stream/live/boot/ms since power-on" without UTC). Where the boot's nonce is known it stands behind all
/// that has a boot: two boots may have one number.
odograph::ProcessedRecord to_report(const wire::BatchHeader& header, const model::Record& record);

}  // namespace odograph::process
