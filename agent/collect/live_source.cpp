#include "agent/collect/live_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace odograph::collect {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kFileReadingsPerTurn =
    256;  // so that other sources, signals and the status socket get their turn
constexpr base::Millis kRoomEvery{50};

bool is_regular_file(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

base::Error cannot_wait(const boost::system::error_code& why) {
  return base::retry_error("cannot wait for its data: " + why.message());
}

}  // namespace

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
    fd = std::move(*opened);
    health.open = true;
    // epoll refuses regular files, which are always ready. Asio tells of it only when it is asked to wait.
    if (is_regular_file(fd.get())) return next_file_turn();
    boost::system::error_code refused;
    descriptor.assign(fd.get(), refused);
    if (refused) return fail(cannot_wait(refused));
    wait_readable();
    wait_deadline();
  }

  void wait_readable() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](boost::system::error_code error) {
                            // Aborted by our own closing of the device.
                            if (error == asio::error::operation_aborted || self->stopped || !self->health.open) return;
                            if (error) return self->fail(cannot_wait(error));
                            self->on_readable();
                          });
  }

  void on_readable() {
    const auto status = driver->read(fd.get(), clock.boot_now(), batch);
    hand_on();
    if (!status) return end_reading(status.error());
    wait_readable();
    wait_deadline();
  }

  void next_file_turn() {
    asio::post(loop, [self = shared_from_this()] {
      if (!self->stopped && self->health.open) self->on_file_turn();
    });
  }

  /// A file comes faster than any device, and it can wait: a little of it each turn, and only while there is room. No
  /// silence closes its epochs, which the driver does at its end.
  void on_file_turn() {
    for (std::size_t i = 0; i < kFileReadingsPerTurn && next < from_file.readings.size(); ++i) {
      if (has_room && !has_room()) return wait_for_room();
      batch.readings.push_back(std::move(from_file.readings[next++]));
      hand_on();
    }
    if (next < from_file.readings.size()) return next_file_turn();
    from_file.readings.clear();
    next = 0;
    if (!file_status) return end_reading(file_status.error());
    file_status = driver->read(fd.get(), clock.boot_now(), from_file);
    next_file_turn();
  }

  void wait_for_room() {
    timer.expires_after(kRoomEvery);
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error && !self->stopped && self->health.open) self->on_file_turn();
    });
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

  /// What was read before is handed on by now.
  void end_reading(base::Error error) {
    if (error.action != base::Action::kStop) return fail(error);
    close_device();
    health.ended = std::move(error.what);
    health.trouble.clear();
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
    from_file.readings.clear();
    next = 0;
    file_status = {};
  }

  asio::io_context& loop;
  const base::Clock& clock;
  std::unique_ptr<drivers::Driver> driver;
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  base::UniqueFd fd;
  drivers::Batch batch;
  drivers::Batch from_file;  ///< Of one read; from `next` on it is still to be handed on.
  std::size_t next = 0;
  base::Status file_status;  ///< Of that read.
  OnBatch on_batch;
  HasRoom has_room;
  SourceHealth health;
  unsigned failures = 0;
  bool stopped = false;
};

LiveSource::LiveSource(asio::io_context& loop, const base::Clock& clock, Device device, OnBatch on_batch)
    : impl_(std::make_shared<Impl>(loop, clock, std::move(device.driver))) {
  impl_->on_batch = std::move(on_batch);
  impl_->has_room = std::move(device.has_room);
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
