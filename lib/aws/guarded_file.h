#pragma once

#include <cstddef>
#include <string>

#include "lib/aws/secret.h"
#include "lib/base/result.h"

namespace odograph::aws {

/// Who may read a file that is read here.
enum class FileGuard {
  kNone,       ///< Whoever: it holds no long-lived secret.
  kOwnerOnly,  ///< This process's user alone, or root and a group that root chose (0640); nobody else writes it.
};

constexpr std::size_t kKeyFileBytesMax = 64UL * 1024;

/// The rule behind `kOwnerOnly`, the one that PostgreSQL has for its server key: owned by `process_uid` without any
/// permission for group and others, or owned by root with at most read for the group. A process of root reads files of
/// any owner, by the first rule. `kStop` with the command that mends it.
base::Status check_guard(const std::string& path, unsigned mode, unsigned owner_uid, unsigned process_uid);

/// The whole file. `kStop` if it is missing, not a regular file, larger than `bytes_max`, or open to others
/// against `guard`; `kRetry` if reading fails on the way.
base::Result<SecretString> read_guarded_file(const std::string& path, std::size_t bytes_max, FileGuard guard);

}  // namespace odograph::aws
