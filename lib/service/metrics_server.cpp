#include "lib/service/metrics_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>
#include <set>

namespace odograph::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Code = boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptBackoff{200};

/// One connection, one request. Header and body are written apart, so that HEAD gets the header alone.
struct Client {
  explicit Client(asio::ip::tcp::socket accepted) : stream(std::move(accepted)), buffer(kHttpHeaderBytesMax) {
    parser.header_limit(kHttpHeaderBytesMax);
    parser.body_limit(0);
  }
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  http::request_parser<http::empty_body> parser;
  http::response<http::string_body> response;
  std::optional<http::response_serializer<http::string_body>> serializer;
};

/// The path of a request's target: "/metrics?x=1" -> "/metrics".
beast::string_view path_of(beast::string_view target) { return target.substr(0, target.find('?')); }

class Shared : public std::enable_shared_from_this<Shared> {
 public:
  Shared(asio::io_context& io, MetricsServer::Answer answer, base::Millis timeout)
      : acceptor_(io), backoff_(io), answer_(std::move(answer)), timeout_(timeout) {}

  Code listen_on(std::uint16_t port) {
    const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    Code failure;
    acceptor_.open(endpoint.protocol(), failure);
    if (!failure) acceptor_.set_option(asio::ip::tcp::acceptor::reuse_address(true), failure);
    if (!failure) acceptor_.bind(endpoint, failure);
    if (!failure) acceptor_.listen(asio::socket_base::max_listen_connections, failure);
    return failure;
  }

  std::uint16_t port() const {
    Code ignored;
    return acceptor_.local_endpoint(ignored).port();
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const Code& failure, asio::ip::tcp::socket socket) {
      if (!self->acceptor_.is_open()) return;
      if (failure) return self->accept_later();
      self->read(std::move(socket));
      self->accept();
    });
  }

  void close() {
    Code ignored;
    acceptor_.close(ignored);
    backoff_.cancel();
    for (const auto& client : clients_) client->stream.close();
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

  void read(asio::ip::tcp::socket socket) {
    if (clients_.size() >= kHttpClientsMax) return;  // Its destructor closes it.
    const auto client = std::make_shared<Client>(std::move(socket));
    clients_.insert(client);
    client->stream.expires_after(timeout_);
    http::async_read(client->stream, client->buffer, client->parser,
                     [self = shared_from_this(), client](const Code& failure, std::size_t /*bytes*/) {
                       if (failure) return self->drop(client);
                       self->answer(client);
                     });
  }

  void answer(const std::shared_ptr<Client>& client) {
    const auto& request = client->parser.get();
    auto& response = client->response;
    response.version(request.version());
    response.keep_alive(false);
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      response.result(http::status::method_not_allowed);
      response.set(http::field::allow, "GET, HEAD");
      response.body() = "GET and HEAD only\n";
    } else if (path_of(request.target()) != "/metrics") {
      response.result(http::status::not_found);
      response.body() = "only /metrics is here\n";
    } else {
      response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
      response.body() = answer_();
    }
    response.prepare_payload();
    client->serializer.emplace(response);
    const auto done = [self = shared_from_this(), client](const Code& failure, std::size_t /*bytes*/) {
      Code ignored;
      if (!failure) client->stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      self->drop(client);
    };
    if (request.method() == http::verb::head) {
      http::async_write_header(client->stream, *client->serializer, done);
    } else {
      http::async_write(client->stream, *client->serializer, done);
    }
  }

  void drop(const std::shared_ptr<Client>& client) {
    client->stream.close();
    clients_.erase(client);
  }

  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer backoff_;
  const MetricsServer::Answer answer_;
  const base::Millis timeout_;
  std::set<std::shared_ptr<Client>> clients_;
};

class Server final : public MetricsServer {
 public:
  explicit Server(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  ~Server() override { shared_->close(); }
  std::uint16_t port() const override { return shared_->port(); }

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

base::Result<std::unique_ptr<MetricsServer>> MetricsServer::start(asio::io_context& io, std::uint16_t port,
                                                                  Answer answer, base::Millis timeout) {
  auto shared = std::make_shared<Shared>(io, std::move(answer), timeout);
  if (const Code failure = shared->listen_on(port)) {
    return base::stop_error("metrics on 127.0.0.1:" + std::to_string(port) + ": " + failure.message());
  }
  shared->accept();
  return std::unique_ptr<MetricsServer>(std::make_unique<Server>(std::move(shared)));
}

}  // namespace odograph::service
