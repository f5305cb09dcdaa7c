#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::service {

/// Tells the service manager how we are (sd_notify(3), NOTIFY_SOCKET); does nothing where there is none. One thread.
/// `kRetry` if the manager could not be told; worth a line in the log, nothing else.
class Systemd {
 public:
  base::Status ready() const;
  /// SIGHUP was taken; `ready` ends it. Carries MONOTONIC_USEC, as Type=notify-reload wants.
  base::Status reloading() const;
  base::Status stopping() const;
  /// One line for `systemctl status`; line breaks become blanks.
  base::Status status(std::string line) const;
  /// Still alive; to be sent every `watchdog_interval`.
  base::Status watchdog() const;

  /// Half of WatchdogSec, as sd_watchdog_enabled(3) advises; nothing if the manager does not watch this process.
  std::optional<base::Millis> watchdog_interval() const;
};

}  // namespace odograph::service
