#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <set>
#include <system_error>

#include "lib/base/unique_fd.h"
#include "lib/service/status_socket.h"
#include "lib/service/unix_address.h"

namespace odograph::service {
namespace {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;
using Code = boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptBackoff{200};
constexpr int kBacklog = 16;
constexpr mode_t kSocketMode = 0660;

base::Error cannot(const std::filesystem::path& path, const std::string& why) {
  return base::stop_error("status socket " + path.string() + ": " + why);
}

std::string reason(int number) { return std::generic_category().message(number); }

/// One connection: writes, then closes; or closes when the time is up.
struct Client {
  explicit Client(Socket accepted) : socket(std::move(accepted)), deadline(socket.get_executor()) {}
  void close() {
    Code ignored;
    socket.close(ignored);
    deadline.cancel();
  }
  Socket socket;
  asio::steady_timer deadline;
  std::string text;
};

/// Held by the server and by every handler that is still to run, so that the server may go at any time.
class Shared : public std::enable_shared_from_this<Shared> {
 public:
  Shared(asio::io_context& io, StatusServer::Answer answer, base::Millis timeout)
      : acceptor_(io), backoff_(io), answer_(std::move(answer)), timeout_(timeout) {}

  Code listen_on(base::UniqueFd fd) {
    Code failure;
    acceptor_.assign(asio::local::stream_protocol(), fd.get(), failure);
    if (!failure) fd.release();
    return failure;
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const Code& failure, Socket socket) {
      if (!self->acceptor_.is_open()) return;
      if (failure) return self->accept_later();
      self->serve(std::move(socket));
      self->accept();
    });
  }

  void close() {
    Code ignored;
    acceptor_.close(ignored);
    backoff_.cancel();
    for (const auto& client : clients_) client->close();
    clients_.clear();
  }

 private:
  // Out of descriptors or memory: trying at once would only burn the processor.
  void accept_later() {
    backoff_.expires_after(kAcceptBackoff);
    backoff_.async_wait([self = shared_from_this()](const Code& failure) {
      if (!failure && self->acceptor_.is_open()) self->accept();
    });
  }

  void serve(Socket socket) {
    if (clients_.size() >= kStatusClientsMax) return;  // Its destructor closes it.
    const auto client = std::make_shared<Client>(std::move(socket));
    clients_.insert(client);
    client->text = answer_();
    client->text.resize(std::min(client->text.size(), kStatusBytesMax));
    client->deadline.expires_after(timeout_);
    client->deadline.async_wait([client](const Code& failure) {
      if (!failure) client->close();
    });
    asio::async_write(client->socket, asio::buffer(client->text),
                      [self = shared_from_this(), client](const Code& /*failure*/, std::size_t /*bytes*/) {
                        client->close();
                        self->clients_.erase(client);
                      });
  }

  asio::local::stream_protocol::acceptor acceptor_;
  asio::steady_timer backoff_;
  const StatusServer::Answer answer_;
  const base::Millis timeout_;
  std::set<std::shared_ptr<Client>> clients_;
};

class Server final : public StatusServer {
 public:
  Server(std::shared_ptr<Shared> shared, std::filesystem::path path)
      : shared_(std::move(shared)), path_(std::move(path)) {}
  ~Server() override {
    shared_->close();
    ::unlink(path_.c_str());
  }

 private:
  const std::shared_ptr<Shared> shared_;
  const std::filesystem::path path_;
};

/// Makes room for our own socket file.
base::Status clear_place(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return cannot(path, reason(errno));
  }
  if (!S_ISSOCK(status.st_mode)) return cannot(path, "something that is not a socket is there; it was left alone");
  const base::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return cannot(path, reason(errno));
  const int answer = unix_connect(probe.get(), address);
  if (answer == 0 || answer == EAGAIN) return cannot(path, "another agent answers on it");
  if (answer != ECONNREFUSED) return cannot(path, reason(answer));
  if (::unlink(path.c_str()) != 0) return cannot(path, "cannot remove the old one: " + reason(errno));
  return {};
}

base::Result<base::UniqueFd> bind_to(const std::filesystem::path& path) {
  const auto address = unix_address(path);
  if (!address) return cannot(path, "the path of a socket has 1 to 107 bytes");
  const base::Status cleared = clear_place(path, *address);
  if (!cleared) return cleared.error();
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return cannot(path, reason(errno));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    if (errno == ENOENT) return cannot(path, "the folder " + path.parent_path().string() + " does not exist");
    return cannot(path, reason(errno));
  }
  // Nobody can connect before listen(2), so the mode holds from the first connection on.
  if (::chmod(path.c_str(), kSocketMode) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    const int failure = errno;
    ::unlink(path.c_str());
    return cannot(path, reason(failure));
  }
  return fd;
}

}  // namespace

base::Result<std::unique_ptr<StatusServer>> StatusServer::start(asio::io_context& io, const std::filesystem::path& path,
                                                                Answer answer, base::Millis timeout) {
  auto fd = bind_to(path);
  if (!fd) return fd.error();
  auto shared = std::make_shared<Shared>(io, std::move(answer), timeout);
  if (const Code failure = shared->listen_on(*std::move(fd))) {
    ::unlink(path.c_str());
    return cannot(path, failure.message());
  }
  shared->accept();
  return std::unique_ptr<StatusServer>(std::make_unique<Server>(std::move(shared), path));
}

}  // namespace odograph::service
