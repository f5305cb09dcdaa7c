#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace odograph::nmea {

/// Where the sentences come from.
struct DeviceAddress {
  std::string path;     ///< A serial port, a pty, a FIFO or a file; empty for TCP.
  std::string host;     ///< Name or address, IPv6 without its brackets.
  std::string service;  ///< Port number, 1..65535.
};

/// Reads `/dev/ttyUSB0` or `tcp://host:port` (`tcp://[2001:db8::1]:port`). `kStop` if it is neither.
base::Result<DeviceAddress> parse_device(std::string_view device);

/// `kStop` with the rates that there are, 4800 to 921600, if `baud` is none of those that termios names.
base::Status check_baud_rate(std::int64_t baud);

/// Opens a path for reading: non-blocking, never as the controlling terminal. A terminal is made raw, 8 data bits, no
/// parity, 1 stop bit, without modem control, at `baud`, and taken for this process alone where the kernel can do that.
/// `kRetry` if it cannot be had now (unplugged, busy, no permission yet, a directory).
base::Result<base::UniqueFd> open_path(const std::string& path, std::int64_t baud);

/// Begins a TCP connection without waiting for it: reading from the descriptor tells how it went. A name with several
/// addresses is tried one address a call, `attempt` counts the calls. Resolving a name may wait for the resolver, an
/// address does not. `kRetry` if there is no such name now, or no route.
base::Result<base::UniqueFd> open_tcp(const DeviceAddress& address, unsigned attempt);

}  // namespace odograph::nmea
