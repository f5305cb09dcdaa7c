#include "agent/sample/slow_down.h"

#include <limits>

namespace odograph::sample {

Config slowed(Config config, int factor) {
  ODOGRAPH_ASSERT(factor >= 1);
  config.time *= factor;
  config.rest_time *= factor;
  constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
  config.distance_m = config.distance_m > kMost / factor ? kMost : config.distance_m * factor;
  return config;
}

}  // namespace odograph::sample
