#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fleet/process/connect.h"
#include "fleet/process/pipeline.h"
#include "lib/base/result.h"
#include "lib/config/schema.h"
#include "lib/config/values.h"
#include "lib/kafka/security.h"
#include "lib/rules/rule_book.h"
#include "lib/service/log.h"

namespace odograph::fleet {

inline constexpr char kConfigFile[] = "/etc/odograph/fleet.toml";

/// Everything that fleet.toml may hold.
const config::Schema& schema();

/// Where the configuration comes from: the command line.
struct ConfigSource {
  std::optional<std::filesystem::path> file;  ///< Else kConfigFile where it exists.
  std::vector<std::string> overrides;         ///< KEY=VALUE
  std::string brokers;                        ///< "host:port,host:port"; empty: the file's.
};

/// `kStop` with everything that is wrong, one line each.
base::Result<config::Values> load_config(const ConfigSource& source);

/// What the processor would do with it, in one sentence without its full stop.
std::string in_words(const config::Values& values);

/// What `odograph-fleet process` needs.
struct ProcessSettings {
  process::PipelineOptions pipeline;
  process::ConnectOptions connect;
  bool arrivals = true;               ///< Trips are followed; the pipeline reads their tables.
  bool fences = true;                 ///< Of geofences-topic; the pipeline reads it.
  rules::RuleBookConfig alert_rules;  ///< All but overspeed.
  base::Millis summary_interval{};
  service::LogLevel log_level = service::LogLevel::kInfo;
  std::optional<std::filesystem::path> status_socket;
  std::optional<std::uint16_t> metrics_port;

  /// Lines for CloudWatch.
  struct Emf {
    std::optional<std::filesystem::path> file;  ///< Else standard output.
    base::Millis interval{};
    std::string name_space;
  };
  std::optional<Emf> emf;
};

/// How every client of the fleet gets through to the brokers: with one source of tokens for all of them.
base::Result<kafka::Security> security(const config::Values& values);

/// What [rules] says of overspeed that comes and goes.
alerts::OverspeedGuard overspeed_guard(const config::Values& values);

/// `kStop` if the rules make no sense together, or a vehicle's limit does not.
base::Result<ProcessSettings> process_settings(const config::Values& values);

}  // namespace odograph::fleet
