#include "fleet/config_options.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "lib/cli/command_line.h"

namespace odograph::fleet {

void add_config_options(CLI::App& command, ConfigSource& source) {
  command.add_option("--config", source.file, "Configuration file; else " + std::string(kConfigFile));
  command.add_option("--set", source.overrides, "KEY=VALUE: as in the file, but stronger")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--brokers", source.brokers, "host:port[,host:port]; stands for kafka.brokers");
}

int fail(const base::Error& error) {
  std::cerr << cli::error_text("odograph-fleet", error.what);
  return 1;
}

}  // namespace odograph::fleet
