#pragma once

// For the tests of this folder: a clock, a source of tokens and a client that do as they are told, from any thread.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/kafka/token_pusher.h"

namespace odograph::kafka {

/// Moved by the test, read by the pusher's thread.
class SharedClock {
 public:
  void advance(base::Millis by) {
    const std::lock_guard lock{mutex_};
    boot_ += by;
    utc_ += by;
  }
  void step(base::Millis by) {
    const std::lock_guard lock{mutex_};
    utc_ += by;
  }
  base::BootTime boot() const {
    const std::lock_guard lock{mutex_};
    return boot_;
  }
  base::UtcTime utc() const {
    const std::lock_guard lock{mutex_};
    return utc_;
  }

 private:
  mutable std::mutex mutex_;
  base::BootTime boot_{std::chrono::minutes{5}};
  base::UtcTime utc_{base::Millis{1'795'000'000'000}};
};

/// The same, as the pusher has it.
class ClockView final : public base::Clock {
 public:
  explicit ClockView(const SharedClock& shared) : shared_(shared) {}
  base::BootTime boot_now() const override { return shared_.boot(); }
  std::optional<base::SystemUtc> utc_now() const override { return base::SystemUtc{shared_.utc(), true}; }

 private:
  const SharedClock& shared_;
};

/// Gives "token 1", "token 2", ... or what it is told to; holds every fetch while `closed`.
class Source {
 public:
  base::Result<Token> fetch() {
    std::unique_lock lock{mutex_};
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !closed_; });
    if (!errors_.empty()) {
      const base::Error error = errors_.front();
      if (errors_.size() > 1) errors_.pop_front();
      return error;
    }
    return Token{"token " + std::to_string(++made_), "AKID (test)", lifetime_};
  }
  void tell(base::Millis lifetime) {
    const std::lock_guard lock{mutex_};
    lifetime_ = lifetime;
  }
  /// The last one for ever; none: tokens again.
  void fail(std::deque<base::Error> errors) {
    const std::lock_guard lock{mutex_};
    errors_ = std::move(errors);
  }
  void close(bool closed) {
    const std::lock_guard lock{mutex_};
    closed_ = closed;
    changed_.notify_all();
  }
  bool wait_begun(int count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return begun_ >= count; });
  }
  void refused() {
    const std::lock_guard lock{mutex_};
    ++refusals_;
  }
  int refusals() const {
    const std::lock_guard lock{mutex_};
    return refusals_;
  }
  int begun() const {
    const std::lock_guard lock{mutex_};
    return begun_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int begun_ = 0;
  int refusals_ = 0;
  int made_ = 0;
  base::Millis lifetime_ = std::chrono::minutes{15};
  std::deque<base::Error> errors_;
};

/// The same, as the pusher has it.
class SourceView final : public TokenSource {
 public:
  explicit SourceView(Source& source) : source_(source) {}
  base::Result<Token> fetch() override { return source_.fetch(); }
  void refused() override { source_.refused(); }

 private:
  Source& source_;
};

/// Writes down what it hears.
class Receiver final : public TokenReceiver {
 public:
  base::Status take(const Token& token) override {
    note(token.value);
    return refusal ? base::Status{*refusal} : base::Status{};
  }
  void go_without(const std::string& why) override { note("without: " + why); }
  std::vector<std::string> heard() const {
    const std::lock_guard lock{mutex_};
    return heard_;
  }
  /// Waits for the `count`th word and returns the last one.
  std::string wait_heard(std::size_t count) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return heard_.size() >= count; })) return "nothing";
    return heard_.back();
  }

  std::optional<base::Error> refusal;  ///< Set before it is attached.

 private:
  void note(std::string word) {
    const std::lock_guard lock{mutex_};
    heard_.push_back(std::move(word));
    changed_.notify_all();
  }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
};

}  // namespace odograph::kafka
