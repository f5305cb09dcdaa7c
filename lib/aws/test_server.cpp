#include "lib/aws/test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include "lib/base/assert.h"

namespace odograph::aws {
namespace {

/// True once `text` is a head and as much body as the head says.
bool is_whole(const std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::size_t length = text.find("Content-Length: ");
  const std::size_t body = length < end ? std::strtoul(text.c_str() + length + 16, nullptr, 10) : 0;
  return text.size() >= end + 4 + body;
}

SslContext server_context(const TestTls& tls) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  ODOGRAPH_ASSERT(SSL_CTX_use_certificate_chain_file(context.get(), tls.certificate_file.c_str()) == 1);
  ODOGRAPH_ASSERT(SSL_CTX_use_PrivateKey_file(context.get(), tls.key_file.c_str(), SSL_FILETYPE_PEM) == 1);
  if (!tls.client_ca_file.empty()) {
    ODOGRAPH_ASSERT(SSL_CTX_load_verify_locations(context.get(), tls.client_ca_file.c_str(), nullptr) == 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace

TestServer::TestServer(TestAnswer answer, std::optional<TestTls> tls)
    : answer_(std::move(answer)), tls_(tls ? server_context(*tls) : nullptr) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ODOGRAPH_ASSERT(::bind(listener_.get(), generic, size) == 0 && ::listen(listener_.get(), 16) == 0);
  ODOGRAPH_ASSERT(::getsockname(listener_.get(), generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TestServer::~TestServer() {
  stop_.wake();
  thread_.join();
}

std::string TestServer::url() const {
  return std::string(tls_ ? "https" : "http") + "://127.0.0.1:" + std::to_string(port_);
}

std::vector<std::string> TestServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool TestServer::wait_readable(int fd) const {
  std::array<pollfd, 2> waits = {pollfd{stop_.fd(), POLLIN, 0}, pollfd{fd, POLLIN, 0}};
  return ::poll(waits.data(), waits.size(), 20'000) > 0 && waits[0].revents == 0;
}

void TestServer::run() {
  // OpenSSL writes to sockets without MSG_NOSIGNAL; a client that hung up must not end the test. Only this thread's
  // signal: the client under test has to do without.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (wait_readable(listener_.get())) {
    const base::UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    // No peer may hold this thread: what the client does not send within this time is not waited for.
    const timeval limit{5, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (tls_) {
      serve_tls(fd.get());
    } else {
      serve(fd.get());
    }
  }
}

std::optional<std::string> TestServer::answer_to(const std::string& request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  return answer_(request);
}

void TestServer::serve(int fd) {
  std::string request;
  std::array<char, 4096> part{};
  while (!is_whole(request)) {
    const ssize_t count = ::recv(fd, part.data(), part.size(), 0);
    if (count <= 0) return;
    request.append(part.data(), static_cast<std::size_t>(count));
  }
  const auto answer = answer_to(request);
  if (!answer) {
    static_cast<void>(wait_readable(fd));
    return;
  }
  std::size_t sent = 0;
  while (sent < answer->size()) {
    const ssize_t count = ::send(fd, answer->data() + sent, answer->size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
  ::shutdown(fd, SHUT_WR);
}

void TestServer::serve_tls(int fd) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(tls_.get()), &SSL_free);
  SSL_set_fd(ssl.get(), fd);
  if (SSL_accept(ssl.get()) != 1) return;
  std::string request;
  std::array<char, 4096> part{};
  while (!is_whole(request)) {
    const int count = SSL_read(ssl.get(), part.data(), static_cast<int>(part.size()));
    if (count <= 0) return;
    request.append(part.data(), static_cast<std::size_t>(count));
  }
  const auto answer = answer_to(request);
  if (!answer) {
    static_cast<void>(wait_readable(fd));
    return;
  }
  SSL_write(ssl.get(), answer->data(), static_cast<int>(answer->size()));
  SSL_shutdown(ssl.get());
}

std::string http_answer(int status, const std::string& body, const std::string& more_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Word\r\nDate: " + kTestDate + "\r\n" + more_headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace odograph::aws
