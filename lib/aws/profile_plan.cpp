#include "lib/aws/profile_plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "lib/aws/answer.h"

namespace odograph::aws {
namespace {

/// One profile out of both files, and how it is called in errors.
class Profile {
 public:
  Profile(const SharedFiles& files, const std::string& name) : name_(name) {
    const auto in_config = files.config.find(name);
    const auto in_credentials = files.credentials.find(name);
    exists_ = in_config != files.config.end() || in_credentials != files.credentials.end();
    if (in_credentials != files.credentials.end()) keys_ = in_credentials->second;
    // `insert` leaves what is there: the credentials file goes first.
    if (in_config != files.config.end()) keys_.insert(in_config->second.begin(), in_config->second.end());
  }

  bool exists() const { return exists_; }
  const std::string& name() const { return name_; }
  /// Empty if it is not there: an empty value says nothing either.
  std::string text(std::string_view key) const {
    const auto found = keys_.find(key);
    return found == keys_.end() ? std::string{} : std::string(found->second);
  }
  bool has(std::string_view key) const { return !text(key).empty(); }
  base::Error flaw(const std::string& what) const {
    return base::stop_error("profile '" + printable(name_) + "': " + what);
  }

 private:
  std::string name_;
  ProfileKeys keys_;
  bool exists_ = false;
};

std::optional<base::Error> refuse_unsupported(const Profile& profile) {
  for (const char* key : {"sso_session", "sso_start_url"}) {
    if (!profile.has(key)) continue;
    return profile.flaw(
        std::string(key) +
        " is not supported; credential_process = aws configure export-credentials --profile NAME does it");
  }
  if (profile.has("mfa_serial")) return profile.flaw("mfa_serial is not supported: nobody is there to type a code");
  return std::nullopt;
}

base::Result<RoleStep> role_of(const Profile& profile) {
  RoleStep step{profile.text("role_arn"), profile.text("role_session_name"), profile.text("external_id")};
  if (!is_role_arn(step.role_arn)) return profile.flaw("role_arn is not like arn:aws:iam::123456789012:role/NAME");
  if (!step.session_name.empty() && !is_session_name(step.session_name)) {
    return profile.flaw("role_session_name is not 2 to 64 letters, digits and _+=,.@-");
  }
  const std::string duration = profile.text("duration_seconds");
  if (!duration.empty()) {
    const char* const end = duration.data() + duration.size();
    const auto [at, error] = std::from_chars(duration.data(), end, step.duration_s);
    if (error != std::errc{} || at != end || step.duration_s < 900 || step.duration_s > 43'200) {
      return profile.flaw("duration_seconds is not 900 to 43200");
    }
  }
  return step;
}

base::Result<std::optional<NamedSource>> named_source(const Profile& profile) {
  const std::string name = profile.text("credential_source");
  if (name.empty()) return std::optional<NamedSource>{};
  if (name == "Environment") return std::optional(NamedSource::kEnvironment);
  if (name == "EcsContainer") return std::optional(NamedSource::kContainer);
  if (name == "Ec2InstanceMetadata") return std::optional(NamedSource::kInstanceMetadata);
  return profile.flaw("credential_source is not Environment, EcsContainer or Ec2InstanceMetadata");
}

base::Result<std::optional<Credentials>> static_keys(const Profile& profile) {
  const bool has_id = profile.has("aws_access_key_id");
  const bool has_secret = profile.has("aws_secret_access_key");
  if (!has_id && !has_secret) {
    if (profile.has("aws_session_token")) return profile.flaw("aws_session_token without its keys");
    return std::optional<Credentials>{};
  }
  if (!has_secret) return profile.flaw("aws_access_key_id without aws_secret_access_key");
  if (!has_id) return profile.flaw("aws_secret_access_key without aws_access_key_id");
  Credentials keys;
  keys.access_key_id = profile.text("aws_access_key_id");
  keys.secret_access_key = profile.text("aws_secret_access_key");
  keys.session_token = profile.text("aws_session_token");
  const auto sound = check_keys(keys);
  if (!sound) return profile.flaw(sound.error().what);
  return std::optional(keys);
}

/// Walks from profile to profile, noting roles, until one gives a first identity.
class Walk {
 public:
  explicit Walk(const SharedFiles& files) : files_(files) {}

