#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace odograph::broker {

struct Topic {
  std::string name;
  int partitions = 0;
};

/// "NAME" or "NAME:PARTITIONS", as `odograph-fleet topics list --format broker-args` prints them; `partitions_default`
/// where none are told. `kStop` if it is neither.
base::Result<Topic> parse_topic(const std::string& text, int partitions_default);

struct BrokerOptions {
  std::uint16_t port = 0;     ///< Of 127.0.0.1; 0: any free one.
  std::vector<Topic> topics;  ///< Made at the start; others come to be at their first use, with 4 partitions.
};

/// The development broker: librdkafka's mock cluster behind a port of our choice. Clients come in by that port and are
/// told the mock's own, which is fine on one machine. Prints "listening on 127.0.0.1:PORT" on `out` once a client may
/// come; returns when `stop_fd` becomes readable.
base::Status run_broker(const BrokerOptions& options, int stop_fd, std::ostream& out);

}  // namespace odograph::broker
