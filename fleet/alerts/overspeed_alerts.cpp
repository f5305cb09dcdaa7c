#include "fleet/alerts/overspeed_alerts.h"

#include <google/protobuf/util/time_util.h>

#include "fleet/alerts/alert_id.h"
#include "fleet/alerts/values.h"
#include "lib/base/ids.h"
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

}  // namespace

bool OverspeedAlerts::is_over(const odograph::Alert& alert) const {
  if (alert.alert_id() == closed_id_) return true;
  return open_ && open_->alert_id() != alert.alert_id() && open_->has_start_time() && alert.has_start_time() &&
         alert.start_time() < open_->start_time();
}

std::vector<odograph::Alert> OverspeedAlerts::on_event(const Origin& origin, const model::Record& record,
                                                       const model::RuleEvent& event) {
  if (event.kind != model::EventKind::kOverspeed || event.phase == model::EventPhase::kInstant) return {};
  odograph::Alert alert = to_alert(origin, record, event);
  if (is_over(alert)) return {};
  const bool is_known = open_ && open_->alert_id() == alert.alert_id();
  if (is_known && event.phase == model::EventPhase::kStart) return {};
  std::vector<odograph::Alert> told;
  if (open_ && !is_known) {
    told.push_back(superseded(*open_, alert));
    closed_id_ = open_->alert_id();
  }
  if (is_known) {
    alert.set_revision(open_->revision() + 1);
  } else {
    alert.set_revision(event.phase == model::EventPhase::kStart ? 1 : 2);
  }
  told.push_back(alert);
  if (event.phase == model::EventPhase::kEnd) {
    open_.reset();
    closed_id_ = alert.alert_id();
  } else {
    open_ = std::move(alert);
  }
  return told;
}

std::vector<odograph::Alert> OverspeedAlerts::on_other_rules(const model::Record& record) {
  if (!open_) return {};
  odograph::Alert by;
  if (record.utc) *by.mutable_time() = *by.mutable_start_time() = to_timestamp(*record.utc);
  odograph::Alert last = superseded(*std::move(open_), by);
  closed_id_ = last.alert_id();
  open_.reset();
  return {std::move(last)};
}

void OverspeedAlerts::save(odograph::VehicleState& state) const {
  if (open_) *state.mutable_open_overspeed() = *open_;
  state.set_closed_overspeed_id(closed_id_);
}

void OverspeedAlerts::load(const odograph::VehicleState& state) {
  open_.reset();
  if (state.has_open_overspeed()) open_ = state.open_overspeed();
  closed_id_ = state.closed_overspeed_id();
}

}  // namespace odograph::alerts
