#pragma once

#include <string>

#include "lib/aws/credentials.h"
#include "lib/aws/profile_plan.h"
#include "lib/aws/providers.h"
#include "lib/aws/secret.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// Asks AWS STS for temporary credentials. API reference: AWS Security Token Service, version 2011-06-15.
class StsClient {
 public:
  /// `profile_region`: what stands behind the options and the environment; may be empty.
  StsClient(const ProviderOptions& options, const Surroundings& surroundings, std::string profile_region = {});

  /// AssumeRoleWithWebIdentity, which nobody signs: the token is the proof. Reads the token file anew.
  base::Result<Credentials> assume_role_with_web_identity(const WebIdentitySource& source) const;

  /// AssumeRole, signed by `caller`, with the time of its verified answer where no other is known; `kRetry` if there is
  /// none either. If STS refuses the time, the request
  /// is signed once more with the time of STS's own verified answer.
  base::Result<Credentials> assume_role(const RoleStep& step, const Credentials& caller) const;

 private:
  struct Place {
    std::string region;
    std::string host;  ///< With its port, if the endpoint has one.
    std::string url;   ///< With the one path: "/".
  };
  base::Result<Place> place() const;
  HttpRequest request_to(const Place& place, const SecretString& body) const;
  base::Result<HttpAnswer> send_signed(const Place& place, const SecretString& body, const Credentials& caller,
                                       base::UtcTime time) const;

  ProviderOptions options_;
  Surroundings surroundings_;
  std::string profile_region_;
};

}  // namespace odograph::aws
