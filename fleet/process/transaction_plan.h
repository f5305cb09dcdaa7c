#pragma once

#include <cstddef>
#include <cstdint>

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

/// `fences`: how often in a row, this one included, the producer was found to be fenced.
///
/// A time-out leaves the transaction in doubt wherever it happens, so the producer is replaced. A fence may be the
/// brokers' own (a transaction that was open for too long, as after a suspended process), and then a new producer has
/// the name again; if others take it away again and again, two instances have one name and this one gives in.
Remedy remedy_of(Phase phase, base::Action action, int fences);
inline constexpr int kFencesMax = 5;

/// How long to wait before the next try after so many failures in a row: 200 ms, doubled each time, at most 5 s.
base::Millis pause_after(int failures);

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
