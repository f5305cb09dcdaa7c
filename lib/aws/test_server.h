#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/aws/client_identity.h"
#include "lib/base/unique_fd.h"
#include "lib/base/wake_fd.h"

namespace odograph::aws {

/// What a test server speaks TLS with.
struct TestTls {
  std::string certificate_file;
  std::string key_file;
  std::string client_ca_file;  ///< Clients must show a certificate of this authority; empty: none is asked for.
};

/// A whole answer as raw bytes, or nothing: silence until the client gives up.
using TestAnswer = std::function<std::optional<std::string>(const std::string& request)>;

/// An HTTP server on a free port of 127.0.0.1, one connection at a time, on its own thread until it dies.
class TestServer {
 public:
  explicit TestServer(TestAnswer answer, std::optional<TestTls> tls = std::nullopt);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  /// "http://127.0.0.1:PORT" or with https.
  std::string url() const;
  /// Whole requests so far, head and body.
  std::vector<std::string> requests() const;

 private:
  void run();
  void serve(int fd);
  void serve_tls(int fd);
  bool wait_readable(int fd) const;
  std::optional<std::string> answer_to(const std::string& request);

  TestAnswer answer_;
  SslContext tls_;
  base::UniqueFd listener_;
  base::WakeFd stop_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

/// A status line, `Content-Length`, `Date` and `body`; more header lines may be given, each with its "\r\n".
std::string http_answer(int status, const std::string& body, const std::string& more_headers = {});

/// The `Date` of http_answer: 2026-11-23T10:00:00Z.
constexpr const char* kTestDate = "Mon, 23 Nov 2026 10:00:00 GMT";

}  // namespace odograph::aws
