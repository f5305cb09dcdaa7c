#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace odograph::outbox {

/// Times are told of the latest so many of each kind of work.
inline constexpr std::size_t kMediumTimesKept = 256;

/// How long one kind of work takes; failed work too, since a medium that is about to fail is slow first.
struct MediumTime {
  std::uint64_t count = 0;  ///< Of all, since the start.
  std::chrono::microseconds median{0};
  std::chrono::microseconds p99{0};  ///< 99 of 100 took no longer.
  std::chrono::microseconds longest{0};
};

/// How long the medium takes for what is asked of it. One thread does the work, any may ask.
class MediumTimes {
 public:
  enum class Work { kCommit, kCheckpoint };
  /// A time that only grows; empty for the system's monotonic clock.
  using Stopwatch = std::function<std::chrono::microseconds()>;
  explicit MediumTimes(Stopwatch stopwatch);

  /// Does it, notes how long that took and returns what it returned.
  template <typename Do>
  auto take(Work work, const Do& what) {
    const auto begun = stopwatch_();
    auto done = what();
    note(work, stopwatch_() - begun);
    return done;
  }
  MediumTime told(Work work) const;

 private:
  struct Kept {
    std::uint64_t count = 0;
    std::array<std::chrono::microseconds, kMediumTimesKept> latest{};
  };
  void note(Work work, std::chrono::microseconds took);

  Stopwatch stopwatch_;
  mutable std::mutex mutex_;  ///< Guards what follows.
  std::array<Kept, 2> kept_;
};

}  // namespace odograph::outbox
