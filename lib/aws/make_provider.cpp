#include <array>
#include <utility>
#include <vector>

#include "lib/aws/answer.h"
#include "lib/aws/optional_provider.h"
#include "lib/aws/providers.h"
#include "lib/aws/run_program.h"
#include "lib/aws/sts.h"
#include "lib/aws/url.h"

namespace odograph::aws {
namespace {

/// Another identity on top of the provider's.
class RoleProvider final : public CredentialProvider {
 public:
  RoleProvider(std::unique_ptr<CredentialProvider> base, RoleStep step, StsClient sts)
      : base_(std::move(base)), step_(std::move(step)), sts_(std::move(sts)) {}

  base::Result<Credentials> fetch() override {
    const auto caller = base_->fetch();
    if (!caller) return caller.error();
    auto made = sts_.assume_role(step_, *caller);
    if (made) made->source += " by " + caller->source;
    return made;
  }

 private:
  std::unique_ptr<CredentialProvider> base_;
  RoleStep step_;
  StsClient sts_;
};

base::Status check_role(const RoleStep& role) {
  if (!is_role_arn(role.role_arn)) {
    return base::stop_error("the role to assume is not like arn:aws:iam::123456789012:role/NAME");
  }
  if (!role.session_name.empty() && !is_session_name(role.session_name)) {
    return base::stop_error("the role's session name is not 2 to 64 letters, digits and _+=,.@-");
  }
  if (role.duration_s < 900 || role.duration_s > 43'200)
    return base::stop_error("the role's duration is not 900 to 43200 s");
  return {};
}

base::Status check(const ProviderOptions& options) {
  if (options.limits.connect.count() <= 0 || options.limits.deadline.count() <= 0 ||
      options.process_deadline.count() <= 0) {
    return base::stop_error("a time limit of 0 or less");
  }
  if (!options.proxy.empty() && !split_url(options.proxy)) {
    return base::stop_error("the proxy is not http://HOST:PORT or https://HOST:PORT");
  }
  if (options.role) {
    const auto sound = check_role(*options.role);
    if (!sound) return sound.error();
  }
  if (options.kind == ProviderKind::kIot) return check_iot(options.iot);
  if (options.kind == ProviderKind::kProcess) {
    if (options.process_command.empty()) return base::stop_error("process: no command");
    if (const auto words = split_command(options.process_command); !words) {
      return base::stop_error("process: " + words.error().what);
    }
  }
  if (options.kind == ProviderKind::kInstanceMetadata && !options.allows_instance_metadata) {
    return base::stop_error("imds: chosen, but not allowed; on a cellular network its address may be anybody's");
  }
  return {};
}

std::unique_ptr<CredentialProvider> default_chain(const ProviderOptions& options, const Surroundings& surroundings) {
  std::vector<std::unique_ptr<OptionalProvider>> links;
  links.push_back(make_environment_provider(surroundings));
  links.push_back(make_web_identity_provider(options, surroundings));
  links.push_back(make_profile_provider(options, surroundings));
  links.push_back(make_container_provider(surroundings));
  links.push_back(make_imds_provider(options, surroundings));
  return make_chain(std::move(links));
}

std::unique_ptr<CredentialProvider> chosen(const ProviderOptions& options, const Surroundings& surroundings) {
  switch (options.kind) {
    case ProviderKind::kIot: return make_iot_provider(options, surroundings);
    case ProviderKind::kEnvironment: return make_environment_provider(surroundings);
    case ProviderKind::kProfile: return make_profile_provider(options, surroundings);
    case ProviderKind::kProcess: return make_process_provider(options);
    case ProviderKind::kWebIdentity: return make_web_identity_provider(options, surroundings);
    case ProviderKind::kContainer: return make_container_provider(surroundings);
    case ProviderKind::kInstanceMetadata: return make_imds_provider(options, surroundings);
    case ProviderKind::kDefault: break;
  }
  return default_chain(options, surroundings);
}

}  // namespace

std::optional<ProviderKind> provider_kind(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, ProviderKind>, 8> kKinds = {
      {{"default", ProviderKind::kDefault},
       {"iot", ProviderKind::kIot},
       {"environment", ProviderKind::kEnvironment},
       {"profile", ProviderKind::kProfile},
       {"process", ProviderKind::kProcess},
       {"web-identity", ProviderKind::kWebIdentity},
       {"container", ProviderKind::kContainer},
       {"imds", ProviderKind::kInstanceMetadata}}};
  for (const auto& [known, kind] : kKinds) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

base::Result<std::unique_ptr<CredentialProvider>> make_provider(const ProviderOptions& options,
                                                                const Surroundings& surroundings) {
  const auto sound = check(options);
  if (!sound) return sound.error();
  auto provider = chosen(options, surroundings);
  if (!options.role) return provider;
  return std::unique_ptr<CredentialProvider>(
      std::make_unique<RoleProvider>(std::move(provider), *options.role, StsClient(options, surroundings)));
}

}  // namespace odograph::aws
