#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/aws/credentials.h"
#include "lib/aws/ini_file.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// A role to take on with the identity so far.
struct RoleStep {
  std::string role_arn;
  std::string session_name;  ///< Empty: `kSessionName`. Part of the principal that a broker sees, so keep it stable.
  std::string external_id;   ///< Empty: none.
  int duration_s = 3600;     ///< 900 to 43,200.
};
constexpr const char* kSessionName = "odograph";

/// A program that prints credentials.
struct ProcessSource {
  std::string command;  ///< As written in the profile: words, quotes, no shell.
};

/// A token in a file, for STS.
struct WebIdentitySource {
  std::string token_file;
  std::string role_arn;
  std::string session_name;  ///< Empty: `kSessionName`.
};

/// What a profile's `credential_source` may name.
enum class NamedSource { kEnvironment, kContainer, kInstanceMetadata };

/// What a profile comes to, without a question asked yet: where the first identity is from, and which roles follow.
struct ProfilePlan {
  std::variant<Credentials, ProcessSource, WebIdentitySource, NamedSource> base;
  std::vector<RoleStep> roles;  ///< In the order in which they are taken on.
  std::string region;           ///< Of the profile asked for; empty: none given.
};

constexpr std::size_t kProfileHopsMax = 5;

/// What both files hold.
struct SharedFiles {
  Profiles config;
  Profiles credentials;  ///< Its keys hold where both have one.
};

/// Follows `source_profile` from `name` on. In one profile `role_arn` comes before static keys, these before
/// `credential_process`; a profile may name itself as its source for its static keys.
///
/// Nothing if no profile of that name says anything about credentials. `kStop`, naming the profile and the key, for
/// half a configuration (an id without its secret, a role without a source or with two), a circle or more than
/// `kProfileHopsMax` profiles, and what is not supported (SSO, MFA).
base::Result<std::optional<ProfilePlan>> plan_profile(const SharedFiles& files, const std::string& name);

/// AWS's own rule for `RoleSessionName`: 2 to 64 of `[A-Za-z0-9_+=,.@-]`.
bool is_session_name(std::string_view text);
/// "arn:PARTITION:iam::ACCOUNT:role/..." of printable characters.
bool is_role_arn(std::string_view text);

}  // namespace odograph::aws
