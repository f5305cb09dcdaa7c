#include "fleet/decode/raw_json.h"

#include <span>
#include <utility>

#include "lib/base/ids.h"
#include "lib/base/time.h"

namespace odograph::decode {
namespace {

using Name = std::pair<std::uint32_t, const char*>;

constexpr Name kFlags[] = {
    {model::flag::kBackstamped, "backstamped"},
    {model::flag::kReplayed, "replayed"},
    {model::flag::kHdopWarn, "hdop_warn"},
    {model::flag::kHdopBad, "hdop_bad"},
    {model::flag::kJump, "jump"},
    {model::flag::kLatched, "latched"},
    {model::flag::kEstimated, "estimated"},
    {model::flag::kSimulated, "simulated"},
    {model::flag::kTimeUncertain, "time_uncertain"},
    {model::flag::kAltitudeOdd, "altitude_odd"},
    {model::flag::kTimeBackwards, "time_backwards"},
    {model::flag::kWeekRepaired, "week_repaired"},
};
constexpr Name kReasons[] = {
    {model::reason::kFirst, "first"},          {model::reason::kTime, "time"},   {model::reason::kDistance, "distance"},
    {model::reason::kAngle, "angle"},          {model::reason::kSpeed, "speed"}, {model::reason::kEvent, "event"},
    {model::reason::kFixChange, "fix_change"}, {model::reason::kRest, "rest"},   {model::reason::kAll, "all"},
};

std::string names_of(std::uint32_t bits, std::span<const Name> names) {
  JsonArray list;
  for (const auto& [bit, name] : names) {
    if ((bits & bit) != 0) list.text(name);
    bits &= ~bit;
  }
  for (int place = 0; bits != 0; ++place, bits >>= 1) {
    if ((bits & 1U) != 0) list.text("bit_" + std::to_string(place));  // Of a newer agent.
  }
  return list.str();
}

/// A moment told as so long before the record's own time.
void add_time(JsonObject& object, const char* name, const model::Record& record, base::Millis ago) {
  if (record.utc) {
    object.text(name, base::to_rfc3339(*record.utc - ago));
  } else {
    object.number(std::string(name) + "_ago_ms", std::int64_t{ago.count()});
  }
}

std::string event_json(const model::Record& record) {
  const model::RuleEvent& event = *record.event;
  JsonObject object;
  object.text("kind", to_string(event.kind)).text("phase", to_string(event.phase));
  object.text("severity", to_string(event.severity)).text("scope", event.scope);
  add_time(object, "start_time", record, event.start_ago);
  if (event.phase == model::EventPhase::kEnd) {
    add_time(object, "end_time", record, event.end_ago);
    object.text("end_reason", to_string(event.end_reason));
  }
  add_time(object, "peak_time", record, event.peak_ago);
  object.decimal("value", event.value_cmps, 2).decimal("limit", event.limit_cmps, 2);
  object.decimal("peak", event.peak_cmps, 2);
  object.decimal("peak_lat", event.peak_position.lat_e7, 7).decimal("peak_lon", event.peak_position.lon_e7, 7);
  if (event.position) object.decimal("lat", event.position->lat_e7, 7).decimal("lon", event.position->lon_e7, 7);
  return object.str();
}

std::string boot_json(const model::BootReport& boot) {
  JsonObject ends;
  ends.number("alert", std::uint64_t{boot.previous_ends.alert})
      .number("event", std::uint64_t{boot.previous_ends.event});
  ends.number("bulk", std::uint64_t{boot.previous_ends.bulk});
  JsonObject object;
  object.text("agent_version", boot.agent_version).number("previous_boot", std::uint64_t{boot.previous_boot});
  object.raw("previous_clean", boot.previous_clean ? "true" : "false").raw("previous_ends", ends.str());
  return object.str();
}

std::string loss_json(const model::Record& record) {
  const model::LossReport& loss = *record.loss;
  JsonObject object;
  object.text("lane", to_string(loss.lane)).number("boot", std::uint64_t{loss.boot});
  object.number("first_n", std::uint64_t{loss.first_n}).number("last_n", std::uint64_t{loss.last_n});
  object.number("count", loss.count).text("reason", to_string(loss.reason));
  if (loss.first_ago) add_time(object, "first_time", record, *loss.first_ago);
  if (loss.last_ago) add_time(object, "last_time", record, *loss.last_ago);
  if (loss.reason == model::LossReason::kThinned) object.number("error_m", std::int64_t{loss.error_m});
  return object.str();
}

void add_fix(const model::Record& record, JsonObject& line) {
  if (record.mode) line.number("mode", static_cast<std::int64_t>(*record.mode));
  if (record.position) line.decimal("lat", record.position->lat_e7, 7).decimal("lon", record.position->lon_e7, 7);
  if (record.speed_cmps) line.decimal("speed", *record.speed_cmps, 2);
  if (record.course_cdeg) line.decimal("track", *record.course_cdeg, 2);
  if (record.alt_cm) line.decimal("altMSL", *record.alt_cm, 2);
  if (record.hdop_centi) line.decimal("hdop", *record.hdop_centi, 2);
  if (record.satellites) line.number("satellites", std::int64_t{*record.satellites});
}

}  // namespace

void add_record(const wire::BatchHeader& header, const model::Record& record, JsonObject& line) {
  line.text("vehicle_id", header.vehicle_id).text("stream_id", base::to_hex16(header.stream_id));
  line.text("lane", to_string(header.lane)).number("boot", std::uint64_t{header.boot});
  if (header.boot_nonce != 0) line.number("boot_nonce", std::uint64_t{header.boot_nonce});
  // The live lane is not numbered.
  if (header.lane != model::Lane::kLive) {
    line.number("n", std::uint64_t{record.n}).number("sequence", model::sequence(header.boot, record.n));
  }
  if (record.utc) line.text("time", base::to_rfc3339(*record.utc));
  if (header.rule_set != 0) line.text("rule_set", base::to_hex16(header.rule_set));
  line.text("time_quality", to_string(record.time_quality));
  if (record.boot_time) line.number("boot_time_ms", std::int64_t{record.boot_time->time_since_epoch().count()});
  add_fix(record, line);
  line.raw("flags", names_of(record.flags, kFlags)).raw("reason", names_of(record.reason, kReasons));
  JsonObject signals;
  for (const model::Signal& signal : record.signals) {
    signals.decimal(signal.def->name, signal.mantissa, signal.def->decimals);
  }
  if (!signals.is_empty()) line.raw("signals", signals.str());
  if (record.event) line.raw("event", event_json(record));
  if (record.boot) line.raw("boot_report", boot_json(*record.boot));
  if (record.loss) line.raw("loss", loss_json(record));
}

}  // namespace odograph::decode
