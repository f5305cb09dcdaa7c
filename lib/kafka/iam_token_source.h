#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/aws/credential_cache.h"
#include "lib/aws/credentials.h"
#include "lib/base/time.h"
#include "lib/kafka/signing_time.h"
#include "lib/kafka/token_source.h"

namespace odograph::kafka {

/// Tokens for MSK: signed with credentials that are renewed in time, by the best time that is known.
class IamTokenSource final : public TokenSource {
 public:
  struct Order {
    std::string region;
    std::string signing_host;  ///< As `aws::MskTokenOrder` has these three.
    std::string user_agent;
    base::UtcTime earliest;
  };
  struct Parts {
    std::unique_ptr<aws::CredentialProvider> provider;
    std::shared_ptr<const base::Clock> clock;
    std::uint64_t seed = 0;  ///< From the kernel's random source: it spreads the renewals of a fleet.
  };
  IamTokenSource(Order order, Parts parts);

  base::Result<Token> fetch() override;
  void refused() override;

 private:
  void renew_credentials();

  const Order order_;
  const Parts parts_;
  aws::CredentialCache cache_;
  SigningTime time_;
  base::Error last_error_{base::Action::kRetry, "no credentials yet"};
};

}  // namespace odograph::kafka
