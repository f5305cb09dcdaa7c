#include "lib/keys/msk.h"

#include <memory>
#include <utility>

#include "lib/aws/providers.h"
#include "lib/aws/region.h"
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
  static base::Result<std::unique_ptr<aws::CredentialProvider>> make(const aws::ProviderOptions& options,
                                                                     const Signer& signer) {
    auto made = std::make_unique<ProviderInWorld>();
    const auto utc_now = [clock = signer.clock, earliest = signer.earliest]() -> std::optional<base::UtcTime> {
      const auto utc = clock->utc_now();
      return utc && utc->time >= earliest ? std::optional{utc->time} : std::nullopt;
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
  options.allows_instance_metadata = options.kind == aws::ProviderKind::kInstanceMetadata;
  options.iot.endpoint = text_or_empty(values, "aws.iot_endpoint");
  options.iot.role_alias = text_or_empty(values, "aws.iot_role_alias");
  options.iot.thing_name = text_or_empty(values, "aws.iot_thing_name");
  if (values.has("aws.iot_cert_file")) options.iot.certificate_file = values.path("aws.iot_cert_file");
  options.iot.key = text_or_empty(values, "aws.iot_key");
  options.profile = text_or_empty(values, "aws.profile");
  if (values.has("aws.ca_file")) options.ca_file = values.path("aws.ca_file");
  return options;
}

base::Result<std::unique_ptr<kafka::TokenSource>> token_source(const config::Values& values, const Signer& signer) {
  const auto region = aws::choose_region(text_or_empty(values, "kafka.region"), values.text_list("kafka.brokers"));
  if (!region) return region.error();
  auto provider = ProviderInWorld::make(provider_options(values), signer);
  if (!provider) return provider.error();
  const kafka::IamTokenSource::Order order{region->name,
                                           values.has("kafka.signing_host") ? values.text("kafka.signing_host") : "",
                                           signer.user_agent, signer.earliest};
  return std::unique_ptr<kafka::TokenSource>{std::make_unique<kafka::IamTokenSource>(
      order, kafka::IamTokenSource::Parts{std::move(*provider), signer.clock, base::random_u64()})};
}

}  // namespace

std::vector<config::OptionSpec> msk_options() {
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
       .one_of = {"default", "iot", "environment", "profile", "web-identity", "container", "imds"},
       .doc =
           "Where the identity for MSK comes from. iot is for vehicles: AWS IoT Core, with the device's certificate. "
           "default: the first that is configured of environment, web-identity, profile, container."},
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
      {.key = "aws.profile", .doc = "Profile in the shared files, instead of AWS_PROFILE.", .example = "odograph"},
      {.key = "aws.ca_file",
       .type = Type::kPath,
       .doc = "PEM bundle to verify IoT Core and STS by; without it the system's.",
       .example = "/etc/odograph/amazon-root.pem"},
  };
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
