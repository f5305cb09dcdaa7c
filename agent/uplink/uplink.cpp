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
  ThreadedUplink(const Options& options, Feeder::Parts parts, std::unique_ptr<kafka::Producer> producer)
      : outbox_(parts.outbox),
        feeder_(options, std::move(parts), std::move(producer), steady_now()),
        stats_(feeder_.stats()),
        rule_set_(options.rule_set),
        thread_([this] { run(); }) {}

  ThreadedUplink(const ThreadedUplink&) = delete;
  ThreadedUplink& operator=(const ThreadedUplink&) = delete;

  ~ThreadedUplink() override {
    stopping_ = true;
    wake_.wake();
    thread_.join();
  }

  void set_rule_set(std::uint64_t rule_set) override { rule_set_ = rule_set; }

  Stats stats() const override {
    const std::lock_guard lock{mutex_};
    return stats_;
  }

 private:
  void run() {
    while (!stopping_) {
      feeder_.set_rule_set(rule_set_);
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
    std::array<pollfd, 3> fds = {{
        {wake_.fd(), POLLIN, 0},
        {feeder_.producer_fd(), POLLIN, 0},
        {feeder_.wants_chunks() ? outbox_.chunk_fd() : -1, POLLIN, 0},
    }};
    ::poll(fds.data(), fds.size(), wait_ms(feeder_.deadline(), steady_now()));
    wake_.clear();
  }

  outbox::Outbox& outbox_;
  Feeder feeder_;
  mutable std::mutex mutex_;
  Stats stats_;
  base::WakeFd wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> rule_set_;
  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace

base::Result<std::unique_ptr<Uplink>> Uplink::start(const Options& options, outbox::Outbox& outbox,
                                                    ProducerFactory make_producer, Log log) {
  auto producer = make_producer();
  if (!producer) return producer.error();
  Feeder::Parts parts{outbox, std::move(make_producer), &base::random_u64, std::move(log)};
  return std::unique_ptr<Uplink>{
      std::make_unique<ThreadedUplink>(options, std::move(parts), std::move(producer).value())};
}

}  // namespace odograph::uplink
