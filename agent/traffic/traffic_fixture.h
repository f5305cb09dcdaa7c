#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "lib/base/socket_meter.h"
#include "lib/base/test_folder.h"
#include "lib/base/unique_fd.h"

namespace odograph::traffic {

using TempFolder = base::TestFolder;

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put_text(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

/// Waits until `done` says so; false after half a minute.
template <class Done>
bool reached(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Sends so much through a socket of `meter`, and closes it.
inline void send_through(base::SocketMeter& meter, std::size_t bytes) {
  const base::UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener.get(), generic, size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), generic, &size), 0);
  const int near = meter.open(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(near, generic, size), 0);
  const base::UniqueFd far{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  std::string data(bytes, 'x');
  ASSERT_EQ(::send(near, data.data(), data.size(), 0), static_cast<ssize_t>(bytes));
  ASSERT_EQ(::recv(far.get(), data.data(), data.size(), MSG_WAITALL), static_cast<ssize_t>(bytes));
  ASSERT_EQ(meter.close(near), 0);
}

}  // namespace odograph::traffic
