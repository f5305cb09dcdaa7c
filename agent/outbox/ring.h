#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "agent/outbox/outbox.h"
#include "lib/base/time.h"

namespace odograph::outbox {

/// The storage thread's clock: monotonic, in suspend too; called from any thread. Never the pipeline's clock, which a
/// replay drives from its own thread.
using Now = std::function<base::BootTime()>;

/// What a record will take in a chunk before compression, about, in bytes.
std::size_t weight(const model::Record& record);

/// One lane's records between the pipeline and their commit, at most `records_max` of them. Any thread.
class Ring {
 public:
  struct Entry {
    model::Record record;
    std::optional<SourceMark> mark;
    std::uint64_t rule_set = 0;
  };
  /// Records that found no room and of which no loss record tells yet.
  struct Lost {
    std::uint64_t count = 0;
    base::BootTime first;  ///< Pipeline's time of the first and last of them.
    base::BootTime last;
  };
  struct Level {
    std::size_t waiting = 0;               ///< Not yet taken.
    std::size_t bytes = 0;                 ///< Their weight.
    std::optional<base::BootTime> oldest;  ///< On the storage thread's clock; nothing if none waits.
    Lost lost;
  };
  struct Counts {
    std::uint64_t made = 0;
    std::uint64_t ring_full = 0;
    std::size_t held = 0;                      ///< Waiting, or taken and not settled.
    std::optional<base::BootTime> held_since;  ///< The oldest of them; on the storage thread's clock.
  };
  enum class Pushed {
    kFull,  ///< Lost, and counted.
    kTaken,
    kFirst,  ///< Taken by an empty ring: a deadline begins.
    kHeavy,  ///< Taken, and with it the ring reached `commit_bytes`.
  };

  /// Who took records: each settles its own, oldest first.
  enum class Taker { kFile, kMemory };

  Ring(std::size_t records_max, std::size_t commit_bytes) : records_max_(records_max), commit_bytes_(commit_bytes) {}

  Pushed push(Entry entry, const Now& now);
  std::size_t room() const;
  Level level() const;
  Counts counts() const;

  /// What waits, oldest first, until it weighs `bytes`; the rest is as old as what was taken. It keeps its room until
  /// it is settled.
  std::vector<Entry> take(std::size_t bytes, Taker taker = Taker::kFile);
  /// The oldest `records` that `taker` took are durable, or given up: their room is free.
  void settle(std::size_t records, Taker taker = Taker::kFile);
  /// A loss record about `count` lost records is durable.
  void told(std::uint64_t count);

 private:
  const std::size_t records_max_;
  const std::size_t commit_bytes_;
  mutable std::mutex mutex_;
  std::vector<Entry> waiting_;
  std::size_t taken_ = 0;
  std::size_t bytes_ = 0;
  std::optional<base::BootTime> oldest_;
  struct Take {
    std::size_t records = 0;  ///< Not yet settled.
    base::BootTime oldest;
    Taker taker = Taker::kFile;
  };
  std::deque<Take> takes_;  ///< Oldest first; as many as `taken_` at the most.
  Lost lost_;
  std::uint64_t made_ = 0;
  std::uint64_t ring_full_ = 0;
};

}  // namespace odograph::outbox
