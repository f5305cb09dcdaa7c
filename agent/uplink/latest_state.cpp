#include "agent/uplink/latest_state.h"

#include <algorithm>
#include <utility>

#include "lib/wire/merge.h"

namespace odograph::uplink {

void LatestState::put(const model::Record& bulk, TimePoint now) {
  const std::lock_guard lock{mutex_};
  keep_signals(bulk);
  newest_ = bulk;
  newest_->signals.clear();
  ++number_;
  at_ = now;
  if (!std::exchange(shown_changed_, true)) changed_.wake();
}

void LatestState::clear() {
  const std::lock_guard lock{mutex_};
  if (std::exchange(shown_changed_, false)) changed_.clear();
}

void LatestState::keep_signals(const model::Record& bulk) {
  for (const model::Signal& signal : bulk.signals) {
    const auto same = [&](const Kept& kept) { return kept.signal.def->name == signal.def->name; };
    const auto before = std::find_if(signals_.begin(), signals_.end(), same);
    if (before != signals_.end()) {
      signals_.erase(before);
    } else if (signals_.size() >= kSignalsMax) {
      signals_.erase(signals_.begin());
    }
    signals_.push_back({signal, bulk.boot_time.value_or(base::BootTime{})});
  }
}

void LatestState::set_anchor(outbox::Anchor anchor) {
  const std::lock_guard lock{mutex_};
  anchor_ = anchor;
}

std::optional<base::UtcTime> LatestState::utc() const {
  if (newest_->utc || !newest_->boot_time || anchor_.quality == model::TimeQuality::kNone) return newest_->utc;
  return base::UtcTime{newest_->boot_time->time_since_epoch() + anchor_.offset};
}

LatestState::Look LatestState::look() const {
  const std::lock_guard lock{mutex_};
  if (!newest_) return {};
  return {number_, utc(), at_};
}

std::optional<model::Record> LatestState::record() const {
  const std::lock_guard lock{mutex_};
  if (!newest_) return std::nullopt;
  std::vector<model::Record> one{*newest_};
  wire::apply_anchor(one, anchor_.offset, anchor_.quality);
  model::Record& record = one.front();
  if (!record.utc) return std::nullopt;
  record.n = 0;
  const base::BootTime now = record.boot_time.value_or(base::BootTime{});
  for (const Kept& kept : signals_) {
    if (now - kept.at <= kSignalAgeMax) record.signals.push_back(kept.signal);
  }
  return std::move(record);
}

}  // namespace odograph::uplink
