#include "lib/service/systemd.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <system_error>

namespace odograph::service {
namespace {

base::Status notify(const std::string& state) {
  const int answer = ::sd_notify(0, state.c_str());
  if (answer >= 0) return {};
  return base::retry_error("notify the service manager of \"" + state.substr(0, state.find('\n')) +
                           "\": " + std::generic_category().message(-answer));
}

}  // namespace

base::Status Systemd::ready() const { return notify("READY=1"); }

base::Status Systemd::reloading() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

base::Status Systemd::stopping() const { return notify("STOPPING=1"); }

base::Status Systemd::status(std::string line) const {
  // A line break would begin another assignment.
  std::replace(line.begin(), line.end(), '\n', ' ');
  return notify("STATUS=" + line);
}

base::Status Systemd::watchdog() const { return notify("WATCHDOG=1"); }

std::optional<base::Millis> Systemd::watchdog_interval() const {
  std::uint64_t period_us = 0;
  if (::sd_watchdog_enabled(0, &period_us) <= 0) return std::nullopt;
  return base::Millis{std::max<std::int64_t>(static_cast<std::int64_t>(period_us / 2000), 1)};
}

}  // namespace odograph::service
