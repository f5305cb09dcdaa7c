#include "fleet/alerts/values.h"

#include <cmath>

namespace odograph::alerts {

google::protobuf::Timestamp to_timestamp(base::UtcTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(seconds.time_since_epoch().count());
  stamp.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(time - seconds).count()));
  return stamp;
}

odograph::Position to_position(const model::Position& position) {
  odograph::Position degrees;
  degrees.set_lat(position.lat_e7 / 1e7);
  degrees.set_lon(position.lon_e7 / 1e7);
  return degrees;
}

model::Position from_position(const odograph::Position& position) {
  return {static_cast<std::int32_t>(std::lround(position.lat() * 1e7)),
          static_cast<std::int32_t>(std::lround(position.lon() * 1e7))};
}

double to_mps(std::int32_t cmps) { return cmps / 100.0; }

}  // namespace odograph::alerts