  base::Result<std::optional<ProfilePlan>> from(const std::string& name) {
    std::string next = name;
    while (true) {
      const Profile profile(files_, next);
      if (!profile.exists() && !seen_.empty()) return profile.flaw("named as a source_profile, but there is none");
      const bool is_again = !seen_.insert(next).second;
      if (seen_.size() > kProfileHopsMax) return profile.flaw("more profiles in a row than are followed");
      if (auto error = refuse_unsupported(profile)) return *error;
      if (plan_.region.empty()) plan_.region = profile.text("region");
      const auto follow = profile.has("role_arn") ? role(profile, is_again) : base_of(profile);
      if (!follow) return follow.error();
      if (follow->empty()) break;
      next = *follow;
    }
    if (!has_base_) return std::optional<ProfilePlan>{};
    std::reverse(plan_.roles.begin(), plan_.roles.end());
    return std::optional(std::move(plan_));
  }

 private:
  /// The profile to follow; empty if the plan is complete.
  base::Result<std::string> role(const Profile& profile, bool is_again) {
    // A profile that is its own source means its static keys; any other way back is a circle.
    if (is_again) return last_ == profile.name() ? base_of(profile) : profile.flaw("source_profile goes in a circle");
    last_ = profile.name();
    const auto step = role_of(profile);
    if (!step) return step.error();
    const auto named = named_source(profile);
    if (!named) return named.error();
    const std::string source = profile.text("source_profile");
    const std::string token_file = profile.text("web_identity_token_file");
    const int sources = (source.empty() ? 0 : 1) + (*named ? 1 : 0) + (token_file.empty() ? 0 : 1);
    if (sources != 1) {
      return profile.flaw(std::string("role_arn needs one of source_profile, credential_source and ") +
                          "web_identity_token_file, there are " + (sources == 0 ? "none" : "more"));
    }
    if (!token_file.empty()) return finish(WebIdentitySource{token_file, step->role_arn, step->session_name});
    plan_.roles.push_back(*step);
    if (*named) return finish(**named);
    return source;
  }

  base::Result<std::string> base_of(const Profile& profile) {
    const auto keys = static_keys(profile);
    if (!keys) return keys.error();
    if (*keys) return finish(**keys);
    if (profile.has("credential_process")) return finish(ProcessSource{profile.text("credential_process")});
    if (!plan_.roles.empty()) return profile.flaw("named as a source_profile, but says nothing about credentials");
    return std::string{};
  }

  template <class Source>
  base::Result<std::string> finish(Source source) {
    plan_.base = std::move(source);
    has_base_ = true;
    return std::string{};
  }

  const SharedFiles& files_;
  ProfilePlan plan_;
  std::set<std::string, std::less<>> seen_;
  std::string last_;
  bool has_base_ = false;
};

}  // namespace

bool is_session_name(std::string_view text) {
  return text.size() >= 2 && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char one) {
           return (one >= 'A' && one <= 'Z') || (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') ||
                  std::string_view("_+=,.@-").find(one) != std::string_view::npos;
         });
}

bool is_role_arn(std::string_view text) {
  const std::size_t iam = text.find(":iam::");
  return text.size() <= 2048 && text.substr(0, 4) == "arn:" && iam != std::string_view::npos && iam > 4 &&
         text.find(":role/", iam) != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char one) { return one > 0x20 && one < 0x7F; });
}

base::Result<std::optional<ProfilePlan>> plan_profile(const SharedFiles& files, const std::string& name) {
  return Walk(files).from(name);
}

}  // namespace odograph::aws
