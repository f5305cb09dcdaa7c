#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fleet/process/pipeline.h"
#include "lib/kafka/security.h"

namespace odograph::process {

/// What becomes of outputs when something fails.
enum class Guarantee {
  kExactlyOnce,  ///< Transactions.
  kAtLeastOnce,  ///< For brokers without them: see LooseProducer.
};

/// How the processor reaches the brokers.
struct ConnectOptions {
  std::string brokers;  ///< "host:port,host:port"
  std::string group;
  std::string instance;  ///< Of this instance in the group, the same over its restarts; empty: none.
  base::Millis session_timeout{30'000};
  Guarantee guarantee = Guarantee::kExactlyOnce;
  kafka::Security security;
  std::vector<std::pair<std::string, std::string>> overrides;  ///< Of every client; for tests.
};

/// `kStop` if a setting or a certificate file is wrong, naming it; an unreachable broker is no error.
base::Result<Connections> connect(const ConnectOptions& options);

}  // namespace odograph::process
