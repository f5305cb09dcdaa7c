#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fleet/dispatch/put_plan.h"
#include "lib/base/result.h"
#include "lib/kafka/admin.h"
#include "lib/kafka/consumer.h"
#include "lib/kafka/producer.h"

namespace odograph::dispatch {

/// How to get at a broker. Borrowed.
struct Broker {
  kafka::Admin& admin;
  kafka::Consumer& consumer;  ///< Without a group.
  kafka::Producer* producer = nullptr;
  std::function<bool()> stopped;  ///< Asked at least every 200 ms.
};

/// The newest value of each key of a compacted topic, as far as it is written now; keys that were taken away are not
/// there. `kStop` if there is no such topic, this identity may not read it, or `stopped`.
base::Result<std::map<std::string, std::string>> read_table(const std::string& topic, const Broker& broker);

/// Writes all of it, each acknowledged by all in-sync replicas, in this order; at most `within` without an answer.
///
/// `kStop` saying how many are written and why not the others. Doing it all again is safe: a plan made of what is there
/// then leaves out what is there.
base::Status write_all(const std::string& topic, const std::vector<Write>& writes, const Broker& broker,
                       std::chrono::milliseconds within);

}  // namespace odograph::dispatch
