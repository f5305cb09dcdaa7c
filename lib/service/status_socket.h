#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace boost::asio {
class io_context;
}

namespace odograph::service {

inline constexpr std::size_t kStatusClientsMax = 8;
inline constexpr std::size_t kStatusBytesMax = 1 << 20;
inline constexpr base::Millis kStatusTimeout{2000};

/// A unix stream socket that answers whoever connects with one document and closes.
///
/// Runs on the thread of its `io_context`; make and destroy it there. Closes connections beyond `kStatusClientsMax` at
/// once, and one that does not take its answer within `timeout`.
class StatusServer {
 public:
  /// What to send; at most `kStatusBytesMax` bytes of it are.
  using Answer = std::function<std::string()>;

  /// Binds `path` with mode 0660. A socket file that nobody answers on is left over from a crash and replaced. `kStop`,
  /// naming the path: its folder is missing, it is too long (107 bytes), something other than a socket is there, or
  /// somebody answers on it.
  static base::Result<std::unique_ptr<StatusServer>> start(boost::asio::io_context& io,
                                                           const std::filesystem::path& path, Answer answer,
                                                           base::Millis timeout = kStatusTimeout);
  /// Closes everything and removes the file.
  virtual ~StatusServer() = default;
};

/// The document of the program that answers on `path`, waiting at most `timeout` for it. `kRetry`: nobody answers, or
/// not in time: `no agent answers on /run/odograph/agent.sock: Connection refused; is it running?`. Blocks.
base::Result<std::string> read_status(const std::filesystem::path& path, base::Millis timeout,
                                      std::string_view who = "agent");

}  // namespace odograph::service
