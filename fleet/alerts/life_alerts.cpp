#include "fleet/alerts/life_alerts.h"

#include <cmath>

#include "fleet/alerts/alert_id.h"
#include "fleet/alerts/values.h"

namespace odograph::alerts {
namespace {

constexpr char kSource[] = "/odograph/fleet";

static_assert(static_cast<int>(rules::Phase::kCleared) == odograph::Alert::CLEARED);
static_assert(static_cast<int>(rules::Ending::kTripEnded) == odograph::Alert::TRIP_ENDED);
static_assert(static_cast<int>(rules::Ending::kArrived) == odograph::Alert::ARRIVED);

base::UtcTime utc(rules::EventTime time) { return base::UtcTime(time.time_since_epoch()); }

/// The double nearest to the decimal fraction.
double decimal(std::int64_t mantissa, int decimals) { return static_cast<double>(mantissa) / std::pow(10.0, decimals); }

}  // namespace

odograph::Alert to_alert(const std::string& vehicle_id, const rules::LifeEvent& event) {
  odograph::Alert alert;
  const std::string start = std::to_string(event.start.time_since_epoch().count());
  const char* rule = rules::to_string(event.rule);
  alert.set_alert_id(alert_id({vehicle_id, rule, event.scope, start}));
  alert.set_revision(event.revision);
  alert.set_state(static_cast<odograph::Alert::State>(event.phase));
  alert.set_vehicle_id(vehicle_id);
  alert.set_rule(rule);
  alert.set_scope(event.scope);
  alert.set_severity(static_cast<odograph::Severity>(event.severity));
  *alert.mutable_start_time() = to_timestamp(utc(event.start));
  *alert.mutable_time() = to_timestamp(utc(event.time));
  alert.set_unit(event.unit);
  alert.set_limit(decimal(event.limit, event.decimals));
  alert.set_value(decimal(event.value, event.decimals));
  alert.set_peak(decimal(event.peak, event.decimals));
  *alert.mutable_peak_time() = to_timestamp(utc(event.peak_time));
  if (event.peak_position) *alert.mutable_peak_position() = to_position(*event.peak_position);
  if (event.position) *alert.mutable_position() = to_position(*event.position);
  if (event.phase == rules::Phase::kCleared) {
    *alert.mutable_end_time() = to_timestamp(utc(event.end));
    alert.set_reason(static_cast<odograph::Alert::Reason>(event.ending));
  }
  alert.set_flapping(event.flapping);
  if (event.cause != rules::Cause::kNone) alert.set_cause(rules::to_string(event.cause));
  return alert;
}

std::vector<std::pair<std::string, std::string>> cloud_event_headers(const odograph::Alert& alert) {
  std::vector<std::pair<std::string, std::string>> headers = {
      {"ce_specversion", "1.0"},
      {"ce_id", alert.alert_id() + ':' + std::to_string(alert.revision())},
      {"ce_source", kSource},
      {"ce_type", "fleet.alert." + alert.rule() + ".v1"},
      {"ce_subject", alert.vehicle_id()},
      {"content-type", "application/protobuf"}};
  if (alert.has_time()) {
    const auto ms = alert.time().seconds() * 1'000 + alert.time().nanos() / 1'000'000;
    headers.emplace_back("ce_time", base::to_rfc3339(base::UtcTime(base::Millis(ms))));
  }
  return headers;
}

}  // namespace odograph::alerts
