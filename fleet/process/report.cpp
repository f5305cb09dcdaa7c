#include "fleet/process/report.h"

#include <cmath>

#include "fleet/alerts/values.h"
#include "lib/base/ids.h"

namespace odograph::process {
namespace {

using alerts::to_mps;
using alerts::to_position;
using alerts::to_timestamp;

std::string fact_id(const wire::BatchHeader& header, const model::Record& record) {
  std::string id =
      header.vehicle_id + '/' + base::to_hex16(header.stream_id) + '/' + model::to_string(header.lane) + '/';
  const std::string nonce = header.boot_nonce == 0 ? "" : '/' + std::to_string(header.boot_nonce);
  if (header.lane != model::Lane::kLive) return id + std::to_string(model::sequence(header.boot, record.n)) + nonce;
  if (record.utc) return id + std::to_string(record.utc->time_since_epoch().count());
  const auto since_boot = record.boot_time.value_or(base::BootTime{}).time_since_epoch().count();
  return id + std::to_string(header.boot) + '/' + std::to_string(since_boot) + nonce;
}

/// Calls `add` with the place, counted from 1, of each bit that is set and that the enumeration knows.
template <class IsValid, class Add>
void for_each_bit(std::uint32_t bits, IsValid is_valid, Add add) {
  for (int place = 1; bits != 0; ++place, bits >>= 1) {
    if ((bits & 1U) != 0 && is_valid(place)) add(place);
  }
}

void set_time(const model::Record& record, odograph::VehicleReport& report) {
  if (record.utc) *report.mutable_time() = to_timestamp(*record.utc);
  if (record.boot_time) report.set_boot_time_ms(record.boot_time->time_since_epoch().count());
  report.set_time_quality(static_cast<odograph::TimeQuality>(record.time_quality));
}

void set_fix(const model::Record& record, odograph::VehicleReport& report) {
  if (record.mode) report.set_mode(static_cast<odograph::VehicleReport::FixMode>(*record.mode));
  if (record.position) *report.mutable_position() = to_position(*record.position);
  if (record.alt_cm) report.set_altitude_m(*record.alt_cm / 100.0);
  if (record.speed_cmps) report.set_speed_mps(to_mps(*record.speed_cmps));
  if (record.course_cdeg) report.set_course_deg(*record.course_cdeg / 100.0);
  if (record.hdop_centi) report.set_hdop(*record.hdop_centi / 100.0);
  if (record.satellites) report.set_satellites(*record.satellites);
}

void set_signals(const model::Record& record, odograph::VehicleReport& report) {
  for (const model::Signal& signal : record.signals) {
    odograph::Signal& told = *report.add_signals();
    told.set_name(signal.def->name);
    told.set_unit(signal.def->unit);
    told.set_decimals(signal.def->decimals);
    told.set_value(static_cast<double>(signal.mantissa) / std::pow(10.0, signal.def->decimals));
  }
}

void set_event(const model::Record& record, odograph::RuleEvent& told) {
  const model::RuleEvent& event = *record.event;
  told.set_kind(static_cast<odograph::RuleEvent::Kind>(event.kind));
  told.set_phase(static_cast<odograph::RuleEvent::Phase>(event.phase));
  told.set_severity(static_cast<odograph::Severity>(event.severity));
  told.set_scope(event.scope);
  if (record.utc) {
    *told.mutable_start_time() = to_timestamp(*record.utc - event.start_ago);
    *told.mutable_peak_time() = to_timestamp(*record.utc - event.peak_ago);
    if (event.phase == model::EventPhase::kEnd) *told.mutable_end_time() = to_timestamp(*record.utc - event.end_ago);
  }
  told.set_value_mps(to_mps(event.value_cmps));
  told.set_limit_mps(to_mps(event.limit_cmps));
  told.set_peak_mps(to_mps(event.peak_cmps));
  *told.mutable_peak_position() = to_position(event.peak_position);
}

void set_boot(const model::BootReport& boot, odograph::BootReport& told) {
  told.set_agent_version(boot.agent_version);
  told.set_previous_boot(boot.previous_boot);
  told.set_previous_clean(boot.previous_clean);
  told.set_previous_alert_n(boot.previous_ends.alert);
  told.set_previous_event_n(boot.previous_ends.event);
  told.set_previous_bulk_n(boot.previous_ends.bulk);
}

void set_loss(const model::Record& record, odograph::LossReport& told) {
  const model::LossReport& loss = *record.loss;
  told.set_lane(static_cast<odograph::VehicleReport::Lane>(loss.lane));
  if (loss.first_n != 0) {
    told.set_first_sequence(model::sequence(loss.boot, loss.first_n));
    told.set_last_sequence(model::sequence(loss.boot, loss.last_n));
  }
  told.set_count(loss.count);
  told.set_reason(static_cast<odograph::LossReport::Reason>(loss.reason));
  if (record.utc && loss.first_ago) *told.mutable_first_time() = to_timestamp(*record.utc - *loss.first_ago);
  if (record.utc && loss.last_ago) *told.mutable_last_time() = to_timestamp(*record.utc - *loss.last_ago);
  told.set_error_m(loss.error_m);
}

}  // namespace

odograph::ProcessedRecord to_report(const wire::BatchHeader& header, const model::Record& record) {
  odograph::ProcessedRecord processed;
  processed.set_id(fact_id(header, record));
  odograph::VehicleReport& report = *processed.mutable_report();
  report.set_vehicle_id(header.vehicle_id);
  report.set_stream_id(base::to_hex16(header.stream_id));
  report.set_lane(static_cast<odograph::VehicleReport::Lane>(header.lane));
  if (header.lane != model::Lane::kLive) report.set_sequence(model::sequence(header.boot, record.n));
  report.set_boot_nonce(header.boot_nonce);
  set_time(record, report);
  for_each_bit(record.flags, odograph::VehicleReport::Flag_IsValid,
               [&](int place) { report.add_flags(static_cast<odograph::VehicleReport::Flag>(place)); });
  for_each_bit(record.reason, odograph::VehicleReport::Reason_IsValid,
               [&](int place) { report.add_reason(static_cast<odograph::VehicleReport::Reason>(place)); });
  set_fix(record, report);
  set_signals(record, report);
  if (record.event) set_event(record, *report.mutable_event());
  if (record.boot) set_boot(*record.boot, *report.mutable_boot());
  if (record.loss) set_loss(record, *report.mutable_loss());
  return processed;
}

}  // namespace odograph::process
