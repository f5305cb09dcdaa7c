#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace odograph::aws {

/// What tells one writing of a file from the next one, without reading it.
struct FileMark {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_ns = 0;  ///< ctime, which no program sets: also a rename and a chmod move it.
  friend bool operator==(const FileMark&, const FileMark&) = default;
};
/// Nothing if there is no such file, or none that may be looked at.
std::optional<FileMark> mark_of(const std::string& path);

/// Whether `certificate_file` (PEM, with its chain) and `key_file` (PEM, without a passphrase) are whole and belong
/// together: what a client can be made of. Of who may read the key nothing is said. `kStop` naming the file.
base::Status check_pem_pair(const std::string& certificate_file, const std::string& key_file);

/// Whether at least one authority can be read from `ca_file`, and every block of it. `kStop` naming the file.
base::Status check_pem_authorities(const std::string& ca_file);

}  // namespace odograph::aws
