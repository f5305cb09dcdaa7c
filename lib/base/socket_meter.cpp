#include "lib/base/socket_meter.h"

// The kernel's own header: glibc's netinet/tcp.h has an older tcp_info, without the bytes.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace odograph::base {
namespace {

/// Nothing of what is no TCP socket.
TcpBytes told(int fd, std::uint64_t header_bytes) {
  tcp_info info{};
  socklen_t size = sizeof info;
  TcpBytes bytes;
  bytes.connections = 1;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return bytes;
  bytes.sent = info.tcpi_bytes_sent;
  bytes.received = info.tcpi_bytes_received;
  bytes.headers = header_bytes * (std::uint64_t{info.tcpi_segs_out} + info.tcpi_segs_in);
  return bytes;
}

}  // namespace

TcpBytes& TcpBytes::operator+=(const TcpBytes& more) {
  sent += more.sent;
  received += more.received;
  headers += more.headers;
  connections += more.connections;
  return *this;
}

int SocketMeter::open(int domain, int type, int protocol) {
  const int fd = ::socket(domain, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) return fd;
  const std::lock_guard lock{mutex_};
  open_[fd] = domain == AF_INET6 ? kIp6HeaderBytes : kIp4HeaderBytes;
  return fd;
}

int SocketMeter::close(int fd) {
  const std::lock_guard lock{mutex_};
  if (const auto found = open_.find(fd); found != open_.end()) {
    closed_ += told(fd, found->second);
    open_.erase(found);
  }
  // Within the lock, since the next socket may get the same number.
  return ::close(fd);
}

TcpBytes SocketMeter::count() const {
  const std::lock_guard lock{mutex_};
  TcpBytes all = closed_;
  for (const auto& [fd, header_bytes] : open_) all += told(fd, header_bytes);
  return all;
}

}  // namespace odograph::base
