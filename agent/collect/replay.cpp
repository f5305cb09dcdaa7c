#include "agent/collect/replay.h"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

namespace odograph::collect {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kPieceBytes = 16 << 10;
constexpr std::size_t kReadingsPerTurn = 256;  // so that signals and the status socket get their turn
constexpr base::BootTime kFirstReading{std::chrono::seconds{1}};

}  // namespace

void RecordedTime::place(model::Reading& reading, base::VirtualClock& clock) {
  auto* fix = std::get_if<model::Fix>(&reading.what);
  if (fix == nullptr || !fix->time) {
    clock.advance_to(kFirstReading);
    reading.received = clock.boot_now();
    return;
  }
  if (!newest_) {
    clock.advance_to(kFirstReading);
    if (start_) shift_ = *start_ - *fix->time;
  }
  follow(*fix->time, clock);
  reading.received = clock.boot_now();
  *fix->time += shift_;
}

void RecordedTime::follow(base::UtcTime told, base::VirtualClock& clock) {
  const auto follows = [&](const std::optional<base::UtcTime>& before) {
    return before && told > *before && told - *before <= kStepMax;
  };
  // The odd one between two that fit together takes no time.
  const auto& before = follows(newest_) ? newest_ : odd_;
  if (newest_ && !follows(before)) {
    odd_ = told;
    return;
  }
  if (newest_) clock.advance(told - *before);
  newest_ = told;
  odd_.reset();
}

base::Result<base::Millis> recorded_span(Recording& recording, drivers::Decoder& decoder, std::uint64_t offset) {
  std::array<char, kPieceBytes> piece{};
  drivers::Batch batch;
  std::optional<base::UtcTime> first;
  while (true) {
    const auto got = recording.read(piece);
    if (!got) return got.error();
    batch.readings.clear();
    if (*got == 0) {
      decoder.finish({}, batch);
    } else {
      decoder.feed({piece.data(), *got}, {}, batch);
    }
    for (const auto& reading : batch.readings) {
      const auto* fix = std::get_if<model::Fix>(&reading.what);
      if (fix == nullptr || !fix->time) continue;
      if (!first) first = fix->time;
      if (reading.offset > offset) return std::max(base::Millis{0}, *fix->time - *first);
    }
    if (*got == 0) return base::Millis{0};
  }
}

struct Replay::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, base::VirtualClock& virtual_clock, ReplayOptions replay_options)
      : loop(io), clock(virtual_clock), options(replay_options), time(replay_options.start), room(io), timer(io) {}

  void turn() {
    for (std::size_t i = 0; i < kReadingsPerTurn; ++i) {
      if (stopped) return;
      if (next == batch.readings.size() && !refill()) return;
      if (next == batch.readings.size()) continue;
      if (!receiver.has_room()) return wait_for_room();
      if (!placed) {
        time.place(batch.readings[next], clock);
        placed = true;
      }
      if (!is_due(batch.readings[next])) return;
      receiver.on_reading(batch.readings[next]);
      placed = false;
      ++next;
      ++readings;
    }
    asio::post(loop, [self = shared_from_this()] { self->turn(); });
  }

  /// False once the end is reached and told.
  bool refill() {
    batch.readings.clear();
    next = 0;
    if (ended) {
      stopped = true;
      receiver.on_end(ending);
      return false;
    }
    const auto got = recording->read(piece);
    if (got && *got > 0) {
      decoder->feed({piece.data(), *got}, clock.boot_now(), batch);
      return true;
    }
    if (!got) ending = got.error();
    ended = true;
    decoder->finish(clock.boot_now(), batch);
    return true;
  }

  /// At full speed and behind the place of an earlier stop everything is due; else it waits on the timer.
  bool is_due(const model::Reading& reading) {
    if (options.speed <= 0) return true;
    if (receiver.is_behind && receiver.is_behind(reading)) return true;
    const auto now = std::chrono::steady_clock::now();
    if (!began) began = {now, reading.received};
    const std::chrono::duration<double> since{(reading.received - began->second) / options.speed};
    const auto due = began->first + std::chrono::duration_cast<std::chrono::steady_clock::duration>(since);
    if (due <= now) return true;
    timer.expires_at(due);
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->turn();
    });
    return false;
  }

  void wait_for_room() {
    room.async_wait(asio::posix::stream_descriptor::wait_read,
                    [self = shared_from_this()](boost::system::error_code error) {
                      if (!error && !self->stopped) self->turn();
                    });
  }

  asio::io_context& loop;
  base::VirtualClock& clock;
  ReplayOptions options;
  RecordedTime time;
  std::unique_ptr<Recording> recording;
  std::unique_ptr<drivers::Decoder> decoder;
  Receiver receiver;
  asio::posix::stream_descriptor room;
  asio::steady_timer timer;
  std::array<char, kPieceBytes> piece{};
  drivers::Batch batch;
  std::size_t next = 0;
  std::uint64_t readings = 0;
  bool placed = false;  ///< batch.readings[next] has its place on the time line.
  bool ended = false;
  bool stopped = false;
  base::Status ending;
  std::optional<std::pair<std::chrono::steady_clock::time_point, base::BootTime>> began;
};

Replay::Replay(asio::io_context& loop, base::VirtualClock& clock, Source source, Receiver receiver)
    : impl_(std::make_shared<Impl>(loop, clock, source.options)) {
  impl_->recording = std::move(source.recording);
  impl_->decoder = std::move(source.decoder);
  impl_->receiver = std::move(receiver);
  if (impl_->receiver.room_fd >= 0) impl_->room.assign(impl_->receiver.room_fd);
}

Replay::~Replay() {
  impl_->stopped = true;
  impl_->timer.cancel();
  // The descriptor belongs to the receiver.
  if (impl_->room.is_open()) impl_->room.release();
}

void Replay::start() {
  asio::post(impl_->loop, [self = impl_] { self->turn(); });
}

double Replay::progress() const { return impl_->recording->progress(); }
const drivers::DecoderCounters& Replay::counters() const { return impl_->decoder->counters(); }

std::uint64_t Replay::readings() const { return impl_->readings; }

}  // namespace odograph::collect
