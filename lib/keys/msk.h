#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/aws/credentials.h"
#include "lib/base/result.h"
#include "lib/base/socket_meter.h"
#include "lib/base/time.h"
#include "lib/config/schema.h"
#include "lib/config/values.h"
#include "lib/kafka/security.h"

namespace odograph::keys {

/// kafka.region and kafka.signing_host: for what an MSK token is signed; aws.*: as whom.
std::vector<config::OptionSpec> msk_options();

/// With kafka.security = "tls_iam": a region that nothing tells, what the chosen provider lacks, keys of another one,
/// keys of a role without a role, values that the provider refuses.
std::vector<config::Relation> msk_relations();

/// What is wrong with the device's certificate files as they are now, a line each. No relation: a power cut in the
/// midst of a rotation must not keep a vehicle from recording.
std::vector<std::string> device_file_doubts(const config::Values& values);

/// The same of aws.ca_file.
std::vector<std::string> authority_doubts(const config::Values& values);

/// Brokers of MSK with one of its ports that are not for IAM, a line each.
std::vector<std::string> port_doubts(const config::Values& values);

/// aws.role_arn with a provider for which only aws.sts_region or the environment tell STS's region, and neither does.
/// `environment`: the value of a variable.
std::vector<std::string> sts_region_doubts(const config::Values& values,
                                           std::optional<std::string> (*environment)(const std::string& name));

/// Who signs tokens.
struct Signer {
  std::string user_agent;    ///< "odograph-agent/0.1.0"
  base::UtcTime earliest{};  ///< The time is not known before this: the program's build date.
  std::shared_ptr<const base::Clock> clock = std::make_shared<base::RealClock>();
  std::shared_ptr<base::SocketMeter> meter{};  ///< Counts what fetching credentials takes; null: nobody does.
};

/// The provider that aws.* choose, as `secured` has it asked; nothing is fetched yet. It needs no other object to live.
/// `kStop` if what it needs is not configured or malformed.
base::Result<std::unique_ptr<aws::CredentialProvider>> credential_provider(const config::Values& values,
                                                                           const Signer& signer);

/// What is sound, but can hardly be meant, a line each: aws.credentials without kafka.security = "tls_iam", a
/// kafka.region that is not the one in a broker's name, a port of MSK's that is not for IAM, a role without a region to
/// ask STS in, device files or an aws.ca_file that cannot serve. `values` are sound.
std::vector<std::string> msk_doubts(const config::Values& values);

/// The link's security; with kafka.security = "tls_iam" also where its tokens come from, which is asked for none before
/// a client needs one. `kStop` if the region of the cluster is not known.
base::Result<kafka::Security> secured(const config::Values& values, const Signer& signer);

}  // namespace odograph::keys
