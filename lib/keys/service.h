#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/config/schema.h"

namespace odograph::keys {

/// metrics.enabled, and metrics.port with `port` as its default.
std::vector<config::OptionSpec> metrics_options(std::string port);

/// log.level, in the words of service::parse_log_level.
config::OptionSpec log_level_option();

/// `key` with what base::is_vehicle_id takes: who a vehicle or a zone is.
config::OptionSpec id_option(std::string key, std::string doc, std::string example);

/// True for what a unix address holds: 1 to 107 bytes.
bool is_socket_path(std::string_view path);

}  // namespace odograph::keys
