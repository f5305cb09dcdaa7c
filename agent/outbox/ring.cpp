#include "agent/outbox/ring.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "lib/base/assert.h"

namespace odograph::outbox {

std::size_t weight(const model::Record& record) {
  constexpr std::size_t kPlain = 32;
  constexpr std::size_t kSignal = 10;
  constexpr std::size_t kReport = 48;
  std::size_t bytes = kPlain + kSignal * record.signals.size();
  if (record.event) bytes += kReport + record.event->scope.size();
  if (record.boot) bytes += kReport + record.boot->agent_version.size();
  if (record.loss) bytes += kReport;
  return bytes;
}

Ring::Pushed Ring::push(Entry entry, const Now& now) {
  const std::lock_guard lock(mutex_);
  ++made_;
  if (waiting_.size() + taken_ >= records_max_) {
    const base::BootTime at = entry.record.boot_time.value_or(lost_.last);
    if (lost_.count == 0) lost_.first = at;
    lost_.last = at;
    ++lost_.count;
    ++ring_full_;
    return Pushed::kFull;
  }
  const bool was_light = bytes_ < commit_bytes_;
  bytes_ += weight(entry.record);
  waiting_.push_back(std::move(entry));
  if (waiting_.size() == 1) {
    oldest_ = now();
    return Pushed::kFirst;
  }
  return was_light && bytes_ >= commit_bytes_ ? Pushed::kHeavy : Pushed::kTaken;
}

std::size_t Ring::room() const {
  const std::lock_guard lock(mutex_);
  return records_max_ - waiting_.size() - taken_;
}

Ring::Level Ring::level() const {
  const std::lock_guard lock(mutex_);
  return {waiting_.size(), bytes_, oldest_, lost_};
}

Ring::Counts Ring::counts() const {
  const std::lock_guard lock(mutex_);
  return {made_, ring_full_, waiting_.size() + taken_, takes_.empty() ? oldest_ : takes_.front().oldest};
}

std::vector<Ring::Entry> Ring::take(std::size_t bytes, Taker taker) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  std::size_t taken_bytes = 0;
  while (count < waiting_.size() && taken_bytes < bytes) taken_bytes += weight(waiting_[count++].record);
  if (count == 0) return {};
  taken_ += count;
  bytes_ -= taken_bytes;
  takes_.push_back({count, *oldest_, taker});
  if (count == waiting_.size()) {
    oldest_.reset();
    return std::exchange(waiting_, {});
  }
  const auto rest = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Entry> entries(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(rest));
  waiting_.erase(waiting_.begin(), rest);
  return entries;
}

void Ring::settle(std::size_t records, Taker taker) {
  const std::lock_guard lock(mutex_);
  ODOGRAPH_ASSERT(records <= taken_);
  taken_ -= records;
  while (records > 0) {
    const auto take = std::find_if(takes_.begin(), takes_.end(), [&](const Take& each) { return each.taker == taker; });
    ODOGRAPH_ASSERT(take != takes_.end());
    const std::size_t part = std::min(records, take->records);
    take->records -= part;
    records -= part;
    if (take->records == 0) takes_.erase(take);
  }
}

void Ring::told(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  ODOGRAPH_ASSERT(count <= lost_.count);
  lost_.count -= count;
  // What was lost since began after the last loss that was told.
  lost_.first = lost_.last;
}

}  // namespace odograph::outbox
