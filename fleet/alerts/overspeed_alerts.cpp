#include "fleet/alerts/overspeed_alerts.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "fleet/alerts/alert_id.h"
#include "fleet/alerts/values.h"
#include "lib/base/ids.h"
#include "lib/rules/life.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::alerts {
namespace {

constexpr char kRule[] = "overspeed";

std::string start_text(const Origin& origin, const model::Record& record, const model::RuleEvent& event) {
  if (record.utc) return std::to_string((*record.utc - event.start_ago).time_since_epoch().count());
  // Nobody will ever know the time. The boot's own time line names the episode as well, within the stream.
  std::string boot = base::to_hex16(origin.stream_id) + '/' + std::to_string(origin.boot) + '/';
  if (origin.boot_nonce != 0) boot += std::to_string(origin.boot_nonce) + '/';
  if (!record.boot_time) return boot + 'n' + std::to_string(record.n);
  return boot + std::to_string((*record.boot_time - event.start_ago).time_since_epoch().count());
}

odograph::Alert::State state_of(model::EventPhase phase) {
  switch (phase) {
    case model::EventPhase::kStart: return odograph::Alert::RAISED;
    case model::EventPhase::kUpdate: return odograph::Alert::UPDATED;
    case model::EventPhase::kEnd: return odograph::Alert::CLEARED;
    case model::EventPhase::kInstant: break;
  }
  return odograph::Alert::STATE_UNSPECIFIED;
}

odograph::Alert::Reason reason_of(model::EndReason reason) {
  switch (reason) {
    case model::EndReason::kRecovered: return odograph::Alert::RECOVERED;
    case model::EndReason::kLeftScope: return odograph::Alert::LEFT_SCOPE;
    case model::EndReason::kExpired: return odograph::Alert::EXPIRED;
    case model::EndReason::kNone: break;
  }
  return odograph::Alert::REASON_UNSPECIFIED;
}

/// Everything but the revision, which is counted, not told.
odograph::Alert to_alert(const Origin& origin, const model::Record& record, const model::RuleEvent& event) {
  odograph::Alert alert;
  const std::string start = start_text(origin, record, event);
  alert.set_alert_id(alert_id({origin.vehicle_id, kRule, event.scope, start}));
  alert.set_state(state_of(event.phase));
  alert.set_vehicle_id(origin.vehicle_id);
  alert.set_rule(kRule);
  alert.set_scope(event.scope);
  alert.set_severity(static_cast<odograph::Severity>(event.severity));
  alert.set_unit("m/s");
  alert.set_limit(to_mps(event.limit_cmps));
  alert.set_value(to_mps(event.value_cmps));
  alert.set_peak(to_mps(event.peak_cmps));
  *alert.mutable_peak_position() = to_position(event.peak_position);
  if (event.position) *alert.mutable_position() = to_position(*event.position);
  const bool is_end = event.phase == model::EventPhase::kEnd;
  if (is_end) alert.set_reason(reason_of(event.end_reason));
  if (record.utc) {
    *alert.mutable_start_time() = to_timestamp(*record.utc - event.start_ago);
    *alert.mutable_time() = to_timestamp(*record.utc);
    *alert.mutable_peak_time() = to_timestamp(*record.utc - event.peak_ago);
    if (is_end) *alert.mutable_end_time() = to_timestamp(*record.utc - event.end_ago);
  }
  return alert;
}

/// The last word on `open`, because of what begins now.
odograph::Alert superseded(odograph::Alert open, const odograph::Alert& by) {
  open.set_revision(open.revision() + 1);
  open.set_state(odograph::Alert::CLEARED);
  open.set_reason(odograph::Alert::SUPERSEDED);
  if (by.has_time()) {
    *open.mutable_time() = by.time();
    *open.mutable_end_time() = by.start_time();
  }
  return open;
}

std::int64_t to_ms(const google::protobuf::Timestamp& time) {
  return google::protobuf::util::TimeUtil::TimestampToMilliseconds(time);
}

base::UtcTime to_utc(const google::protobuf::Timestamp& time) { return base::UtcTime(base::Millis(to_ms(time))); }

/// Makes `alert`, of a later episode or of the same one, say everything that `before` said.
void carry_on(const odograph::Alert& before, odograph::Alert& alert) {
  alert.set_alert_id(before.alert_id());
  alert.set_flapping(before.flapping());
  if (before.has_start_time()) *alert.mutable_start_time() = before.start_time();
  alert.set_severity(std::max(alert.severity(), before.severity()));
  if (before.peak() < alert.peak()) return;
  alert.set_peak(before.peak());
  *alert.mutable_peak_position() = before.peak_position();
  if (before.has_peak_time()) *alert.mutable_peak_time() = before.peak_time();
}

bool is_worse(const odograph::Alert& alert, const odograph::Alert& told) {
  return alert.peak() > told.peak() || alert.severity() > told.severity();
}

/// Of the recoveries that `past` knows, those that count for an alert of `scope` that is raised now.
std::uint32_t recent_ends(const OverspeedGuard& guard, const odograph::OverspeedPast& past,
                          const odograph::Alert& raised) {
  if (past.scope() != raised.scope()) return 0;
  const std::int64_t since = to_ms(raised.time()) - guard.flap_window.count();
  return static_cast<std::uint32_t>(
      std::count_if(past.ends_ms().begin(), past.ends_ms().end(), [&](std::int64_t end) { return end >= since; }));
}

}  // namespace

