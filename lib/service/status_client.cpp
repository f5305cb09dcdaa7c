#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "lib/base/unique_fd.h"
#include "lib/service/status_socket.h"
#include "lib/service/unix_address.h"

namespace odograph::service {
namespace {

std::string reason(int number) { return std::generic_category().message(number); }

/// Whom nobody hears.
struct Asked {
  const std::filesystem::path& path;
  std::string_view who;

  base::Error silent(const std::string& why) const {
    return base::retry_error("no " + std::string(who) + " answers on " + path.string() + ": " + why +
                             "; is it running?");
  }
};

}  // namespace

int unix_connect(int fd, const sockaddr_un& address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

base::Result<std::string> read_status(const std::filesystem::path& path, base::Millis timeout, std::string_view who) {
  const Asked asked{path, who};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto address = unix_address(path);
  if (!address) return base::stop_error("the path of a socket has 1 to 107 bytes: \"" + path.string() + "\"");
  // Non-blocking: a full backlog is told as EAGAIN instead of waiting without end.
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return base::retry_error("make a socket: " + reason(errno));
  if (const int failure = unix_connect(fd.get(), *address); failure != 0) return asked.silent(reason(failure));

  std::string text;
  while (true) {
    const auto left = std::chrono::ceil<base::Millis>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{fd.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<base::Millis::rep>(left.count(), 0, 60'000)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return asked.silent("nothing came within " + std::to_string(timeout.count()) + " ms");
    std::array<char, 16384> buffer{};
    const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return asked.silent(reason(errno));
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kStatusBytesMax) return base::stop_error(path.string() + ": more than a status has come");
  }
  if (text.empty()) return asked.silent("it closed the connection without a word (too many clients)");
  return text;
}

}  // namespace odograph::service
