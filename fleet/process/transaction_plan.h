#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/base/backoff.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace odograph::process {

/// What was being done when something failed.
enum class Phase {
  kTakeOver,  ///< Before the first transaction of a producer.
  kWrite,     ///< Begin, send, flush.
  kOffsets,
  kCommit,
  kAbort,
};

/// What to do about it.
enum class Remedy {
  kAgain,    ///< The same once more.
  kAbort,    ///< Abort, drop the state, restore it, go on from the committed offsets.
  kReplace,  ///< The same with a new producer of the same name instead of an abort.
  kStop,     ///< Nothing more may be written; the program ends.
};

/// What failed, and how.
struct Failure {
  Phase phase = Phase::kWrite;
  base::Action action = base::Action::kRetry;
  int fences = 0;        ///< How often in a row, this one included, the producer was found to be fenced.
  bool refused = false;  ///< The brokers do not let this identity do it, or do not take its token.
};

/// A time-out leaves the transaction in doubt wherever it happens, so the producer is replaced. A fence may be the
/// brokers' own (a transaction that was open for too long, as after a suspended process), and then a new producer has
/// the name again; if others take it away again and again, two instances have one name and this one gives in. What was
/// refused stays marked in the handle, which would go on asking: it goes, and the next one is made after the pause.
Remedy remedy_of(const Failure& failure);
inline constexpr int kFencesMax = 5;

/// How long to wait before the next try after so many failures in a row: 200 ms, doubled each time, at most 5 s.
base::Millis pause_after(int failures);

/// Counts failures, and says how long to wait after each. Only a commit shows that all is well again.
class Pauses {
 public:
  /// `random`: 64 random bits. What was refused waits as a vehicle does, half a minute to a quarter of an hour.
  base::Millis after_failure(bool refused, std::uint64_t random) {
    ++failures_;
    if (!refused) return pause_after(failures_);
    return base::backoff_after(++refusals_, base::kRefusedBackoff, random);
  }
  void committed() {
    failures_ = 0;
    refusals_ = 0;
  }
  /// Other credentials, which may be allowed more: the first refusal is the first one again.
  void renewed() { refusals_ = 0; }
  int failures() const { return failures_; }  ///< In a row.

 private:
  int failures_ = 0;
  unsigned refusals_ = 0;
};

/// When a transaction is to be committed: by time, and by bytes before they become a burden. Not by counts: a
/// transaction costs 3 to 5 ms of CPU, whatever is in it.
class CommitPolicy {
 public:
  static constexpr std::size_t kBytesMax = 16 << 20;

  explicit CommitPolicy(base::Millis interval) : interval_(interval) {}

  /// Something that belongs into the transaction was done: the first of it starts the clock.
  void add(base::BootTime now, std::size_t bytes) {
    if (!has_work_) due_at_ = now + interval_;
    has_work_ = true;
    bytes_ += bytes;
  }
  void reset() {
    has_work_ = false;
    bytes_ = 0;
  }
  bool has_work() const { return has_work_; }
  bool is_due(base::BootTime now) const { return has_work_ && (now >= due_at_ || bytes_ >= kBytesMax); }

 private:
  base::Millis interval_;
  bool has_work_ = false;
  std::size_t bytes_ = 0;
  base::BootTime due_at_{};
};

}  // namespace odograph::process
