#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

namespace odograph::service {

/// Nothing if `path` is empty or longer than a unix address holds (107 bytes).
inline std::optional<sockaddr_un> unix_address(const std::filesystem::path& path) {
  const std::string text = path.string();
  sockaddr_un address{};
  if (text.empty() || text.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

/// connect(2) to a unix address; 0, or errno.
int unix_connect(int fd, const sockaddr_un& address);

}  // namespace odograph::service
