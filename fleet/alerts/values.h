#pragma once

#include "lib/base/time.h"
#include "lib/model/reading.h"
#include "proto/public/processed.pb.h"

namespace odograph::alerts {

/// From our exact integers to what the public messages carry; each value is the double nearest to the decimal fraction.
google::protobuf::Timestamp to_timestamp(base::UtcTime time);
odograph::Position to_position(const model::Position& position);    ///< Degrees.
model::Position from_position(const odograph::Position& position);  ///< Exactly what `to_position` was given.
double to_mps(std::int32_t cmps);

}  // namespace odograph::alerts
