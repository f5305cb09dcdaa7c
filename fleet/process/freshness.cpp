#include "fleet/process/freshness.h"

#include <algorithm>
#include <array>

namespace odograph::process {
namespace {

/// Seconds. From below a commit's interval up to the days that a vehicle may have been out of reach.
constexpr std::array kBounds = {0.1,  0.25,  0.5,    1.0,    2.0,      5.0,      10.0,     30.0,
                                60.0, 300.0, 1800.0, 7200.0, 43'200.0, 86'400.0, 604'800.0};

base::Histogram empty() { return base::Histogram(kBounds); }

}  // namespace

Freshness::Measured::Measured() : all(empty()), before(empty()), now(empty()) {}

void Freshness::Measured::add(base::Millis duration) {
  const double seconds = static_cast<double>(duration.count()) / 1000;
  all.add(seconds);
  now.add(seconds);
}

Latency Freshness::Measured::latency() const {
  Latency latency{all, before};
  latency.recent.merge(now);
  return latency;
}

Freshness::Freshness() = default;

void Freshness::on_message(const kafka::Message& message, std::optional<base::UtcTime> event) {
  At& at = at_[message.partition];
  at.next = message.offset + 1;
  at.appended.reset();
  if (message.timestamp_ms >= 0) at.appended = base::UtcTime(base::Millis(message.timestamp_ms));
  if (pending_.size() < kPendingMax) pending_.push_back({event, at.appended});
}

void Freshness::on_end(const kafka::TopicPartition& end) {
  const auto found = at_.find(end.partition);
  if (found != at_.end()) found->second.next = std::max(found->second.next, end.offset);
}

void Freshness::on_commit(base::UtcTime now, base::BootTime boot_now) {
  if (!turned_at_) turned_at_ = boot_now;
  if (boot_now - *turned_at_ >= kRecent) {
    const bool is_long_ago = boot_now - *turned_at_ >= 2 * kRecent;
    for (Measured* each : {&event_, &append_}) {
      each->before = is_long_ago ? empty() : std::move(each->now);
      each->now = empty();
    }
    turned_at_ = boot_now;
  }
  for (const Pending& each : pending_) {
    if (each.event) event_.add(now - *each.event);
    if (each.appended) append_.add(now - *each.appended);
  }
  pending_.clear();
}

void Freshness::on_anew() {
  at_.clear();
  pending_.clear();
}

std::vector<PartitionLag> Freshness::lags(const High& high, std::optional<base::UtcTime> now) const {
  std::vector<PartitionLag> lags;
  for (const auto& [partition, at] : at_) {
    const auto end = high(partition);
    if (!end) continue;
    PartitionLag lag{.partition = partition, .next = at.next, .waiting = std::max<std::int64_t>(*end - at.next, 0)};
    if (lag.waiting == 0) {
      lag.behind = base::Millis(0);
    } else if (now && at.appended) {
      lag.behind = std::max(*now - *at.appended, base::Millis(0));
    }
    lags.push_back(lag);
  }
  return lags;
}

}  // namespace odograph::process
