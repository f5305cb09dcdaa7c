#include <unistd.h>

#include <utility>
#include <variant>

#include "lib/aws/answer.h"
#include "lib/aws/guarded_file.h"
#include "lib/aws/ini_file.h"
#include "lib/aws/optional_provider.h"
#include "lib/aws/profile_plan.h"
#include "lib/aws/sts.h"

namespace odograph::aws {
namespace {

/// Where one of the two files is, and whether somebody said so.
struct FilePlace {
  std::string path;
  bool is_named = false;
};

/// True if some profile in the file holds what others must not read.
bool holds_secrets(const Profiles& profiles) {
  for (const auto& [name, keys] : profiles) {
    if (keys.contains("aws_secret_access_key") || keys.contains("aws_session_token")) return true;
  }
  return false;
}

/// AWS SDKs and Tools Reference Guide, "Shared config and credentials files", "Assume role credential provider".
class ProfileProvider final : public OptionalProvider {
 public:
  ProfileProvider(const ProviderOptions& options, const Surroundings& surroundings)
      : options_(options), surroundings_(surroundings) {}

  base::Result<std::optional<Credentials>> fetch_if_configured() override {
    std::string name = options_.profile;
    for (const char* variable : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
      if (name.empty()) name = surroundings_.environment(variable).value_or("");
    }
    const bool is_named = !name.empty();
    if (name.empty()) name = "default";
    const AnswerOrigin origin = {"profile", ""};
    auto files = read_files();
    if (!files) return named(files.error(), origin);
    auto plan = plan_profile(*files, name);
    if (!plan) return named(plan.error(), origin);
    if (!*plan) {
      if (!is_named) return std::optional<Credentials>{};
      return named(base::stop_error("profile '" + name + "' is not there or says nothing about credentials"), origin);
    }
    return carry_out(**plan, name);
  }

  std::string what_is_missing() const override {
    return "profile (no credentials for profile 'default' in the shared config and credentials files)";
  }

 private:
  FilePlace place(const char* variable, const char* in_home) const {
    if (const auto path = surroundings_.environment(variable)) return {*path, true};
    const auto home = surroundings_.environment("HOME");
    return {home ? *home + in_home : std::string{}, false};
  }

  static base::Result<Profiles> read_file(const FilePlace& place, IniKind kind) {
    const bool is_there = !place.path.empty() && ::access(place.path.c_str(), F_OK) == 0;
    if (!is_there && !place.is_named) return Profiles{};
    const auto text = read_guarded_file(place.path, kIniBytesMax, FileGuard::kNone);
    if (!text) return text.error();
    auto profiles = parse_ini(*text, kind);
    if (!profiles) return base::stop_error(place.path + ": " + profiles.error().what);
    if (!holds_secrets(*profiles)) return profiles;
    const auto guarded = read_guarded_file(place.path, kIniBytesMax, FileGuard::kOwnerOnly);
    if (!guarded) return guarded.error();
    return profiles;
  }

  base::Result<SharedFiles> read_files() const {
    auto config = read_file(place("AWS_CONFIG_FILE", "/.aws/config"), IniKind::kConfig);
    if (!config) return config.error();
    auto credentials = read_file(place("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"), IniKind::kCredentials);
    if (!credentials) return credentials.error();
    return SharedFiles{std::move(*config), std::move(*credentials)};
  }

  base::Result<Credentials> first_identity(const ProfilePlan& plan, const StsClient& sts, const std::string& name) {
    if (const auto* keys = std::get_if<Credentials>(&plan.base)) {
      Credentials made = *keys;
      made.source = "profile:" + name;
      return made;
    }
    if (const auto* process = std::get_if<ProcessSource>(&plan.base)) {
      ProviderOptions options = options_;
      options.process_command = process->command;
      return make_process_provider(options)->fetch();
    }
    if (const auto* source = std::get_if<WebIdentitySource>(&plan.base)) {
      return sts.assume_role_with_web_identity(*source);
    }
    switch (std::get<NamedSource>(plan.base)) {
      case NamedSource::kEnvironment: return make_environment_provider(surroundings_)->fetch();
      case NamedSource::kContainer: return make_container_provider(surroundings_)->fetch();
      case NamedSource::kInstanceMetadata: break;
    }
    return make_imds_provider(options_, surroundings_)->fetch();
  }

  base::Result<std::optional<Credentials>> carry_out(const ProfilePlan& plan, const std::string& name) {
    const AnswerOrigin origin = {"profile:" + name, ""};
    const StsClient sts(options_, surroundings_, plan.region);
    auto identity = first_identity(plan, sts, name);
    if (!identity) return named(identity.error(), origin);
    for (const RoleStep& step : plan.roles) {
      auto next = sts.assume_role(step, *identity);
      if (!next) return named(next.error(), origin);
      identity = std::move(next);
    }
    identity->source = "profile:" + name;
    return std::optional(std::move(*identity));
  }

  ProviderOptions options_;
  Surroundings surroundings_;
};

}  // namespace

std::unique_ptr<OptionalProvider> make_profile_provider(const ProviderOptions& options,
                                                        const Surroundings& surroundings) {
  return std::make_unique<ProfileProvider>(options, surroundings);
}

}  // namespace odograph::aws
