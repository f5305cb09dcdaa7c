#include "agent/outbox/outbox.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/outbox/commit_report.h"
#include "agent/outbox/handout.h"
#include "agent/outbox/hang_watch.h"
#include "agent/outbox/ring.h"
#include "agent/outbox/storage_loop.h"
#include "lib/base/wake_fd.h"

namespace odograph::outbox {
namespace {

using base::BootTime;

BootTime boottime_now() { return base::RealClock().boot_now(); }
HangWatch::TimePoint steady_now() { return std::chrono::steady_clock::now(); }

Options watched(Options options, HangWatch& watch) {
  options.file.came_back = [&watch] { watch.came_back(steady_now()); };
  return options;
}

/// The thread around the storage loop, and the rings and queues at its two ends.
class ThreadedOutbox final : public Outbox {
 public:
  ThreadedOutbox(const Options& options, model::Record boot_record)
      : report_(options.commit_report),
        directory_(options.directory.string()),
        watch_(options.file.hangs_after),
        handout_([this] { wake(); }),
        loop_({watched(options, watch_), std::move(boot_record), rings_, handout_}) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      rings_[i] = std::make_unique<Ring>(options.ring_records[i], options.commit_bytes);
    }
    room_.wake();
  }

  ~ThreadedOutbox() override {
    if (!thread_.joinable()) return;
    stop();
    thread_.join();
  }

  /// Starts the thread and waits for what comes of its first opening. With kKeepTrying a medium that hangs is not
  /// waited for.
  std::optional<Failure> begin(OnTrouble on_trouble) {
    thread_ = std::thread([this, on_trouble] { serve(on_trouble); });
    std::unique_lock lock(mutex_);
    const auto opened = [this] { return opened_; };
    if (on_trouble == OnTrouble::kFail) {
      stepped_.wait(lock, opened);
    } else {
      wait_unless_hanging(lock, HangWatch::TimePoint::max(), opened);
    }
    return first_failure_;
  }

  bool close(base::Millis timeout) override {
    stop();
    std::unique_lock lock(mutex_);
    return wait_unless_hanging(lock, steady_now() + timeout, [this] { return ended_; });
  }

  bool push(model::Lane lane, model::Record record, std::optional<SourceMark> mark, std::uint64_t rule_set) override {
    if (record.boot_time) loop_.note_pipeline_time(*record.boot_time);
    const auto pushed = ring(lane).push({std::move(record), mark, rule_set}, boottime_now);
    if (pushed == Ring::Pushed::kFirst || pushed == Ring::Pushed::kHeavy || pushed == Ring::Pushed::kFull) wake();
    if (ring(lane).room() == 0) hide_room(lane);
    return pushed != Ring::Pushed::kFull;
  }
  std::size_t room(model::Lane lane) const override { return ring(lane).room(); }
  int room_fd() const override { return room_.fd(); }
  void set_anchor(Anchor anchor) override {
    loop_.set_anchor(anchor);
    wake();
  }
  bool flush(base::Millis timeout) override {
    const std::uint64_t asked = loop_.ask_flush();
    wake();
    std::unique_lock lock(mutex_);
    return stepped_.wait_for(lock, timeout, [&] { return loop_.flushed() >= asked; });
  }
  SourceMarks source_marks() const override {
    const std::lock_guard lock(mutex_);
    return marks_;
  }

  std::optional<Chunk> next(model::Lane lane) override { return handout_.next(lane); }
  int chunk_fd(model::Lane lane) const override { return handout_.fd(lane); }
  void ack(ChunkId through) override { handout_.ack(through); }
  void rewind(model::Lane lane) override { handout_.rewind(lane); }
  void note_link(Link link) override {
    loop_.note_link(link);
    wake();
  }
  int salvage_fd() const override { return handout_.salvage_fd(); }
  std::optional<Chunk> next_salvaged() override { return handout_.next_salvaged(); }
  void ack_salvaged(ChunkId through) override { handout_.ack_salvaged(through); }
  void rewind_salvaged() override { handout_.rewind_salvaged(); }
  Stats stats() const override {
    Stats stats = loop_.stats(boottime_now());
    if (report_) stats.commit_report = report_->stats();
    stats.hanging_for = watch_.hanging_for(steady_now());
    if (stats.hanging_for) {
      stats.state = State::kHanging;
      // The thread that would is the one that waits for the medium.
      stats.sends_from_memory = false;
      stats.trouble = "data directory " + directory_ + ": the medium hangs, a call has not come back";
    }
    return stats;
  }

