#include <fmt/format.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "simulator/commands.h"
#include "simulator/stop_signals.h"
#include "simulator/vehicles/drive.h"

namespace odograph::simulator {
namespace {

struct Arguments {
  unsigned count = 3;
  std::uint64_t seed = 1;
  std::string directory;
  double top_speed_kmh = 130;
  std::uint64_t skip_s = 0;
};

/// A receiver on a pseudo terminal; the other end stays open here, so that a reader may come and go.
struct Receiver {
  base::UniqueFd ours;
  base::UniqueFd theirs;
  vehicles::Drive drive;
};

base::Result<Receiver> make_receiver(const Arguments& arguments, unsigned index) {
  int ours = -1;
  int theirs = -1;
  if (::openpty(&ours, &theirs, nullptr, nullptr, nullptr) != 0) {
    return base::stop_error(fmt::format("open a pseudo terminal: {}", std::strerror(errno)));
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  Receiver receiver{base::UniqueFd(ours), base::UniqueFd(theirs),
                    vehicles::Drive({.seed = arguments.seed + index,
                                     .start = now - std::chrono::seconds{arguments.skip_s},
                                     .origin = {473'800'000 + static_cast<std::int32_t>(index) * 200'000, 85'400'000},
                                     .top_speed_kmh = arguments.top_speed_kmh,
                                     .tunnels_per_hour = 0})};
  for (std::uint64_t second = 0; second < arguments.skip_s; ++second) static_cast<void>(receiver.drive.next());
  termios raw{};
  ::tcgetattr(theirs, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(theirs, TCSANOW, &raw);

  const auto link = std::filesystem::path(arguments.directory) / fmt::format("vehicle-{}", index + 1);
  std::error_code error;
  std::filesystem::create_directories(arguments.directory, error);
  std::filesystem::remove(link, error);
  std::filesystem::create_symlink(::ttyname(theirs), link, error);
  if (error) return base::stop_error(fmt::format("link {}: {}", link.string(), error.message()));
  std::cout << link.string() << std::endl;
  return receiver;
}

/// Nobody reads: what the terminal does not take is gone, as with a real receiver.
void write_epoch(const Receiver& receiver, const std::string& epoch) {
  pollfd room{receiver.ours.get(), POLLOUT, 0};
  if (::poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) != 0) {
    [[maybe_unused]] const ssize_t written = ::write(receiver.ours.get(), epoch.data(), epoch.size());
  }
  if (room.revents == 0) ::tcflush(receiver.theirs.get(), TCIFLUSH);
}

base::Status drive_vehicles(const Arguments& arguments) {
  const base::UniqueFd stop = stop_on_signals();
  if (!stop) return base::stop_error("cannot wait for signals");
  std::vector<Receiver> receivers;
  for (unsigned index = 0; index < arguments.count; ++index) {
    auto receiver = make_receiver(arguments, index);
    if (!receiver) return receiver.error();
    receivers.push_back(std::move(*receiver));
  }
  auto next = std::chrono::steady_clock::now();
  while (true) {
    next += std::chrono::seconds{1};
    for (auto& receiver : receivers) write_epoch(receiver, vehicles::to_nmea(receiver.drive.next()));
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
    pollfd stopped{stop.get(), POLLIN, 0};
    if (::poll(&stopped, 1, std::max(0, static_cast<int>(wait.count()))) == 1) return {};
  }
}

}  // namespace

void add_vehicles_command(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("vehicles", "Drive vehicles in real time, each with a GPS receiver on a pseudo terminal");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--count", arguments->count, "How many")->check(CLI::Range(1U, 200U))->capture_default_str();
  command->add_option("--seed", arguments->seed, "Of the first; the others count on from it")->capture_default_str();
  command->add_option("--directory", arguments->directory, "Gets the links vehicle-1, vehicle-2, ... to the terminals")
      ->required();
  command->add_option("--top-speed", arguments->top_speed_kmh, "km/h on the fastest stretches")
      ->check(CLI::Range(10.0, 300.0))
      ->capture_default_str();
  command->add_option("--skip", arguments->skip_s, "Begin this many seconds into the drive")->capture_default_str();
  command->callback([arguments, &run] { run = [arguments] { return drive_vehicles(*arguments); }; });
}

}  // namespace odograph::simulator
