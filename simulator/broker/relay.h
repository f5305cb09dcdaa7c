#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/base/result.h"

namespace odograph::broker {

/// Passes each connection's bytes both ways between a port of our choice and one that somebody else chose, both on
/// 127.0.0.1. All on the thread that calls `run`.
class Relay {
 public:
  /// What one direction of one connection holds at most.
  static constexpr std::size_t kBufferBytes = 16 << 10;

  struct Options {
    std::uint16_t port = 0;  ///< To listen on; 0: any free one.
    std::uint16_t target_port = 0;
    std::size_t connections_max = 256;  ///< Further ones are closed as they come.
  };
  /// `kStop` if the port cannot be had, naming it.
  static base::Result<std::unique_ptr<Relay>> create(const Options& options);
  virtual ~Relay() = default;

  virtual std::uint16_t port() const = 0;
  virtual std::uint64_t refused() const = 0;  ///< Connections closed for lack of room.

  /// Returns when `stop_fd` becomes readable; all connections are closed then.
  virtual void run(int stop_fd) = 0;
};

}  // namespace odograph::broker
