#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/options.h"
#include "agent/outbox/commit_report.h"
#include "lib/base/result.h"
#include "lib/config/load.h"

namespace odograph::agent {

/// Read by every subcommand with a configuration, unless it is given another.
inline constexpr const char* kConfigFile = "/etc/odograph/agent.toml";

/// What every subcommand with a configuration takes.
struct ConfigArguments {
  std::optional<std::filesystem::path> file;  ///< --config; without it /etc/odograph/agent.toml where it exists.
  std::vector<std::string> overrides;         ///< --set KEY=VALUE
};

/// The configuration, or every problem with it, a line each.
base::Result<config::Values> load_values(const ConfigArguments& arguments, Purpose purpose);

/// What is sound but can hardly be meant, a line each: an agent without a source, a region
/// that is not the brokers', a limit for the flash that cannot be kept. `values`: for Purpose::kRun.
std::vector<std::string> doubts(const config::Values& values);

/// The commit report on descriptor `fd`; none without one. `kStop` if it cannot be written there.
base::Result<std::shared_ptr<outbox::CommitReport>> open_commit_report(std::optional<int> fd);

}  // namespace odograph::agent
