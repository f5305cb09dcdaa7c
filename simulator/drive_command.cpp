#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "simulator/commands.h"
#include "simulator/vehicles/drive.h"

namespace odograph::simulator {
namespace {

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t seconds = 3'600;
  std::string start = "2026-03-01T08:00:00Z";
  double top_speed_kmh = 130;
};

base::Status print_drive(const Arguments& arguments) {
  const auto start = base::from_rfc3339(arguments.start);
  if (!start) {
    return base::stop_error(
        fmt::format("--start: expected a time such as 2026-03-01T08:00:00Z, found {}", arguments.start));
  }
  vehicles::Drive drive({.seed = arguments.seed, .start = *start, .top_speed_kmh = arguments.top_speed_kmh});
  for (std::uint64_t second = 0; second < arguments.seconds; ++second) {
    const std::string epoch = vehicles::to_nmea(drive.next());
    // Whoever reads may have had enough, as `head` does.
    if (std::fwrite(epoch.data(), 1, epoch.size(), stdout) != epoch.size()) return {};
  }
  return {};
}

}  // namespace

void add_drive_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("drive", "Print the NMEA log of a simulated drive at 1 Hz");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--seed", arguments->seed, "The same seed gives the same drive")->capture_default_str();
  command->add_option("--seconds", arguments->seconds, "How long it is")->capture_default_str();
  command->add_option("--start", arguments->start, "UTC of its first second")->capture_default_str();
  command->add_option("--top-speed", arguments->top_speed_kmh, "km/h on the fastest stretches")
      ->check(CLI::Range(10.0, 300.0))
      ->capture_default_str();
  command->callback([arguments, &run] { run = [arguments] { return print_drive(*arguments); }; });
}

}  // namespace odograph::simulator
