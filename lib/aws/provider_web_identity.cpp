#include "lib/aws/optional_provider.h"
#include "lib/aws/sts.h"

namespace odograph::aws {
namespace {

class WebIdentityProvider final : public OptionalProvider {
 public:
  WebIdentityProvider(const ProviderOptions& options, const Surroundings& surroundings)
      : options_(options), surroundings_(surroundings) {}

  base::Result<std::optional<Credentials>> fetch_if_configured() override {
    WebIdentitySource source = options_.web_identity;
    if (source.token_file.empty()) {
      source.token_file = surroundings_.environment("AWS_WEB_IDENTITY_TOKEN_FILE").value_or("");
    }
    // A role alone is also what a profile's users set; the token makes it a web identity.
    if (source.token_file.empty()) return std::optional<Credentials>{};
    if (source.role_arn.empty()) source.role_arn = surroundings_.environment("AWS_ROLE_ARN").value_or("");
    if (source.session_name.empty()) {
      source.session_name = surroundings_.environment("AWS_ROLE_SESSION_NAME").value_or("");
    }
    auto made = StsClient(options_, surroundings_).assume_role_with_web_identity(source);
    if (!made) return made.error();
    return std::optional(*made);
  }

  std::string what_is_missing() const override { return "web-identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set)"; }

 private:
  ProviderOptions options_;
  Surroundings surroundings_;
};

}  // namespace

std::unique_ptr<OptionalProvider> make_web_identity_provider(const ProviderOptions& options,
                                                             const Surroundings& surroundings) {
  return std::make_unique<WebIdentityProvider>(options, surroundings);
}

}  // namespace odograph::aws
