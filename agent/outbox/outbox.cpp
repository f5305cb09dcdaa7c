#include "agent/outbox/outbox.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/outbox/commit_report.h"
#include "agent/outbox/handout.h"
#include "agent/outbox/ring.h"
#include "agent/outbox/storage_loop.h"
#include "lib/base/wake_fd.h"

namespace odograph::outbox {
namespace {

using base::BootTime;

BootTime boottime_now() { return base::RealClock().boot_now(); }

/// The thread around the storage loop, and the rings and queues at its two ends.
class ThreadedOutbox final : public Outbox {
 public:
  ThreadedOutbox(const Options& options, model::Record boot_record)
      : report_(options.commit_report),
        handout_([this] { wake(); }),
        loop_({options, std::move(boot_record), rings_, handout_}) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      rings_[i] = std::make_unique<Ring>(options.ring_records[i], options.commit_bytes);
    }
    room_.wake();
  }

  ~ThreadedOutbox() override {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
    loop_.finish(boottime_now());
  }

  std::optional<Failure> open() { return loop_.open(boottime_now()); }
  void run() {
    marks_ = loop_.source_marks();
    thread_ = std::thread([this] { serve(); });
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
  SourceMarks source_marks() const override { return marks_; }

  std::optional<Chunk> next(model::Lane lane) override { return handout_.next(lane); }
  int chunk_fd(model::Lane lane) const override { return handout_.fd(lane); }
  void ack(ChunkId through) override { handout_.ack(through); }
  void rewind(model::Lane lane) override { handout_.rewind(lane); }
  int salvage_fd() const override { return handout_.salvage_fd(); }
  std::optional<Chunk> next_salvaged() override { return handout_.next_salvaged(); }
  void ack_salvaged(ChunkId through) override { handout_.ack_salvaged(through); }
  void rewind_salvaged() override { handout_.rewind_salvaged(); }
  Stats stats() const override {
    Stats stats = loop_.stats(boottime_now());
    if (report_) stats.commit_report = report_->stats();
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

  void serve() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      woken_ = false;
      lock.unlock();
      auto deadline = loop_.step(boottime_now());
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
  StorageLoop::Rings rings_;
  Handout handout_;
  StorageLoop loop_;
  SourceMarks marks_;
  std::mutex room_mutex_;
  base::WakeFd room_;
  std::mutex mutex_;
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
  if (const auto failure = outbox->open(); failure && on_trouble == OnTrouble::kFail) return to_error(*failure);
  outbox->run();
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
  }
  return "unknown";
}

}  // namespace odograph::outbox
