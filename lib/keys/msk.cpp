#include "lib/keys/msk.h"

#include <memory>
#include <utility>

#include "lib/aws/plausible_time.h"
#include "lib/aws/providers.h"
#include "lib/aws/region.h"
#include "lib/aws/url.h"
#include "lib/base/ids.h"
#include "lib/kafka/iam_token_source.h"
#include "lib/kafka/token_pusher.h"
#include "lib/keys/link.h"

namespace odograph::keys {

using config::Type;

namespace {

/// A provider, and the world that it sees.
class ProviderInWorld final : public aws::CredentialProvider {
 public:
  explicit ProviderInWorld(std::shared_ptr<base::SocketMeter> meter) : http_(std::move(meter)) {}

  static base::Result<std::unique_ptr<aws::CredentialProvider>> make(const aws::ProviderOptions& options,
                                                                     const Signer& signer) {
    auto made = std::make_unique<ProviderInWorld>(signer.meter);
    const auto utc_now = [clock = signer.clock, earliest = signer.earliest]() -> std::optional<base::UtcTime> {
      const auto utc = clock->utc_now();
      return utc && aws::is_plausible(utc->time, earliest) ? std::optional{utc->time} : std::nullopt;
    };
    auto inner = aws::make_provider(options, {made->http_, &aws::process_environment, utc_now});
    if (!inner) return inner.error();
    made->inner_ = std::move(*inner);
    return std::unique_ptr<aws::CredentialProvider>{std::move(made)};
  }
  base::Result<aws::Credentials> fetch() override { return inner_->fetch(); }

