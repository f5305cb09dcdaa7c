#include "drivers/nmea/device.h"

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace odograph::nmea {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr int kKeepaliveIdleS = 30;
constexpr int kKeepaliveIntervalS = 10;
constexpr int kKeepaliveProbes = 3;

constexpr std::array<std::pair<std::int64_t, speed_t>, 9> kRates = {{{4800, B4800},
                                                                     {9600, B9600},
                                                                     {19200, B19200},
                                                                     {38400, B38400},
                                                                     {57600, B57600},
                                                                     {115200, B115200},
                                                                     {230400, B230400},
                                                                     {460800, B460800},
                                                                     {921600, B921600}}};

std::optional<speed_t> speed_of(std::int64_t baud) {
  for (const auto& [rate, speed] : kRates) {
    if (rate == baud) return speed;
  }
  return std::nullopt;
}

base::Error unknown_rate(std::int64_t baud) {
  std::string rates;
  for (const auto& [rate, speed] : kRates) rates += (rates.empty() ? "" : ", ") + std::to_string(rate);
  return base::stop_error("baud " + std::to_string(baud) + ": expected one of " + rates);
}

base::Error failed(const std::string& what, int error) {
  return base::retry_error(what + ": " + std::generic_category().message(error));
}

/// The group whose members may read the device, where that is what a person lacks; else nothing.
std::string group_that_may(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISCHR(info.st_mode) || (info.st_mode & S_IRGRP) == 0) return "";
  std::array<char, 4096> memory{};
  group entry{};
  group* found = nullptr;
  const int error = ::getgrgid_r(info.st_gid, &entry, memory.data(), memory.size(), &found);
  const std::string name = error == 0 && found != nullptr ? found->gr_name : std::to_string(info.st_gid);
  return " (members of the group " + name + " may)";
}

base::Status set_up_terminal(int fd, const std::string& path, speed_t speed) {
  termios settings{};
  if (tcgetattr(fd, &settings) != 0) return failed("read the settings of " + path, errno);
  cfmakeraw(&settings);
  settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB | CSTOPB | CRTSCTS);
  settings.c_cflag |= CS8 | CREAD | CLOCAL;
  settings.c_iflag &= ~static_cast<tcflag_t>(IXOFF | IXANY | INPCK);
  // With VMIN 1 "nothing there" is EAGAIN; a 0 from read can only be a hang-up.
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  if (cfsetispeed(&settings, speed) != 0 || cfsetospeed(&settings, speed) != 0)
    return failed("set baud of " + path, errno);
  if (tcsetattr(fd, TCSANOW, &settings) != 0) return failed("set up " + path, errno);
  // Not every terminal can be taken exclusively; sharing one is no reason not to read it.
  static_cast<void>(ioctl(fd, TIOCEXCL));
  return {};
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// The address that this attempt is for.
const addrinfo& pick(const addrinfo& list, unsigned attempt) {
  unsigned count = 0;
  for (const addrinfo* entry = &list; entry != nullptr; entry = entry->ai_next) ++count;
  const addrinfo* picked = &list;
  for (unsigned skip = attempt % count; skip != 0; --skip) picked = picked->ai_next;
  return *picked;
}

/// A receiver that lost its power does not close the connection; the kernel has to find out.
void set_keepalive(int fd) {
  const std::array<std::array<int, 3>, 4> options = {{{SOL_SOCKET, SO_KEEPALIVE, 1},
                                                      {IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleS},
                                                      {IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalS},
                                                      {IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes}}};
  for (const auto& [level, name, value] : options) {
    static_cast<void>(setsockopt(fd, level, name, &value, sizeof value));
  }
}

}  // namespace

base::Result<DeviceAddress> parse_device(std::string_view device) {
  if (device.empty()) return base::stop_error("device \"\": expected a path or tcp://host:port");
  if (!device.starts_with(kTcp)) {
    if (device.find("://") != std::string_view::npos) {
      return base::stop_error("device \"" + std::string(device) + "\": expected a path or tcp://host:port");
    }
    return DeviceAddress{std::string(device), "", ""};
  }
  const std::string_view rest = device.substr(kTcp.size());
  const std::size_t colon = rest.rfind(':');
  std::string_view host = rest.substr(0, colon == std::string_view::npos ? 0 : colon);
  const std::string_view service = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  int port = 0;
  const auto [end, error] = std::from_chars(service.data(), service.data() + service.size(), port);
  const bool whole = error == std::errc{} && end == service.data() + service.size();
  const bool odd_host = host.empty() || (!bracketed && host.find_first_of("[]:/") != std::string_view::npos);
  if (odd_host || !whole || port < 1 || port > 65'535) {
    return base::stop_error("device \"" + std::string(device) +
                            "\": expected tcp://host:port with a port from 1 to 65535");
  }
  return DeviceAddress{"", std::string(host), std::string(service)};
}

base::Status check_baud_rate(std::int64_t baud) {
  return speed_of(baud) ? base::Status{} : base::Status{unknown_rate(baud)};
}

base::Result<base::UniqueFd> open_path(const std::string& path, std::int64_t baud) {
  const auto speed = speed_of(baud);
  if (!speed) return unknown_rate(baud);
  base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) {
    const int why = errno;
    auto error = failed("open " + path, why);
    if (why == EACCES) error.what += group_that_may(path);
    return error;
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && S_ISDIR(info.st_mode)) return failed("open " + path, EISDIR);
  if (::isatty(fd.get()) == 1) {
    if (const base::Status status = set_up_terminal(fd.get(), path, *speed); !status) return status.error();
  }
  return fd;
}

base::Result<base::UniqueFd> open_tcp(const DeviceAddress& address, unsigned attempt) {
  const std::string what = "connect to " + address.host + " port " + address.service;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int refused = getaddrinfo(address.host.c_str(), address.service.c_str(), &hints, &list);
  const Addresses owner(list);
  if (refused != 0 || list == nullptr) return base::retry_error(what + ": " + gai_strerror(refused));
  const addrinfo& target = pick(*list, attempt);
  base::UniqueFd fd(::socket(target.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, target.ai_protocol));
  if (!fd) return failed(what, errno);
  set_keepalive(fd.get());
  if (::connect(fd.get(), target.ai_addr, target.ai_addrlen) != 0 && errno != EINPROGRESS) return failed(what, errno);
  return fd;
}

}  // namespace odograph::nmea
