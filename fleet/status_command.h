#pragma once

#include <iosfwd>
#include <optional>

#include "fleet/fleet_config.h"

namespace odograph::fleet {

inline constexpr char kStatusSocket[] = "/run/odograph/fleet.sock";

/// `odograph-fleet status`.
struct StatusCommand {
  std::optional<std::filesystem::path> socket;  ///< Else `status.socket` of the configuration, else kStatusSocket.
  ConfigSource source;
  enum class Format { kWords, kJson } format = Format::kWords;
};

/// Asks the processor on this machine how it is. `kRetry` if none answers.
base::Status run_status(const StatusCommand& command, std::ostream& out);

}  // namespace odograph::fleet
