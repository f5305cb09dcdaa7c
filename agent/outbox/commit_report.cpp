#include "agent/outbox/commit_report.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "lib/base/ids.h"

namespace odograph::outbox {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

bool continues(const CommittedRange& before, const CommittedRange& range) {
  return before.lane == range.lane && before.stream_id == range.stream_id && before.boot == range.boot &&
         before.last_n + 1 == range.first_n;
}

void join(CommittedRange& before, const CommittedRange& range) {
  before.last_n = range.last_n;
  before.commits += range.commits;
  before.own += range.own;
  if (range.last_time) before.last_time = range.last_time;
  if (range.mark) before.mark = range.mark;
}

/// Empty if the report can go there.
std::string why_not(int fd) {
  if (fd == STDIN_FILENO || fd == STDERR_FILENO) return "is taken; pass another one, as in 3>&1";
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return "is not open";
  if ((flags & O_ACCMODE) == O_RDONLY) return "is open for reading only";
  struct stat about {};
  if (::fstat(fd, &about) != 0) return reason(errno);
  if (!S_ISFIFO(about.st_mode) && !S_ISSOCK(about.st_mode) && !S_ISCHR(about.st_mode)) {
    return "is neither a pipe nor a socket; for a file, pipe through cat";
  }
  return {};
}

}  // namespace

std::vector<CommittedRange> committed_ranges(std::uint64_t stream_id, const Batch& batch) {
  std::vector<CommittedRange> ranges;
  for (const auto lane : model::kStoredLanes) {
    const auto begin = ranges.size();
    for (const Row& row : batch.transaction.rows) {
      if (row.lane != lane) continue;
      CommittedRange range{.stream_id = stream_id, .lane = lane, .boot = row.boot()};
      range.first_n = row.first_n;
      range.last_n = row.last_n();
      if (ranges.size() > begin && continues(ranges.back(), range)) {
        ranges.back().last_n = range.last_n;
      } else {
        ranges.push_back(range);
      }
    }
    if (ranges.size() == begin) continue;
    ranges.back().own = batch.tally[index_of(lane)].own;
    ranges.back().last_time = batch.tally[index_of(lane)].last_time;
    ranges.back().mark = batch.transaction.marks[index_of(lane)];
  }
  return ranges;
}

std::string to_line(const CommittedRange& range, std::uint64_t untold) {
  const auto number = [](const char* name, std::uint64_t value) {
    return std::string(",\"") + name + "\":" + std::to_string(value);
  };
  std::string line = R"({"stream_id":")" + base::to_hex16(range.stream_id) + R"(","lane":")";
  line += std::string(model::to_string(range.lane)) + '"';
  line += number("boot", range.boot) + number("first_n", range.first_n) + number("last_n", range.last_n);
  line += number("count", std::uint64_t{range.last_n} - range.first_n + 1) + number("commits", range.commits);
  if (range.own > 0) line += number("own", range.own);
  if (range.last_time) line += R"(,"last_time":")" + base::to_rfc3339(*range.last_time) + '"';
  if (range.mark) {
    line += R"(,"mark":{"offset":)" + std::to_string(range.mark->offset) + number("index", range.mark->index) + '}';
  }
  if (untold > 0) line += number("untold", untold);
  return line + "}\n";
}

base::Result<std::shared_ptr<CommitReport>> CommitReport::open(int fd) {
  const std::string name = "commit report: descriptor " + std::to_string(fd) + " ";
  if (const std::string why = why_not(fd); !why.empty()) return base::stop_error(name + why);
  base::UniqueFd owned(fd);
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return base::stop_error(name + reason(errno));
  }
  return std::shared_ptr<CommitReport>(new CommitReport(std::move(owned)));
}

void CommitReport::tell(std::uint64_t stream_id, const Batch& batch) {
  const std::lock_guard lock(mutex_);
  for (const CommittedRange& range : committed_ranges(stream_id, batch)) queue(range);
  write();
}

void CommitReport::queue(const CommittedRange& range) {
  if (!fd_) {
    ++stats_.untold;
    return;
  }
  if (waiting_.size() < kReportRangesMax) return waiting_.push_back(range);
  const auto before =
      std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const auto& it) { return it.lane == range.lane; });
  if (before != waiting_.rend() && continues(*before, range)) {
    join(*before, range);
    ++stats_.joined;
    return;
  }
  // The oldest goes, not the newest: what a reader needs most is how far things are.
  waiting_.pop_front();
  ++untold_;
  ++stats_.untold;
  waiting_.push_back(range);
}

std::optional<base::BootTime> CommitReport::pump(base::BootTime now) {
  const std::lock_guard lock(mutex_);
  write();
  if (!fd_ || (waiting_.empty() && rest_.empty())) return {};
  return now + kReportRetryAfter;
}

void CommitReport::write() {
  while (fd_ && (!rest_.empty() || !waiting_.empty())) {
    const bool is_new = rest_.empty();
    const std::string line = is_new ? to_line(waiting_.front(), untold_) : rest_;
    const ssize_t taken = ::write(fd_.get(), line.data(), line.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (taken < 0) return give_up(errno);
    if (is_new) {
      waiting_.pop_front();
      untold_ = 0;
      ++stats_.lines;
    }
    rest_ = line.substr(static_cast<std::size_t>(taken));
  }
  if (fd_) stats_.trouble = waiting_.size() < kReportRangesMax ? "" : "commit report: the reader does not keep up";
}

void CommitReport::give_up(int error) {
  fd_.reset();
  stats_.untold += waiting_.size();
  waiting_.clear();
  rest_.clear();
  stats_.trouble = "commit report: ended, nobody reads it: " + reason(error);
}

CommitReportStats CommitReport::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace odograph::outbox
