#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/aws/credentials.h"
#include "lib/aws/http_client.h"
#include "lib/aws/profile_plan.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::aws {

/// Where the identity comes from.
enum class ProviderKind {
  kDefault,      ///< "default": the first that is configured of environment, web identity, profile, container, imds.
  kIot,          ///< "iot": AWS IoT Core's credential provider, with the device's certificate.
  kEnvironment,  ///< "environment": AWS_ACCESS_KEY_ID and its companions.
  kProfile,      ///< "profile": the shared config and credentials files.
  kProcess,      ///< "process": a program that prints credentials.
  kWebIdentity,  ///< "web-identity": a token in a file, for STS.
  kContainer,    ///< "container": the endpoint that ECS, EKS or Greengrass gives a container.
  kInstanceMetadata,  ///< "imds": the metadata service of an EC2 instance, version 2 only.
};

/// By the name in quotes above; nothing for any other.
std::optional<ProviderKind> provider_kind(std::string_view name);

/// AWS IoT Core. All but the thing's name and the CA is needed.
struct IotOptions {
  std::string endpoint;          ///< "ID.credentials.iot.REGION.amazonaws.com", with ":PORT" if it is not 443.
  std::string role_alias;        ///< 1 to 128 of `[A-Za-z0-9_=,@-]`.
  std::string thing_name;        ///< Empty: not told. If told, the thing must be attached to the certificate.
  std::string certificate_file;  ///< PEM, the device's.
  std::string key;               ///< PEM file, open to its owner alone, or a URI as in `HttpTls`; no PIN in it.
};

/// STS's side.
struct StsOptions {
  std::string region;    ///< Empty: AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`.
  std::string endpoint;  ///< "https://..." in place of the region's own; empty: that one.
};

/// Everything that providers can be told; what is empty is not told.
struct ProviderOptions {
  ProviderKind kind = ProviderKind::kDefault;
  IotOptions iot;
  std::string profile;          ///< In place of AWS_PROFILE (AWS_DEFAULT_PROFILE, "default").
  std::string process_command;  ///< Of kind "process".
  base::Millis process_deadline{60'000};
  WebIdentitySource web_identity;  ///< In place of AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME.
  bool allows_instance_metadata = false;  ///< Off on vehicles: 169.254.169.254 is nobody we know on a cellular network.
  std::optional<RoleStep> role;           ///< To take on with what the provider gives.
  StsOptions sts;
  std::string ca_file;  ///< PEM, for IoT Core and STS; empty: the system's authorities.
  std::string proxy;    ///< "http://HOST:PORT" for IoT Core and STS; empty: none.
  HttpLimits limits;    ///< For IoT Core and STS; local endpoints have `kLocalLimits`.
};
inline constexpr HttpLimits kLocalLimits = {base::Millis{2'000}, base::Millis{5'000}};

/// The world as providers see it. What is referred to must live longer than they.
struct Surroundings {
  HttpClient& http;
  /// A variable of the environment; nothing if it is not set or empty.
  std::function<std::optional<std::string>(const std::string&)> environment;
  /// The time to sign with; nothing as long as no plausible time is known, and nothing is signed then.
  std::function<std::optional<base::UtcTime>()> utc_now;
};
/// getenv, with empty as unset.
std::optional<std::string> process_environment(const std::string& name);

/// The one provider that `options` choose. `kStop` if what it needs is not among them or malformed; what it reads from
/// environment and files is looked at with each fetch.
///
/// Never falls through: a provider that was named and is not configured is an error (`kStop`); so is, in the default
/// chain, the first configured one that fails. Once a link of the chain has given an identity, the chain stays with it.
base::Result<std::unique_ptr<CredentialProvider>> make_provider(const ProviderOptions& options,
                                                                const Surroundings& surroundings);

}  // namespace odograph::aws
