#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "lib/aws/secret.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// Keys (lower case) and values of one profile.
using ProfileKeys = std::map<std::string, SecretString, std::less<>>;
/// Profiles by name.
using Profiles = std::map<std::string, ProfileKeys, std::less<>>;

/// How a file names its profiles.
enum class IniKind {
  kConfig,  ///< `[default]` and `[profile NAME]`; other sections (`[sso-session x]`, `[services x]`) are passed over.
  kCredentials,  ///< `[NAME]`.
};

constexpr std::size_t kIniBytesMax = 1024UL * 1024;
constexpr std::size_t kIniLineBytesMax = 32UL * 1024;

/// Reads AWS's shared config or credentials file.
///
/// Lines `key = value`; a comment is a line that begins with `#` or `;`, or what follows one of these after a blank.
/// Indented lines below a key without a value are its sub-keys and passed over. A profile may be continued in another
/// section of its name.
///
/// `kStop` with the number of the line, never its text, for what a person has to mend: a section without its `]`, a
/// line without `=`, a key before any section, a key twice in a profile, a line or file over its bound, a NUL.
///
/// Format: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
base::Result<Profiles> parse_ini(std::string_view text, IniKind kind);

}  // namespace odograph::aws
