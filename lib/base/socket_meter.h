#pragma once

#include <cstdint>
#include <map>
#include <mutex>

namespace odograph::base {

/// What went over TCP connections, as the kernel counted it.
struct TcpBytes {
  std::uint64_t sent = 0;      ///< Payload, with what TCP had to send again.
  std::uint64_t received = 0;  ///< Payload.
  /// About what its headers take: kIp4HeaderBytes or kIp6HeaderBytes a segment of either direction, so that pure
  /// acknowledgements count.
  std::uint64_t headers = 0;
  std::uint64_t connections = 0;  ///< Begun, whether or not they came about.

  std::uint64_t total() const { return sent + received + headers; }
  TcpBytes& operator+=(const TcpBytes& more);
  friend bool operator==(const TcpBytes&, const TcpBytes&) = default;
};

/// IP header and TCP header with timestamps, which Linux uses unless told otherwise.
inline constexpr std::uint64_t kIp4HeaderBytes = 20 + 32;
inline constexpr std::uint64_t kIp6HeaderBytes = 40 + 32;

/// Counts what goes over the sockets that it opened, by the kernel's TCP_INFO (Linux 4.19 or newer; tcp(7)). What
/// follows a close is not counted: two segments, and what was not sent yet. Nor are name look-ups. Any thread.
class SocketMeter {
 public:
  /// As socket(2), and close-on-exec.
  int open(int domain, int type, int protocol);
  /// As close(2), also for sockets that it did not open.
  int close(int fd);
  /// Of all of them since the start.
  TcpBytes count() const;

 private:
  mutable std::mutex mutex_;
  std::map<int, std::uint64_t> open_;  ///< Header bytes a segment.
  TcpBytes closed_;
};

}  // namespace odograph::base
