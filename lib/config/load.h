#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/schema.h"
#include "lib/config/values.h"

namespace odograph::config {

inline constexpr std::size_t kFileBytesMax = 1 << 20;
inline constexpr std::size_t kProblemsMax = 50;

struct File {
  std::string name;  ///< As problems and origins name it.
  std::string text;
};

/// The file that was `asked` for (`kStop` if it cannot be read), else `fallback` where it exists, else nothing: the
/// defaults hold. `kStop` for a file that cannot be read, is no file, or is larger than `kFileBytesMax`.
base::Result<std::optional<File>> read_file(const std::optional<std::filesystem::path>& asked,
                                            const std::filesystem::path& fallback);

/// The outcome of a load: values, or everything that is wrong.
struct Loaded {
  std::optional<Values> values;  ///< Present exactly when there is no problem.
  /// One line each, in the order of the file, then `--set`, then what is missing:
  /// `agent.toml:12:10: kafka.linger: expected a duration such as "20ms" ..., found the integer 20`.
  std::vector<std::string> problems;
  std::size_t problems_left_out = 0;  ///< Beyond `kProblemsMax`.
};

/// Validates the whole of `file` and of `overrides`, which win over it, against `schema`.
///
/// `overrides`: "KEY=VALUE", the value as TOML, or bare where the option is text, path, duration or bytes. Items of
/// groups by their number, "source.0.device=/dev/ttyUSB0"; the number after the last one adds an item. A whole group
/// can be replaced: `zone=[]`. Of several for one key the last holds.
Loaded load(const Schema& schema, const std::optional<File>& file, const std::vector<std::string>& overrides);

}  // namespace odograph::config
