#include "agent/collect/live_source.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace odograph::collect {
namespace asio = boost::asio;

base::Millis reopen_after(unsigned failures) {
  constexpr base::Millis kFirst{1'000};
  constexpr base::Millis kMost{60'000};
  constexpr unsigned kDoublingsMax = 6;
  const unsigned doublings = std::min(failures == 0 ? 0 : failures - 1, kDoublingsMax);
  return std::min(kMost, kFirst * (1U << doublings));
}

struct LiveSource::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, const base::Clock& source_clock, std::unique_ptr<drivers::Driver> source_driver)
      : loop(io), clock(source_clock), driver(std::move(source_driver)), descriptor(io), timer(io) {}

  void open_device() {
    if (stopped) return;
    auto opened = driver->open();
    if (!opened) return fail(opened.error());
    boost::system::error_code refused;
    fd = std::move(*opened);
    descriptor.assign(fd.get(), refused);
    // epoll refuses regular files, which are always ready.
    always_ready = static_cast<bool>(refused);
    health.open = true;
    wait_readable();
    wait_deadline();
  }

  void wait_readable() {
    const auto self = shared_from_this();
    const auto ready = [self](boost::system::error_code error = {}) {
      if (!error && !self->stopped && self->health.open) self->on_readable();
    };
    if (always_ready) {
      asio::post(loop, ready);
    } else {
      descriptor.async_wait(asio::posix::stream_descriptor::wait_read, ready);
    }
  }

  void on_readable() {
    const auto status = driver->read(fd.get(), clock.boot_now(), batch);
    hand_on();
    if (!status) return fail(status.error());
    wait_readable();
    wait_deadline();
  }

  void wait_deadline() {
    timer.cancel();
    const auto deadline = driver->next_deadline();
    if (!deadline) return;
    timer.expires_after(std::max(base::Millis{0}, *deadline - clock.boot_now()));
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error || self->stopped || !self->health.open) return;
      const auto status = self->driver->on_deadline(self->fd.get(), self->clock.boot_now(), self->batch);
      self->hand_on();
      if (!status) return self->fail(status.error());
      self->wait_deadline();
    });
  }

  void hand_on() {
    if (batch.readings.empty()) return;
    failures = 0;
    health.trouble.clear();
    health.readings += batch.readings.size();
    health.last_reading = clock.boot_now();
    on_batch(batch);
    batch.readings.clear();
  }

  void fail(const base::Error& error) {
    close_device();
    health.trouble = error.what;
    if (error.action == base::Action::kStop) return;
    timer.expires_after(reopen_after(++failures));
    timer.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      if (cancelled || self->stopped) return;
      ++self->health.reopened;
      self->open_device();
    });
  }

  void close_device() {
    // The descriptor is ours; Asio only waits on it.
    if (descriptor.is_open()) descriptor.release();
    fd.reset();
    health.open = false;
    timer.cancel();
  }

  asio::io_context& loop;
  const base::Clock& clock;
  std::unique_ptr<drivers::Driver> driver;
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  base::UniqueFd fd;
  drivers::Batch batch;
  OnBatch on_batch;
  SourceHealth health;
  unsigned failures = 0;
  bool always_ready = false;
  bool stopped = false;
};

LiveSource::LiveSource(asio::io_context& loop, const base::Clock& clock, Device device, OnBatch on_batch)
    : impl_(std::make_shared<Impl>(loop, clock, std::move(device.driver))) {
  impl_->on_batch = std::move(on_batch);
  impl_->health.name = std::move(device.name);
}

LiveSource::~LiveSource() {
  impl_->stopped = true;
  impl_->close_device();
}

void LiveSource::start() { impl_->open_device(); }

SourceHealth LiveSource::health() const {
  SourceHealth health = impl_->health;
  health.counters = impl_->driver->counters();
  return health;
}

}  // namespace odograph::collect
