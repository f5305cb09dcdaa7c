#pragma once

#include <string_view>

#include "lib/kafka/producer.h"

namespace odograph::kafka {

/// True if librdkafka's `statistics` (JSON) tell of a connection to a broker that is up; false also for what is no such
/// document. Layout: STATISTICS.md of librdkafka, "brokers".
bool has_broker_up(std::string_view statistics);

/// What `link` becomes by looks at the statistics, which see a broker go and come back while nothing is sent.
///
/// One look without a broker tells nothing: brokers close connections that were idle for some minutes, and librdkafka
/// makes a new one within a second or two. Two in a row are an outage.
class LinkWatch {
 public:
  LinkState after_look(LinkState link, std::string_view statistics);

 private:
  bool was_down_ = false;
};

}  // namespace odograph::kafka
