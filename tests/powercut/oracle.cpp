#include "tests/powercut/oracle.h"

#include <algorithm>
#include <utility>

#include "lib/wire/record_batch.h"
#include "tests/powercut/records.h"

namespace odograph::powercut {
namespace {

constexpr const char* kNames[kLanes] = {"alert", "event", "bulk"};

std::string name_of(std::size_t lane, std::uint32_t boot, std::uint64_t n) {
  return std::string(kNames[lane]) + " " + std::to_string(boot) + "/" + std::to_string(n);
}
bool is_own(const model::Record& record) { return record.boot || record.loss; }
std::uint32_t serial_of(const model::Record& record) { return static_cast<std::uint32_t>(record.alt_cm.value_or(-1)); }

}  // namespace

void Oracle::found_wrong(std::string what) {
  if (wrong_.empty()) wrong_ = std::move(what);
}

void Oracle::process_started() {
  process_ = {};
  last_id_ = {};
}

void Oracle::process_ended() {
  if (process_.boot != 0) ended_[process_.boot] = process_;
}

const Oracle::Process* Oracle::process_of(std::uint32_t boot) const {
  if (boot == process_.boot) return &process_;
  const auto found = ended_.find(boot);
  return found == ended_.end() ? nullptr : &found->second;
}

Oracle::Number& Oracle::number(std::size_t lane, std::uint32_t boot, std::uint32_t n) {
  auto& numbers = numbers_[lane][boot];
  if (numbers.size() < n) numbers.resize(n);
  return numbers[n - 1];
}

void Oracle::opened(const outbox::Stats& stats, const outbox::SourceMarks& marks) {
  if (has_promised_ && stats.stream_id != stream_id_) found_wrong("the stream is another one");
  stream_id_ = stats.stream_id;
  if (ended_.contains(stats.boot)) found_wrong("boot " + std::to_string(stats.boot) + " is used twice");
  process_.boot = stats.boot;
  marks_ = marks;
}

void Oracle::pushed(model::Lane lane, std::uint32_t serial, bool taken) {
  if (taken) {
    process_.taken[index(lane)].push_back(serial);
  } else {
    ++process_.refused[index(lane)];
  }
}

void Oracle::promised(const outbox::Stats& stats) {
  if (process_.boot != 0 && stats.boot != process_.boot) found_wrong("the file was given up: " + stats.trouble);
  for (std::size_t i = 0; i < kLanes; ++i) {
    const auto& lane = stats.lanes[i];
    if (lane.ring_full != process_.refused[i]) found_wrong(std::string(kNames[i]) + ": refused records not counted");
    if (lane.made != lane.durable + lane.ring_full + lane.in_ring) {
      found_wrong(std::string(kNames[i]) + ": made is not durable, lost and waiting together");
    }
    if (lane.corrupt > 0) found_wrong(std::string(kNames[i]) + ": corrupt chunks");
    process_.durable[i] = lane.durable;
    has_promised_ = has_promised_ || lane.durable > 0;
  }
}

void Oracle::flushed() {
  for (std::size_t i = 0; i < kLanes; ++i) process_.flushed[i] = process_.taken[i].size();
  has_promised_ = true;
}

void Oracle::handed(const outbox::Chunk& chunk) {
  const std::size_t lane = index(chunk.lane);
  const std::uint64_t id = static_cast<std::uint64_t>(chunk.boot) << 32 | chunk.chunk_no;
  if (id <= last_id_[lane]) found_wrong(std::string(kNames[lane]) + ": a chunk out of order");
  last_id_[lane] = id;
  if (chunk.stream_id != stream_id_) found_wrong("a chunk of another stream");
  const auto records = wire::unpack(chunk.packed.codec, chunk.packed.columns, chunk.first_n, chunk.count);
  if (!records) return found_wrong(name_of(lane, chunk.boot, chunk.first_n) + ": " + records.error().what);
  for (const auto& record : *records) handed(chunk, record);
}

void Oracle::handed(const outbox::Chunk& chunk, const model::Record& record) {
  const std::size_t lane = index(chunk.lane);
  const std::string name = name_of(lane, chunk.boot, record.n);
  const Process* from = process_of(chunk.boot);
  if (chunk.boot == process_.boot && record.n > process_.durable[lane]) {
    if (!is_sent_first(lane)) found_wrong(name + " came before it was durable");
    ++sent_first_;
  }
  if (const auto ends = ends_.find(chunk.boot); ends != ends_.end()) {
    const std::uint32_t told[kLanes] = {ends->second.alert, ends->second.event, ends->second.bulk};
    if (record.n > told[lane]) found_wrong(name + " lies behind the end that was told");
  }
  Number& known = number(lane, chunk.boot, record.n);
  if (known.is_handed) {
    ++handed_again_;
    if (!(known.record == record)) found_wrong(name + " is another record than before");
    return;
  }
  known.is_handed = true;
  known.record = record;
  if (record.loss) return check_loss(*record.loss);
  if (record.boot) return check_boot(*record.boot);
  model::Record pushed = record_of(chunk.lane, serial_of(record), weather_);
  pushed.n = record.n;
  if (!(pushed == record)) found_wrong(name + " was altered");
  if (from == nullptr || !std::binary_search(from->taken[lane].begin(), from->taken[lane].end(), serial_of(record))) {
    found_wrong(name + " was not pushed in that boot");
  }
}

void Oracle::check_loss(const model::LossReport& loss) {
  const std::size_t lane = index(loss.lane);
  if (loss.reason == model::LossReason::kRingFull) {
    auto& told = told_[loss.boot][lane];
    told += loss.count;
    ring_losses_told_ += loss.count;
    const Process* from = process_of(loss.boot);
    if (from == nullptr || told > from->refused[lane]) found_wrong("more ring losses told than there were");
    return;
  }
  const bool is_thinned = loss.reason == model::LossReason::kThinned && loss.lane == model::Lane::kBulk;
  if (loss.reason != model::LossReason::kEvictedSpace && !is_thinned)
    found_wrong(name_of(lane, loss.boot, loss.first_n) + " is corrupt");
  // Of a run that was thinned some are left; of one that is dropped some may have been left out before.
  if (loss.first_n == 0 || loss.last_n < loss.first_n || loss.count == 0 ||
      loss.count > loss.last_n - loss.first_n + 1) {
    return found_wrong(name_of(lane, loss.boot, loss.first_n) + ": a loss record that does not count right");
  }
  lost_told_[loss.boot][lane] += loss.count;
  for (std::uint32_t n = loss.first_n; n <= loss.last_n; ++n) number(lane, loss.boot, n).is_lost = true;
  has_evicted_[lane] = true;
  (is_thinned ? thinned_ : evicted_) += loss.count;
}

void Oracle::check_boot(const model::BootReport& report) {
  const Process* previous = process_of(report.previous_boot);
  ends_[report.previous_boot] = report.previous_ends;
  if (previous == nullptr) return;
  if (report.previous_clean ? !previous->tried_to_end_cleanly : previous->is_clean) {
    found_wrong("boot " + std::to_string(report.previous_boot) + " ended otherwise than told");
  }
  const std::uint32_t told[kLanes] = {report.previous_ends.alert, report.previous_ends.event,
                                      report.previous_ends.bulk};
  for (std::size_t i = 0; i < kLanes; ++i) {
    if (told[i] < previous->durable[i] && !is_sent_first(i))
      found_wrong(name_of(i, report.previous_boot, told[i]) + " is told as the end");
  }
}

void Oracle::drained() {
  for (std::size_t i = 0; i < kLanes; ++i) {
    for (const auto& [boot, process] : ended_) check_numbers(i, boot);
    for (const auto& [boot, numbers] : numbers_[i]) check_numbers(i, boot);
  }
  if (bulk_ == Bulk::kStored) check_marks();
}

/// Of a chunk that was thinned to records that tell their own time the loss record may still wait for one: it is an
/// event of the running boot.
bool Oracle::waits_to_tell() const {
  const std::size_t events = index(model::Lane::kEvent);
  const auto handed = numbers_[events].find(process_.boot);
  return (handed == numbers_[events].end() ? 0 : handed->second.size()) < process_.durable[events];
}

void Oracle::check_numbers(std::size_t lane, std::uint32_t boot) {
  const Process* process = process_of(boot);
  if (process == nullptr) return found_wrong("records of a boot that never was");
  const auto& numbers = numbers_[lane][boot];
  // Of the running boot some may still wait for their time.
  const std::uint64_t durable = process == &process_ ? 0 : process->durable[lane];
  if (numbers.size() < durable)
    return found_wrong(name_of(lane, boot, numbers.size() + 1) + " was durable and is gone");
  std::size_t next = 0;
  std::size_t lost = 0;
  std::size_t untold = 0;
  bool is_exact = true;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Number& known = numbers[i];
    if (!known.is_handed) {
      if (!known.is_lost && !waits_to_tell()) {
        return found_wrong(name_of(lane, boot, i + 1) + " is gone and nothing says so");
      }
      ++(known.is_lost ? lost : untold);
      is_exact = false;
      continue;
    }
    if (is_own(known.record)) continue;
    const auto& taken = process->taken[lane];
    const auto from = taken.begin() + static_cast<std::ptrdiff_t>(std::min(next, taken.size()));
    const auto found = std::find(from, taken.end(), serial_of(known.record));
    if (found == taken.end() || (is_exact && found != from)) {
      return found_wrong(name_of(lane, boot, i + 1) + " is not the record that was pushed there");
    }
    next = static_cast<std::size_t>(found - taken.begin()) + 1;
    is_exact = true;
  }
  if (lost > 0 && lost > lost_told_[boot][lane]) {
    return found_wrong(name_of(lane, boot, numbers.size()) +
                       ": of the numbers up to here more are gone than were told");
  }
  if (process != &process_ && next + lost + untold < process->flushed[lane]) {
    found_wrong(name_of(lane, boot, numbers.size() + 1) + " was flushed and is gone");
  }
}

void Oracle::check_marks() {
  for (std::size_t i = 0; i < kLanes; ++i) {
    std::optional<std::uint64_t> last;
    std::optional<std::uint64_t> promised;
    for (const auto& [boot, process] : ended_) {
      // The outbox's own records share the event lane's numbers.
      const std::size_t by_number = i == index(model::Lane::kEvent) ? 0 : process.durable[i];
      const std::size_t count = std::max<std::size_t>(by_number, process.flushed[i]);
      if (count > 0 && count <= process.taken[i].size()) promised = process.taken[i][count - 1];
      if (!numbers_[i].contains(boot)) continue;
      for (const Number& known : numbers_[i].at(boot)) {
        if (known.is_handed && !is_own(known.record)) last = serial_of(known.record);
      }
    }
    const auto mark = marks_[i] ? std::optional(marks_[i]->offset) : std::nullopt;
    if (promised && (!mark || *mark < *promised)) found_wrong(std::string(kNames[i]) + ": the mark is behind");
    if (mark && !has_evicted_[i] && (!last || *mark > *last))
      found_wrong(std::string(kNames[i]) + ": the mark is ahead");
  }
}

}  // namespace odograph::powercut