 private:
  aws::CurlHttpClient http_;
  std::unique_ptr<aws::CredentialProvider> inner_;
};

std::string text_or_empty(const config::Values& values, const char* key) {
  return values.has(key) ? values.text(key) : std::string{};
}

aws::ProviderOptions provider_options(const config::Values& values) {
  aws::ProviderOptions options;
  options.kind = aws::provider_kind(values.text("aws.credentials")).value_or(aws::ProviderKind::kDefault);
  options.allows_instance_metadata =
      options.kind == aws::ProviderKind::kInstanceMetadata || values.boolean("aws.allow_imds");
  options.iot.endpoint = text_or_empty(values, "aws.iot_endpoint");
  options.iot.role_alias = text_or_empty(values, "aws.iot_role_alias");
  options.iot.thing_name = text_or_empty(values, "aws.iot_thing_name");
  if (values.has("aws.iot_cert_file")) options.iot.certificate_file = values.path("aws.iot_cert_file");
  options.iot.key = text_or_empty(values, "aws.iot_key");
  options.profile = text_or_empty(values, "aws.profile");
  options.process_command = text_or_empty(values, "aws.process_command");
  if (values.has("aws.web_identity_token_file")) {
    options.web_identity.token_file = values.path("aws.web_identity_token_file");
  }
  options.web_identity.role_arn = text_or_empty(values, "aws.web_identity_role_arn");
  options.web_identity.session_name = text_or_empty(values, "aws.role_session_name");
  if (values.has("aws.role_arn")) {
    aws::RoleStep role;
    role.role_arn = values.text("aws.role_arn");
    role.session_name = text_or_empty(values, "aws.role_session_name");
    role.external_id = text_or_empty(values, "aws.role_external_id");
    options.role = std::move(role);
  }
  options.sts.region = text_or_empty(values, "aws.sts_region");
  options.sts.endpoint = text_or_empty(values, "aws.sts_endpoint");
  options.proxy = text_or_empty(values, "aws.proxy");
  if (values.has("aws.ca_file")) options.ca_file = values.path("aws.ca_file");
  return options;
}

base::Result<aws::Region> region_of(const config::Values& values) {
  return aws::choose_region(text_or_empty(values, "kafka.region"), values.text_list("kafka.brokers"));
}

base::Result<std::unique_ptr<kafka::TokenSource>> token_source(const config::Values& values, const Signer& signer) {
  const auto region = region_of(values);
  if (!region) return region.error();
  auto provider = credential_provider(values, signer);
  if (!provider) return provider.error();
  const kafka::IamTokenSource::Order order{region->name,
                                           values.has("kafka.signing_host") ? values.text("kafka.signing_host") : "",
                                           signer.user_agent, signer.earliest};
  return std::unique_ptr<kafka::TokenSource>{std::make_unique<kafka::IamTokenSource>(
      order, kafka::IamTokenSource::Parts{std::move(*provider), signer.clock, base::random_u64()})};
}

bool is_url(std::string_view text) { return aws::split_url(std::string{text}).has_value(); }
bool is_https(std::string_view text) { return text.starts_with("https://") && is_url(text); }

constexpr const char* kRoleArn = "a role such as \"arn:aws:iam::111122223333:role/odograph-vehicle\"";

/// For what, and which provider.
std::vector<config::OptionSpec> choice_options() {
  return {
      {.key = "kafka.region",
       .accepts = aws::is_region,
       .expected = "an AWS region such as \"eu-central-1\"",
       .doc = "AWS region of an MSK cluster; without it the one in the brokers' names.",
       .example = "eu-central-1"},
      {.key = "kafka.signing_host",
       .accepts = aws::is_host_name,
       .expected = "a host's name without scheme and port",
       .doc = "Host that tokens for MSK are signed for, where it is not kafka.REGION.amazonaws.com.",
       .example = "kafka.eu-central-1.amazonaws.com"},
      {.key = "aws.credentials",
       .default_value = "default",
       .one_of = {"default", "iot", "environment", "profile", "process", "web-identity", "container", "imds"},
       .doc =
           "Where the identity for MSK comes from. iot is for vehicles: AWS IoT Core, with the device's certificate. "
           "default: the first that is configured of environment, web-identity, profile, container and, if it is "
           "allowed, "
           "imds."},
  };
}

std::vector<config::OptionSpec> iot_options() {
  return {
      {.key = "aws.iot_endpoint",
       .doc = "Host of IoT Core's credential provider: 'aws iot describe-endpoint --endpoint-type "
              "iot:CredentialProvider' tells it.",
       .example = "c1a2b3.credentials.iot.eu-central-1.amazonaws.com"},
      {.key = "aws.iot_role_alias", .doc = "Role alias in IoT Core.", .example = "odograph-vehicle"},
      {.key = "aws.iot_thing_name",
       .doc = "Thing that the certificate is attached to, for policies that name it.",
       .example = "truck-17"},
      {.key = "aws.iot_cert_file",
       .type = Type::kPath,
       .doc = "PEM certificate chain of the device.",
       .example = "/etc/odograph/device.pem"},
      {.key = "aws.iot_key",
       .doc = "PEM file with its key, or a URI of a key in hardware (pkcs11:...).",
       .example = "/etc/odograph/device.key"},
  };
}

/// Of the other providers.
std::vector<config::OptionSpec> provider_rows() {
  return {
      {.key = "aws.profile", .doc = "Profile in the shared files, instead of AWS_PROFILE.", .example = "odograph"},
      {.key = "aws.process_command",
       .doc = "Program of process that prints credentials, with its words; no shell reads it.",
       .example = "/usr/local/bin/fleet-credentials --format aws"},
      {.key = "aws.web_identity_token_file",
       .type = Type::kPath,
       .doc = "Token of web-identity, instead of AWS_WEB_IDENTITY_TOKEN_FILE; read anew each time.",
       .example = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},
      {.key = "aws.web_identity_role_arn",
       .accepts = aws::is_role_arn,
       .expected = kRoleArn,
       .doc = "Role that web-identity gets for it, instead of AWS_ROLE_ARN.",
       .example = "arn:aws:iam::111122223333:role/odograph-fleet"},
      {.key = "aws.allow_imds",
       .type = Type::kBoolean,
       .default_value = "false",
       .doc =
           "Whether default, or a profile, may ask the metadata service of an EC2 instance. On a cellular network its "
           "address may be anybody's. imds needs no leave."},
  };
}

/// A role on top of any of them, and the way to STS and IoT Core.
std::vector<config::OptionSpec> role_options() {
  return {
      {.key = "aws.role_arn",
       .accepts = aws::is_role_arn,
       .expected = kRoleArn,
       .doc = "Role to assume with what the provider gives.",
       .example = "arn:aws:iam::111122223333:role/odograph-msk"},
      {.key = "aws.role_external_id", .doc = "External id that the role asks for.", .example = "odograph-7f3a"},
      {.key = "aws.role_session_name",
       .accepts = aws::is_session_name,
       .expected = "2 to 64 letters, digits and _+=,.@-",
       .doc = "Session name of the role, and of web-identity's; a part of MSK's principal. Without it odograph.",
       .example = "processor"},
      {.key = "aws.sts_region",
       .accepts = aws::is_region,
       .expected = "an AWS region such as \"eu-central-1\"",
       .doc = "Region in which STS is asked; without it AWS_REGION, AWS_DEFAULT_REGION or the profile's.",
       .example = "eu-central-1"},
      {.key = "aws.sts_endpoint",
       .accepts = is_https,
       .expected = "https://HOST without user and password",
       .doc = "STS in place of its region's own, such as a VPC endpoint.",
       .example = "https://vpce-0a1b-2c3d.sts.eu-central-1.vpce.amazonaws.com"},
      {.key = "aws.ca_file",
       .type = Type::kPath,
       .doc = "PEM bundle to verify IoT Core and STS by; without it the system's.",
       .example = "/etc/odograph/amazon-root.pem"},
      {.key = "aws.proxy",
       .accepts = is_url,
       .expected = "http://HOST:PORT or https://HOST:PORT without user and password",
       .doc = "Proxy to IoT Core and STS.",
       .example = "http://proxy.example:3128"},
  };
}

}  // namespace

std::vector<config::OptionSpec> msk_options() {
  std::vector<config::OptionSpec> options = choice_options();
  for (const auto& more : {iot_options(), provider_rows(), role_options()}) {
    options.insert(options.end(), more.begin(), more.end());
  }
  return options;
}

base::Result<std::unique_ptr<aws::CredentialProvider>> credential_provider(const config::Values& values,
                                                                           const Signer& signer) {
  return ProviderInWorld::make(provider_options(values), signer);
}

std::vector<std::string> msk_doubts(const config::Values& values) {
  if (security_of(values).protocol != kafka::Protocol::kTlsIam) {
    if (values.origin("aws.credentials").from == config::Origin::From::kDefault) return {};
    return {"aws.credentials is set, but nobody asks for an identity with kafka.security = \"" +
            values.text("kafka.security") + "\""};
  }
  std::vector<std::string> doubts = device_file_doubts(values);
  for (auto& more :
       {authority_doubts(values), port_doubts(values), sts_region_doubts(values, &aws::process_environment)}) {
    doubts.insert(doubts.end(), more.begin(), more.end());
  }
  const auto region = region_of(values);
  if (region && !region->warning.empty()) doubts.push_back(region->warning);
  return doubts;
}

base::Result<kafka::Security> secured(const config::Values& values, const Signer& signer) {
  kafka::Security security = security_of(values);
  if (security.protocol != kafka::Protocol::kTlsIam) return security;
  auto source = token_source(values, signer);
  if (!source) return source.error();
  security.tokens = std::make_shared<kafka::TokenPusher>(
      kafka::TokenPusher::Parts{std::move(*source), signer.clock, &base::random_u64});
  return security;
}

}  // namespace odograph::keys
