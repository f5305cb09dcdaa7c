#pragma once

// Private to this folder: the sockets of one client, made where librdkafka asks for them.

#include <netdb.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/socket_meter.h"
#include "lib/kafka/connect_gate.h"

namespace odograph::kafka {

/// "tls://host:9092/3", as librdkafka names a broker, as "host:9092".
std::string address_of(std::string_view broker);

struct SocketOptions {
  std::shared_ptr<ConnectGate> gate{};         ///< Null: lets every try through.
  std::shared_ptr<base::SocketMeter> meter{};  ///< Counts what goes over them; null: nobody does.
  /// What was sent and not acknowledged by the other host for so long ends the connection.
  std::chrono::milliseconds answer_timeout{60'000};
};

/// Opens, connects and closes for the threads of one client; tells the gate how it went.
class Sockets {
 public:
  explicit Sockets(SocketOptions options) : options_(std::move(options)) {}

  /// As socket(2), and close-on-exec.
  int open(int domain, int type, int protocol);
  /// As connect(2) on a socket that does not block; 0, or an error number: ECANCELED while the gate is shut.
  int connect(int fd, const sockaddr* address, socklen_t size, std::string_view broker);
  /// As getaddrinfo(3); EAI_CANCELED while the gate is shut. A name that is not found is a try that failed.
  int resolve(const char* host, const char* port, const addrinfo* hints, addrinfo** found);
  /// As close(2).
  int close(int fd);
  /// The client goes: what is closed from now on was no failure.
  void give_up() { is_given_up_ = true; }
  /// Whether a try was let through yet: before the first one nothing is known of the brokers.
  bool has_tried() const { return has_tried_; }

 private:
  struct Open {
    std::string broker;
    ConnectGate::TimePoint since;
  };
  void bound_silence(int fd) const;
  void tell_connected();
  void tell_end(int fd, const Open& open);

  const SocketOptions options_;
  std::atomic<bool> is_given_up_ = false;
  std::atomic<bool> has_tried_ = false;
  std::mutex mutex_;
  std::map<int, Open> open_;  ///< By descriptor. As many as the cluster has brokers.
};

/// True for librdkafka's words about a try that the gate did not let through.
bool is_held_back(std::string_view text);

}  // namespace odograph::kafka
