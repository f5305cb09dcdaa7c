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

base::Result<std::unique_ptr<kafka::TokenSource>> token_source(const config::Values& values, const Signer& signer) {
  const std::string configured = values.has("kafka.region") ? values.text("kafka.region") : "";
  const auto region = aws::choose_region(configured, values.text_list("kafka.brokers"));
  if (!region) return region.error();
  auto provider = ProviderInWorld::make({}, signer);
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
