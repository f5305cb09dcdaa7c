#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/outbox/batch.h"
#include "agent/outbox/outbox.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/base/unique_fd.h"

namespace odograph::outbox {

/// Consecutive records of one lane and boot that are durable: one line of the report.
struct CommittedRange {
  std::uint64_t stream_id = 0;
  model::Lane lane = model::Lane::kBulk;
  std::uint32_t boot = 0;
  std::uint32_t first_n = 0;
  std::uint32_t last_n = 0;
  std::uint64_t commits = 1;               ///< Of how many commits, where the reader did not keep up.
  std::uint64_t own = 0;                   ///< Made by the outbox itself among them (boot and loss records).
  std::optional<base::UtcTime> last_time;  ///< Of the last record that came from the pipeline, where it told one.
  std::optional<SourceMark> mark;          ///< The rewindable source's, in this lane.
  friend bool operator==(const CommittedRange&, const CommittedRange&) = default;
};

/// What `batch` made durable in the file `stream_id`, lane by lane.
std::vector<CommittedRange> committed_ranges(std::uint64_t stream_id, const Batch& batch);

/// One JSON object and a line feed, at most kReportLineBytesMax: `stream_id` (16 hex digits), `lane`, `boot`,
/// `first_n`, `last_n`, `count`, `commits`; where there is one `own`, `last_time` (RFC 3339), `mark` (`offset`,
/// `index`). `untold`: ranges that were dropped since the line before; then they are in it too.
std::string to_line(const CommittedRange& range, std::uint64_t untold);

/// Of a line; below PIPE_BUF, so that a pipe takes it whole or not at all.
inline constexpr std::size_t kReportLineBytesMax = 512;
/// Ranges that wait for a slow reader.
inline constexpr std::size_t kReportRangesMax = 256;
/// A reader that had no room is tried again this much later.
inline constexpr base::Millis kReportRetryAfter{50};

/// Writes what is durable to a pipe or socket, for a feeder that wants an acknowledgement, without ever waiting for it.
///
/// Told after the commit, never before. A reader that does not keep up gets fewer and longer ranges: once
/// kReportRangesMax wait, a range is joined to the one before it in its lane. What cannot be joined (another file came
/// in between) is dropped, counted, and told by `untold` in the next line. A reader that is gone ends the report, not
/// the agent. Whoever writes to a pipe must ignore SIGPIPE (service::Signals does).
///
/// `tell` and `pump` are for the storage thread, `stats` for any.
class CommitReport {
 public:
  /// Takes `fd` over and makes it non-blocking. `kStop` if it is not open, is standard input or error, cannot be
  /// written to, or is a file: writing to one can wait for its disk.
  static base::Result<std::shared_ptr<CommitReport>> open(int fd);

  void tell(std::uint64_t stream_id, const Batch& batch);
  /// Writes what waits, as far as it goes. When it wants to be called again; nothing if nothing waits.
  std::optional<base::BootTime> pump(base::BootTime now);
  CommitReportStats stats() const;

 private:
  explicit CommitReport(base::UniqueFd fd) : fd_(std::move(fd)) {}
  void queue(const CommittedRange& range);
  void write();
  void give_up(int error);

  mutable std::mutex mutex_;
  base::UniqueFd fd_;  ///< None once the reader is gone.
  std::deque<CommittedRange> waiting_;
  std::string rest_;          ///< Of the line that a socket took in part.
  std::uint64_t untold_ = 0;  ///< Dropped since the last line.
  CommitReportStats stats_;
};

}  // namespace odograph::outbox