OverspeedAlerts::OverspeedAlerts() = default;
OverspeedAlerts::OverspeedAlerts(OverspeedAlerts&&) noexcept = default;
OverspeedAlerts& OverspeedAlerts::operator=(OverspeedAlerts&&) noexcept = default;
OverspeedAlerts::~OverspeedAlerts() = default;

odograph::OverspeedPast& OverspeedAlerts::past() {
  if (!past_) past_ = std::make_unique<odograph::OverspeedPast>();
  return *past_;
}

bool OverspeedAlerts::is_held() const { return past_ && past_->has_held(); }

/// Of the open alert: what the rule calls the episode that it is about just now.
const std::string& OverspeedAlerts::episode_id() const {
  return past_ && !past_->episode_id().empty() ? past_->episode_id() : open_->alert_id();
}

bool OverspeedAlerts::is_over(const odograph::Alert& alert) const {
  if (alert.alert_id() == closed_id_) return true;
  if (!open_ || !open_->has_start_time() || !alert.has_start_time()) return false;
  const std::int64_t start_ms = to_ms(alert.start_time());
  if (is_held()) return start_ms < to_ms(past_->held().end_time());
  if (episode_id() == alert.alert_id()) return false;
  return start_ms < (episode_id() == open_->alert_id() ? to_ms(open_->start_time()) : past_->episode_start_ms());
}

std::vector<odograph::Alert> OverspeedAlerts::on_event(const OverspeedGuard& guard, const Origin& origin,
                                                       const model::Record& record, const model::RuleEvent& event) {
  if (event.kind != model::EventKind::kOverspeed || event.phase == model::EventPhase::kInstant) return {};
  Told told;
  if (record.utc) told = on_time(*record.utc);
  odograph::Alert alert = to_alert(origin, record, event);
  if (is_over(alert)) return told;
  if (is_held()) {
    if (record.utc && open_->scope() == alert.scope()) {
      relapse(alert, told);
    } else {
      release(record.utc.value_or(to_utc(past_->held().end_time())), told);
    }
  }
  if (open_ && episode_id() != alert.alert_id()) {
    told.push_back(superseded(*open_, alert));
    closed_id_ = episode_id();
    open_.reset();
    if (past_) past_->clear_episode_id();
  }
  if (event.phase == model::EventPhase::kEnd) {
    end(guard, std::move(alert), told);
  } else if (event.phase == model::EventPhase::kUpdate) {
    go_on(std::move(alert), told);
  } else if (!open_) {
    begin(guard, std::move(alert), told);
  }
  return told;
}

void OverspeedAlerts::begin(const OverspeedGuard& guard, odograph::Alert alert, Told& told) {
  alert.set_revision(1);
  if (past_ && alert.has_time()) {
    const bool is_flapping = guard.flap_cycles > 0 && recent_ends(guard, *past_, alert) >= guard.flap_cycles;
    const bool goes_on = past_->has_closed() && past_->scope() == alert.scope() &&
                         to_ms(alert.start_time()) - to_ms(past_->closed().time()) <= guard.reopen.count();
    if (goes_on) {
      past_->set_episode_id(alert.alert_id());
      past_->set_episode_start_ms(to_ms(alert.start_time()));
      carry_on(past_->closed(), alert);
      alert.set_revision(past_->closed().revision() + 1);
      alert.set_state(odograph::Alert::UPDATED);
    }
    past_->clear_closed();
    alert.set_flapping(is_flapping);
  }
  told.push_back(alert);
  open_ = std::make_unique<odograph::Alert>(std::move(alert));
}

