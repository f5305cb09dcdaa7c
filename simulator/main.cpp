#include <CLI/CLI.hpp>
#include <iostream>

#include "lib/cli/command_line.h"
#include "simulator/commands.h"

int main(int argc, char** argv) {
  CLI::App app("Odograph simulator: vehicles, their recordings, and the development broker");
  app.require_subcommand(1);
  odograph::simulator::Run run;
  odograph::simulator::add_broker_command(app, run);
  odograph::simulator::add_drive_command(app, run);
  odograph::simulator::add_vehicles_command(app, run);
  if (const auto code = odograph::cli::parse(app, argc, argv, {std::cout, std::cerr})) return *code;
  if (const auto status = run(); !status) {
    std::cerr << "odograph-sim: " << status.error().what << '\n';
    return 1;
  }
  return 0;
}
