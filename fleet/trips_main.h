#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/fleet_config.h"

namespace CLI {
class App;
}

namespace odograph::fleet {

/// What `odograph-fleet trips` is told.
struct TripsArguments {
  ConfigSource source;
  std::vector<std::filesystem::path> files;
  std::vector<std::string> trip_ids;
  std::vector<std::string> vehicle_ids;
  std::string vehicle_id;
  bool dry_run = false;
  bool json = false;
};

/// Adds the subcommand with its verbs put, list and cancel.
void add_trips(CLI::App& app, TripsArguments& arguments);

/// Does what `verb` says; returns the exit code.
int trips_main(const TripsArguments& arguments, const std::string& verb);

}  // namespace odograph::fleet
