#pragma once

#include <chrono>
#include <string>

#include "lib/aws/credentials.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::aws {

/// As long as MSK takes a token, and as long as all of AWS's own signers make theirs.
inline constexpr std::chrono::seconds kMskTokenLifetime{900};
/// With credentials that end sooner than this no token is made: a connection on a slow link takes its time.
inline constexpr std::chrono::seconds kMskTokenLifetimeMin{60};
inline constexpr std::size_t kUserAgentCharsMax = 256;

/// What a token is made for.
struct MskTokenOrder {
  std::string region;
  std::string signing_host;  ///< Empty: `kafka.<region>.amazonaws.com`, as AWS's signers have it in every partition.
  std::string user_agent;    ///< "odograph-agent/0.1.0"; 1 to `kUserAgentCharsMax` printable ASCII characters.
  base::UtcTime now;         ///< The best that is known, which may differ from the system's clock.
  base::UtcTime earliest;    ///< No `now` before this is believed: the program's build date.
};

/// A SASL/OAUTHBEARER token for MSK with IAM; good for every broker of the region.
struct MskToken {
  std::string token;  ///< As good as the identity itself while it lasts: keep it out of logs.
  std::string host;
  std::string scope;      ///< "20280229/eu-central-1/kafka-cluster/aws4_request"
  base::UtcTime issued;   ///< `now`, in whole seconds.
  base::UtcTime expires;  ///< `kMskTokenLifetime` after `issued`, or when the credentials expire if that is sooner.
  base::Millis lifetime;  ///< From `now` to `expires`.
};

/// A presigned URL for `kafka-cluster:Connect`, as base64url.
///
/// `kRetry` if `now` cannot be true yet, or if the credentials have expired or are about to; `kStop` for a region,
/// host, user agent or identity that no token can be made of. Errors name the access key id, never a secret.
base::Result<MskToken> msk_token(const MskTokenOrder& order, const Credentials& credentials);

}  // namespace odograph::aws
