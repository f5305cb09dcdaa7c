#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "lib/aws/secret.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// Who may read a file that is read here.
enum class FileGuard {
  kNone,       ///< Whoever: it holds no long-lived secret.
  kOwnerOnly,  ///< This process's user or root, who may let a group read it; nobody else writes it.
};

constexpr std::size_t kKeyFileBytesMax = 64UL * 1024;

/// The rule behind `kOwnerOnly`: owned by `process_uid` or root, with at most read for the group and nothing for
/// others. `kStop` with the command that mends it.
base::Status check_guard(const std::string& path, unsigned mode, unsigned owner_uid, unsigned process_uid);

/// The same of the file as it is, for this process, before somebody else reads it. `kStop` also if there is none, or no
/// regular one.
base::Status check_key_file(const std::string& path);

/// The file that holds a key named by its path or by a URI: "/k.pem", "file:/k.pem", "file:///k.pem". Nothing for a URI
/// of another scheme; its host, if it has one, is taken for this machine, as OpenSSL does.
std::optional<std::string> key_file_of(const std::string& key);

/// The whole file. `kStop` if it is missing, not a regular file, larger than `bytes_max`, or open to others
/// against `guard`; `kRetry` if reading fails on the way.
base::Result<SecretString> read_guarded_file(const std::string& path, std::size_t bytes_max, FileGuard guard);

}  // namespace odograph::aws
