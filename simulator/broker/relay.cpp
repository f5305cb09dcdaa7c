#include "simulator/broker/relay.h"

#include <array>
#include <boost/asio.hpp>
#include <string>
#include <utility>
#include <vector>

namespace odograph::broker {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Code = boost::system::error_code;

/// Two sockets that are each other's other end. Lives as long as one of its operations is pending.
class Pair : public std::enable_shared_from_this<Pair> {
 public:
  explicit Pair(Tcp::socket client) : client_(std::move(client)), target_(client_.get_executor()) {}

  void start(const Tcp::endpoint& target) {
    target_.async_connect(target, [self = shared_from_this()](Code error) {
      if (error) return self->close();
      Code ignored;
      self->client_.set_option(Tcp::no_delay(true), ignored);
      self->target_.set_option(Tcp::no_delay(true), ignored);
      self->pump(self->client_, self->target_, self->up_);
      self->pump(self->target_, self->client_, self->down_);
    });
  }

  void close() {
    Code ignored;
    client_.close(ignored);
    target_.close(ignored);
  }

 private:
  using Buffer = std::array<char, Relay::kBufferBytes>;

  /// Reads no more before what was read is written: one buffer a direction is all a connection can hold.
  void pump(Tcp::socket& from, Tcp::socket& to, Buffer& buffer) {
    auto self = shared_from_this();
    from.async_read_some(asio::buffer(buffer), [self, &from, &to, &buffer](Code error, std::size_t size) {
      if (error) return self->close();
      asio::async_write(to, asio::buffer(buffer, size), [self, &from, &to, &buffer](Code failed, std::size_t) {
        if (failed) return self->close();
        self->pump(from, to, buffer);
      });
    });
  }

  Tcp::socket client_;
  Tcp::socket target_;
  Buffer up_{};
  Buffer down_{};
};

class AsioRelay final : public Relay {
 public:
  explicit AsioRelay(const Options& options)
      : target_(asio::ip::address_v4::loopback(), options.target_port),
        connections_max_(options.connections_max),
        acceptor_(context_) {}
  ~AsioRelay() override { close_all(); }

  Code listen(std::uint16_t port) {
    const Tcp::endpoint local(asio::ip::address_v4::loopback(), port);
    Code error;
    acceptor_.open(local.protocol(), error);
    if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(local, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  std::uint16_t port() const override {
    Code ignored;
    return acceptor_.local_endpoint(ignored).port();
  }
  std::uint64_t refused() const override { return refused_; }

  void run(int stop_fd) override {
    asio::posix::stream_descriptor stop(context_, stop_fd);
    stop.async_wait(asio::posix::stream_descriptor::wait_read, [this](Code) { context_.stop(); });
    accept();
    context_.restart();
    context_.run();
    stop.release();  // The descriptor is the caller's.
    close_all();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](Code error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) admit(std::move(socket));
      accept();
    });
  }

  void admit(Tcp::socket socket) {
    std::erase_if(pairs_, [](const std::weak_ptr<Pair>& pair) { return pair.expired(); });
    if (pairs_.size() >= connections_max_) {
      ++refused_;
      return;  // The socket closes as it goes out of scope.
    }
    auto pair = std::make_shared<Pair>(std::move(socket));
    pairs_.push_back(pair);
    pair->start(target_);
  }

  void close_all() {
    for (const auto& weak : pairs_) {
      if (const auto pair = weak.lock()) pair->close();
    }
    pairs_.clear();
  }

  asio::io_context context_{1};
  Tcp::endpoint target_;
  std::size_t connections_max_;
  std::uint64_t refused_ = 0;
  Tcp::acceptor acceptor_;
  std::vector<std::weak_ptr<Pair>> pairs_;
};

}  // namespace

base::Result<std::unique_ptr<Relay>> Relay::create(const Options& options) {
  auto relay = std::make_unique<AsioRelay>(options);
  if (const Code error = relay->listen(options.port)) {
    return base::stop_error("listen on 127.0.0.1:" + std::to_string(options.port) + ": " + error.message());
  }
  return std::unique_ptr<Relay>(std::move(relay));
}

}  // namespace odograph::broker