/// The speed is exceeded again while the end of the alert is held back.
void OverspeedAlerts::relapse(odograph::Alert alert, Told& told) {
  past_->set_episode_id(alert.alert_id());
  past_->set_episode_start_ms(to_ms(alert.start_time()));
  carry_on(past_->held(), alert);
  past_->clear_held();
  alert.set_state(odograph::Alert::UPDATED);
  if (!is_worse(alert, *open_)) return;
  alert.set_revision(open_->revision() + 1);
  told.push_back(alert);
  open_ = std::make_unique<odograph::Alert>(std::move(alert));
}

void OverspeedAlerts::go_on(odograph::Alert alert, Told& told) {
  alert.set_revision(2);
  if (open_) {
    carry_on(*open_, alert);
    // The rule says of an episode that it is worse than before, and knows nothing of those before it.
    if (past_ && !past_->episode_id().empty() && !is_worse(alert, *open_)) return;
    alert.set_revision(open_->revision() + 1);
  }
  told.push_back(alert);
  open_ = std::make_unique<odograph::Alert>(std::move(alert));
}

void OverspeedAlerts::end(const OverspeedGuard& guard, odograph::Alert alert, Told& told) {
  closed_id_ = open_ ? episode_id() : alert.alert_id();
  if (past_) past_->clear_episode_id();
  alert.set_revision(2);
  if (open_) {
    carry_on(*open_, alert);
    alert.set_revision(open_->revision() + 1);
  }
  const bool has_recovered = alert.reason() == odograph::Alert::RECOVERED && alert.has_time();
  const base::UtcTime stable = to_utc(alert.end_time()) + guard.flap_stable;
  if (open_ && has_recovered && alert.flapping() && stable > to_utc(alert.time())) {
    *alert.mutable_time() = to_timestamp(stable);
    alert.clear_position();
    *past().mutable_held() = std::move(alert);
    return;
  }
  told.push_back(alert);
  open_.reset();
  if (!has_recovered || (guard.flap_cycles == 0 && guard.reopen == base::Millis(0))) return;
  close(alert);
  if (guard.reopen > base::Millis(0)) *past_->mutable_closed() = std::move(alert);
}

/// Remembers a recovery.
void OverspeedAlerts::close(const odograph::Alert& cleared) {
  odograph::OverspeedPast& past = this->past();
  if (past.scope() != cleared.scope()) past.clear_ends_ms();
  past.set_scope(cleared.scope());
  past.add_ends_ms(to_ms(cleared.time()));
  auto& ends = *past.mutable_ends_ms();
  const auto most = static_cast<int>(rules::kFlapCyclesMax);
  if (ends.size() > most) ends.erase(ends.begin(), ends.end() - most);
}

std::vector<odograph::Alert> OverspeedAlerts::on_time(base::UtcTime now) {
  Told told;
  if (is_held() && now >= to_utc(past_->held().time())) release(to_utc(past_->held().time()), told);
  return told;
}

/// Tells the end that was held back, as of `time`.
void OverspeedAlerts::release(base::UtcTime time, Told& told) {
  odograph::Alert& held = *past_->mutable_held();
  *held.mutable_time() = to_timestamp(time);
  held.set_revision(open_->revision() + 1);
  close(held);
  told.push_back(held);
  past_->clear_held();
  open_.reset();
}

std::vector<odograph::Alert> OverspeedAlerts::on_other_rules(const model::Record& record) {
  if (past_) past_->clear_closed();
  if (!open_) return {};
  odograph::Alert by;
  if (record.utc) *by.mutable_time() = *by.mutable_start_time() = to_timestamp(*record.utc);
  odograph::Alert last = superseded(*open_, by);
  if (!is_held()) closed_id_ = episode_id();
  if (past_) {
    past_->clear_episode_id();
    past_->clear_held();
  }
  open_.reset();
  return {std::move(last)};
}

void OverspeedAlerts::save(odograph::VehicleState& state) const {
  if (open_) *state.mutable_open_overspeed() = *open_;
  state.set_closed_overspeed_id(closed_id_);
  if (past_) *state.mutable_overspeed_past() = *past_;
}

void OverspeedAlerts::load(const odograph::VehicleState& state) {
  open_.reset();
  if (state.has_open_overspeed()) open_ = std::make_unique<odograph::Alert>(state.open_overspeed());
  closed_id_ = state.closed_overspeed_id();
  past_.reset();
  if (state.has_overspeed_past()) past_ = std::make_unique<odograph::OverspeedPast>(state.overspeed_past());
}

}  // namespace odograph::alerts
