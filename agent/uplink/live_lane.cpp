#include "agent/uplink/live_lane.h"

#include <utility>

namespace odograph::uplink {

std::optional<TimePoint> LiveLane::due_at(const Surroundings& around) const {
  if (!limits_) return std::nullopt;
  const LatestState::Look look = latest_.look();
  PreviewView view;
  view.connected = around.connected;
  view.outstanding = outstanding_bytes_.has_value();
  view.oldest_bulk = around.oldest_bulk;
  if (look.number > told_) view.latest = look.utc;
  view.latest_at = look.at;
  view.last_sent = last_sent_;
  return preview_due(view, limits_in(around));
}

PreviewLimits LiveLane::limits_in(const Surroundings& around) const {
  PreviewLimits limits = *limits_;
  limits.behind += around.bulk_waits;
  return limits;
}

bool LiveLane::wants_state(const Surroundings& around, TimePoint now) const {
  if (!limits_ || !around.connected || !around.oldest_bulk || outstanding_bytes_) return false;
  if (last_sent_ && now < *last_sent_ + limits_->every) return false;
  const LatestState::Look look = latest_.look();
  return look.utc && *look.utc - *around.oldest_bulk > limits_in(around).behind;
}

void LiveLane::note_undated(const Surroundings& around, TimePoint now) {
  if (!limits_ || !around.connected || !around.oldest_bulk) return;
  const LatestState::Look look = latest_.look();
  if (look.number <= told_ || look.utc) return;
  if (undated_at_ && now < *undated_at_ + limits_->every) return;
  undated_at_ = now;
  ++stats_.no_time;
}

std::string LiveLane::make(wire::BatchHeader header) {
  made_ = latest_.look().number;
  std::optional<model::Record> record = latest_.record();
  if (!record) return {};
  header.lane = model::Lane::kLive;
  return wire::encode(header, {&*record, 1});
}

void LiveLane::sent(std::size_t bytes, TimePoint now) {
  outstanding_bytes_ = bytes;
  told_ = made_;
  last_sent_ = now;
  ++stats_.sent;
  stats_.bytes += bytes;
}

void LiveLane::refused(TimePoint now) {
  told_ = made_;
  last_sent_ = now;
  ++stats_.refused;
}

std::size_t LiveLane::reported(bool stored) {
  ++(stored ? stats_.stored : stats_.failed);
  return std::exchange(outstanding_bytes_, std::nullopt).value_or(0);
}

std::size_t LiveLane::rewind() {
  if (!outstanding_bytes_) return 0;
  return reported(false);
}

}  // namespace odograph::uplink