 private:
  Ring& ring(model::Lane lane) const { return *rings_[index_of(lane)]; }

  void wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_one();
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
  }

  /// Until `done`, which the thread changes and tells with `stepped_`. False if `deadline` came before, or the medium
  /// hangs.
  template <typename Done>
  bool wait_unless_hanging(std::unique_lock<std::mutex>& lock, HangWatch::TimePoint deadline, const Done& done) {
    // The call that hangs may begin later than this.
    constexpr base::Millis kLookEvery{500};
    while (!done()) {
      const auto now = steady_now();
      const auto hangs_at = watch_.hangs_at().value_or(deadline);
      if (now >= std::min(deadline, hangs_at)) return false;
      stepped_.wait_until(lock, std::min({deadline, hangs_at, now + kLookEvery}), done);
    }
    return true;
  }

  void serve(OnTrouble on_trouble) {
    watch_.begin(steady_now());
    auto failure = loop_.open(boottime_now());
    watch_.end();
    const bool is_refused = failure && on_trouble == OnTrouble::kFail;
    {
      const std::lock_guard lock(mutex_);
      first_failure_ = std::move(failure);
      marks_ = loop_.source_marks();
      opened_ = true;
    }
    stepped_.notify_all();
    if (!is_refused) {
      step_until_stopped();
      watch_.begin(steady_now());
      loop_.finish(boottime_now());
      watch_.end();
    }
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    stepped_.notify_all();
  }

  void step_until_stopped() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      woken_ = false;
      lock.unlock();
      watch_.begin(steady_now());
      auto deadline = loop_.step(boottime_now());
      watch_.end();
      const auto report = report_ ? report_->pump(boottime_now()) : std::nullopt;
      if (report && (!deadline || *report < *deadline)) deadline = report;
      show_room();
      lock.lock();
      stepped_.notify_all();
      const auto called = [this] { return woken_ || stop_; };
      if (deadline) {
        changed_.wait_for(lock, *deadline - boottime_now(), called);
      } else {
        changed_.wait(lock, called);
      }
    }
  }

  // The descriptor is readable while every ring has room. Looking at the ring and setting the descriptor are one step:
  // else the storage thread could make room between the two, and the pipeline would wait for it for ever.
  void hide_room(model::Lane lane) {
    const std::lock_guard lock(room_mutex_);
    if (ring(lane).room() == 0) room_.clear();
  }
  void show_room() {
    const std::lock_guard lock(room_mutex_);
    for (const auto& ring : rings_) {
      if (ring->room() == 0) return;
    }
    room_.wake();
  }

  std::shared_ptr<CommitReport> report_;
  const std::string directory_;
  HangWatch watch_;
  StorageLoop::Rings rings_;
  Handout handout_;
  StorageLoop loop_;
  std::mutex room_mutex_;
  base::WakeFd room_;
  mutable std::mutex mutex_;  ///< Guards what follows.
  SourceMarks marks_;
  std::optional<Failure> first_failure_;
  bool opened_ = false;  ///< The first opening is over, well or not.
  bool ended_ = false;
  std::condition_variable changed_;
  std::condition_variable stepped_;
  bool woken_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace

base::Result<std::unique_ptr<Outbox>> Outbox::start(const Options& options, const base::Clock& clock,
                                                    OnTrouble on_trouble) {
  model::Record boot_record = own_record(clock.boot_now());
  const auto utc = clock.utc_now();
  if (utc && utc->synchronised) {
    boot_record.utc = utc->time;
    boot_record.time_quality = model::TimeQuality::kNtp;
  }
  auto outbox = std::make_unique<ThreadedOutbox>(options, std::move(boot_record));
  if (const auto failure = outbox->begin(on_trouble); failure && on_trouble == OnTrouble::kFail) {
    return to_error(*failure);
  }
  return std::unique_ptr<Outbox>(std::move(outbox));
}

const char* to_string(State state) {
  switch (state) {
    case State::kStarting: return "starting";
    case State::kOk: return "ok";
    case State::kFull: return "full";
    case State::kDegradedRam: return "degraded_ram";
    case State::kReadonly: return "readonly";
    case State::kRecovering: return "recovering";
    case State::kHanging: return "hanging";
  }
  return "unknown";
}

}  // namespace odograph::outbox
