#pragma once

#include <string_view>

#include "lib/kafka/producer.h"

namespace odograph::kafka {

/// True if librdkafka's `statistics` (JSON) tell of a connection to a broker that is up; false also for what is no such
/// document. Layout: STATISTICS.md of librdkafka, "brokers".
bool has_broker_up(std::string_view statistics);

/// What `link` becomes by looks at the statistics, which see a broker go and come back while nothing is sent.
///
/// One look without a broker tells nothing, nor do two: brokers end connections that were idle and sessions that are
/// over, and a new connection comes at the vehicle's moment (ReconnectLimits::after_end), up to 6 s later, while looks
/// are 5 s apart. Three in a row are an outage.
class LinkWatch {
 public:
  LinkState after_look(LinkState link, std::string_view statistics);

 private:
  static constexpr int kDownMax = 2;
  int downs_ = 0;  ///< In a row, kDownMax + 1 at most.
};

}  // namespace odograph::kafka
