#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/fleet_config.h"

namespace CLI {
class App;
}

namespace odograph::fleet {

/// What `odograph-fleet fences` is told.
struct FencesArguments {
  ConfigSource source;
  std::vector<std::filesystem::path> files;
  std::vector<std::string> ids;
  std::string valid_from;  ///< RFC 3339; empty: as soon as all processors can know.
  bool past = false;
  bool dry_run = false;
  bool json = false;
};

/// Adds the subcommand with its verbs put, list and remove.
void add_fences(CLI::App& app, FencesArguments& arguments);

/// Does what `verb` says; returns the exit code.
int fences_main(const FencesArguments& arguments, const std::string& verb);

}  // namespace odograph::fleet
