#include "agent/uplink/uplink.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/uplink/feeder.h"
#include "lib/base/ids.h"
#include "lib/base/wake_fd.h"

namespace odograph::uplink {

namespace {

TimePoint steady_now() { return std::chrono::steady_clock::now(); }

/// For poll(2): rounded up, so that the deadline has passed when the wait ends; -1 waits for descriptors alone.
int wait_ms(std::optional<TimePoint> deadline, TimePoint now) {
  if (!deadline) return -1;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 3'600'000));
}

class ThreadedUplink final : public Uplink {
 public:
  struct Parts {
    outbox::Outbox& outbox;
    ProducerFactory make_producer;
    Log log;
    std::unique_ptr<kafka::Producer> producer;
  };
  ThreadedUplink(const Options& options, Parts parts)
      : outbox_(parts.outbox),
        tells_states_(options.preview.has_value()),
        feeder_(options,
                {parts.outbox, latest_, std::move(parts.make_producer), &base::random_u64, std::move(parts.log)},
                std::move(parts.producer), steady_now()),
        stats_(feeder_.stats()),
        thread_([this] { run(); }) {}

  ThreadedUplink(const ThreadedUplink&) = delete;
  ThreadedUplink& operator=(const ThreadedUplink&) = delete;

  ~ThreadedUplink() override {
    stopping_ = true;
    wake_.wake();
    thread_.join();
  }

  void note_state(const model::Record& bulk) override {
    if (tells_states_) latest_.put(bulk, steady_now());
  }

  void set_anchor(outbox::Anchor anchor) override { latest_.set_anchor(anchor); }

  void wait_for_company(base::Millis at_least) override {
    company_ms_ = at_least.count();
    wake_.wake();
  }

  Stats stats() const override {
    const std::lock_guard lock{mutex_};
    return stats_;
  }

 private:
  void run() {
    while (!stopping_) {
      feeder_.wait_for_company(base::Millis{company_ms_});
      feeder_.step(steady_now());
      publish();
      wait();
    }
    feeder_.finish(steady_now());
    publish();
  }

  void publish() {
    Stats stats = feeder_.stats();
    const std::lock_guard lock{mutex_};
    stats_ = std::move(stats);
  }

  void wait() {
    // poll(2) passes over descriptors below zero.
    const auto chunks = [this](model::Lane lane) {
      return pollfd{feeder_.wants_chunks(lane) ? outbox_.chunk_fd(lane) : -1, POLLIN, 0};
    };
    const bool wants_state = feeder_.wants_state(steady_now());
    std::array fds = {pollfd{wake_.fd(), POLLIN, 0},
                      pollfd{feeder_.producer_fd(), POLLIN, 0},
                      chunks(model::Lane::kAlert),
                      chunks(model::Lane::kEvent),
                      chunks(model::Lane::kBulk),
                      pollfd{wants_state ? latest_.fd() : -1, POLLIN, 0},
                      pollfd{feeder_.wants_salvaged() ? outbox_.salvage_fd() : -1, POLLIN, 0}};
    ::poll(fds.data(), fds.size(), wait_ms(feeder_.deadline(), steady_now()));
    wake_.clear();
    if (wants_state) latest_.clear();
  }

  outbox::Outbox& outbox_;
  const bool tells_states_;
  LatestState latest_;
  Feeder feeder_;
  mutable std::mutex mutex_;
  Stats stats_;
  base::WakeFd wake_;
  std::atomic<base::Millis::rep> company_ms_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace

base::Result<std::unique_ptr<Uplink>> Uplink::start(const Options& options, outbox::Outbox& outbox,
                                                    ProducerFactory make_producer, Log log) {
  auto producer = make_producer();
  if (!producer) return producer.error();
  return std::unique_ptr<Uplink>{std::make_unique<ThreadedUplink>(
      options, ThreadedUplink::Parts{outbox, std::move(make_producer), std::move(log), std::move(producer).value()})};
}

}  // namespace odograph::uplink
