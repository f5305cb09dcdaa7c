#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace boost::asio {
class io_context;
}

namespace odograph::service {

inline constexpr std::size_t kHttpClientsMax = 8;
inline constexpr std::size_t kHttpHeaderBytesMax = 8 << 10;
inline constexpr base::Millis kHttpTimeout{5000};

/// Answers GET and HEAD of /metrics on 127.0.0.1; 404 for other paths, 405 for other methods, one request a connection.
///
/// Runs on the thread of its `io_context`; make and destroy it there. Closes connections beyond `kHttpClientsMax` at
/// once, those whose header is larger than `kHttpHeaderBytesMax` or that bring a body, and those not done within
/// `timeout`.
class MetricsServer {
 public:
  using Answer = std::function<std::string()>;

  /// `port` 0 takes a free one. `kStop`, naming it, if the port is taken or not allowed.
  static base::Result<std::unique_ptr<MetricsServer>> start(boost::asio::io_context& io, std::uint16_t port,
                                                            Answer answer, base::Millis timeout = kHttpTimeout);
  virtual ~MetricsServer() = default;
  virtual std::uint16_t port() const = 0;
};

}  // namespace odograph::service
