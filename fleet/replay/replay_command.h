#pragma once

#include <filesystem>
#include <iosfwd>

#include "lib/base/result.h"

namespace odograph::replay {

/// `odograph-fleet eta-replay`; docs/eta.md has the formats. Empty paths are not given.
struct ReplayCommand {
  std::filesystem::path trips;
  std::filesystem::path positions;  ///< A file, not a pipe: it is read twice.
  std::filesystem::path profile;    ///< What was learnt before; else nothing is.
  std::filesystem::path learn;      ///< Gets what is known at the end; written whole or not at all.
};

/// Checks both files whole, then prints predictions to `out`, a JSON object a line, and the counts to `log`. Nothing is
/// printed if a line of a file is wrong: the error has one line for each.
base::Status run(const ReplayCommand& command, std::ostream& out, std::ostream& log);

}  // namespace odograph::replay
