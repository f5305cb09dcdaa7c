#include "lib/kafka/connect_gate.h"

#include <algorithm>
#include <utility>

namespace odograph::kafka {

ConnectGate::ConnectGate(ReconnectLimits limits, std::string_view vehicle_id, std::function<std::uint64_t()> random)
    : serves_(std::min<std::chrono::milliseconds>(kServes, limits.spread)),
      random_(std::move(random)),
      schedule_(limits, place_of(vehicle_id)) {}

bool ConnectGate::may_enter(const std::string& broker, TimePoint now) const {
  if (is_one_enough() && !trying_.empty()) return false;
  return !round_at_ || now >= *round_at_ || (!is_one_enough() && tried_.count(broker) == 0);
}

bool ConnectGate::is_open(const std::string& broker, TimePoint now) const {
  const std::lock_guard lock{mutex_};
  return may_enter(broker, now);
}

bool ConnectGate::enter(const std::string& broker, TimePoint now) {
  const std::lock_guard lock{mutex_};
  if (!may_enter(broker, now)) return false;
  if (round_at_ && now >= *round_at_) {
    round_at_.reset();
    tried_.clear();
    probe_ = probe_ == Probe::kWaits ? Probe::kUnderWay : Probe::kNone;
  }
  tried_.insert(broker);
  trying_.insert(broker);
  return true;
}

void ConnectGate::connected(const std::string& broker) {
  const std::lock_guard lock{mutex_};
  if (trying_.erase(broker) == 0) return;
  connected_.insert(broker);
  is_silent_ = false;
}

void ConnectGate::leave(const std::string& broker, std::chrono::milliseconds lasted, Failure failure, TimePoint now) {
  const std::lock_guard lock{mutex_};
  trying_.erase(broker);
  connected_.erase(broker);
  if (lasted >= serves_) {
    schedule_.succeeded();
    tried_.erase(broker);
    if (probe_ == Probe::kUnderWay) probe_ = Probe::kNone;
    if (failure == Failure::kSilent || !connected_.empty() || (round_at_ && *round_at_ > now)) return;
    round_at_ = schedule_.after_end(now, random_());
    probe_ = Probe::kWaits;
    return;
  }
  is_silent_ = failure == Failure::kSilent && connected_.empty();
  if (!round_at_ || schedule_.is_worse(failure)) round_at_ = schedule_.after_failure(failure, now, random_());
}

void ConnectGate::release(const std::string& broker) {
  const std::lock_guard lock{mutex_};
  trying_.erase(broker);
  connected_.erase(broker);
  tried_.erase(broker);
}

std::optional<ConnectGate::TimePoint> ConnectGate::next_round() const {
  const std::lock_guard lock{mutex_};
  return round_at_;
}

}  // namespace odograph::kafka
