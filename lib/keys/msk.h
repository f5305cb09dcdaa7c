#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/config/schema.h"
#include "lib/config/values.h"
#include "lib/kafka/security.h"

namespace odograph::keys {

/// kafka.region and kafka.signing_host: for what an MSK token is signed; aws.*: as whom.
std::vector<config::OptionSpec> msk_options();

/// Who signs tokens.
struct Signer {
  std::string user_agent;    ///< "odograph-agent/0.1.0"
  base::UtcTime earliest{};  ///< The time is not known before this: the program's build date.
  std::shared_ptr<const base::Clock> clock = std::make_shared<base::RealClock>();
};

/// The link's security; with kafka.security = "tls_iam" also where its tokens come from, which is asked for none before
/// a client needs one. `kStop` if the region of the cluster is not known.
base::Result<kafka::Security> secured(const config::Values& values, const Signer& signer);

}  // namespace odograph::keys
