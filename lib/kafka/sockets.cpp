#include "lib/kafka/sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace odograph::kafka {

namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

/// A connection on which nothing goes is looked after: later than the metadata that librdkafka asks for every 5 min, so
/// that it costs nothing where those go. Of a host that vanished the kernel hears within these and the answer's time.
constexpr int kIdleS = 330;
constexpr int kProbeEveryS = 20;
/// The first SYN and two more: 7 s. Slower links are no use, and the tries of a fleet do not pile up in front of a
/// network that is away.
constexpr int kSynsAgain = 2;

void set(int fd, int option, int value) {
  // Of no harm if the kernel has no such option: librdkafka's own time-outs are there.
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value));
}

std::optional<tcp_info> info_of(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info;
}

/// What the kernel knows of a connection, or a try, that is about to be closed. Nothing of ours is asked: who speaks
/// TLS to a portal closes as well as who was refused.
Failure failure_of(const tcp_info& info, milliseconds answer_timeout) {
  switch (info.tcpi_state) {
    case TCP_SYN_SENT: return Failure::kSilent;
    // Refused, reset, or given up by the kernel after it had sent again and again.
    case TCP_CLOSE: return info.tcpi_backoff > 0 ? Failure::kSilent : Failure::kAnswered;
    // We close it: because of what came, or because nothing came.
    case TCP_ESTABLISHED:
      return milliseconds{info.tcpi_last_data_recv} * 2 >= answer_timeout ? Failure::kSilent : Failure::kAnswered;
    default: return Failure::kAnswered;
  }
}

}  // namespace

std::string address_of(std::string_view broker) {
  if (const auto scheme = broker.find("://"); scheme != std::string_view::npos) broker.remove_prefix(scheme + 3);
  return std::string{broker.substr(0, broker.find('/'))};
}

bool is_held_back(std::string_view text) {
  static const std::string kConnect = std::strerror(ECANCELED);
  static const std::string kResolve = ::gai_strerror(EAI_CANCELED);
  return text.find(kConnect) != std::string_view::npos || text.find(kResolve) != std::string_view::npos;
}

int Sockets::open(int domain, int type, int protocol) {
  if (options_.meter) return options_.meter->open(domain, type, protocol);
  return ::socket(domain, type | SOCK_CLOEXEC, protocol);
}

void Sockets::bound_silence(int fd) const {
  set(fd, TCP_USER_TIMEOUT, static_cast<int>(options_.answer_timeout.count()));
  set(fd, TCP_KEEPIDLE, kIdleS);
  set(fd, TCP_KEEPINTVL, kProbeEveryS);
  set(fd, TCP_SYNCNT, kSynsAgain);
}

void Sockets::tell_connected() {
  const std::lock_guard lock{mutex_};
  for (const auto& [fd, open] : open_) {
    const auto info = info_of(fd);
    if (info && info->tcpi_state == TCP_ESTABLISHED) options_.gate->connected(open.broker);
  }
}

int Sockets::connect(int fd, const sockaddr* address, socklen_t size, std::string_view broker) {
  const std::string name = address_of(broker);
  if (options_.gate) {
    tell_connected();
    if (!options_.gate->enter(name, Steady::now())) return ECANCELED;
  }
  has_tried_ = true;
  bound_silence(fd);
  if (::connect(fd, address, size) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    const Failure failure = error == ECONNREFUSED ? Failure::kAnswered : Failure::kSilent;
    if (options_.gate) options_.gate->leave(name, milliseconds{0}, failure, Steady::now());
    return error;
  }
  const std::lock_guard lock{mutex_};
  open_[fd] = {name, Steady::now()};
  return 0;
}

int Sockets::resolve(const char* host, const char* port, const addrinfo* hints, addrinfo** found) {
  const std::string name = std::string{host} + ":" + port;
  if (options_.gate) {
    tell_connected();
    if (!options_.gate->is_open(name, Steady::now())) return EAI_CANCELED;
  }
  const int error = ::getaddrinfo(host, port, hints, found);
  if (error != 0) has_tried_ = true;
  if (error != 0 && options_.gate && options_.gate->enter(name, Steady::now())) {
    options_.gate->leave(name, milliseconds{0}, Failure::kSilent, Steady::now());
  }
  return error;
}

void Sockets::tell_end(int fd, const Open& open) {
  const auto info = info_of(fd);
  if (is_given_up_ && info && info->tcpi_state == TCP_ESTABLISHED) return options_.gate->release(open.broker);
  const auto now = Steady::now();
  const Failure failure = info ? failure_of(*info, options_.answer_timeout) : Failure::kSilent;
  options_.gate->leave(open.broker, std::chrono::duration_cast<milliseconds>(now - open.since), failure, now);
}

int Sockets::close(int fd) {
  std::optional<Open> open;
  {
    const std::lock_guard lock{mutex_};
    if (const auto node = open_.extract(fd)) open = node.mapped();
  }
  if (open && options_.gate) {
    tell_connected();  // Whether this was the last one.
    tell_end(fd, *open);
  }
  return options_.meter ? options_.meter->close(fd) : ::close(fd);
}

}  // namespace odograph::kafka
