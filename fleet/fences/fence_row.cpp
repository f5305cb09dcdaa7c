#include "fleet/fences/fence_row.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "fleet/trips/trip_check.h"
#include "lib/base/ids.h"
#include "proto/public/geofence.pb.h"

namespace odograph::fences {
namespace {

using When = rules::GeofenceConfig::When;
using Message = odograph::GeofenceAlert;

constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::int64_t kSecondsMin = -62'135'596'800;  // 0001-01-01 and 9999-12-31, as the message's contract has it.
constexpr std::int64_t kSecondsMax = 253'402'300'799;
constexpr double kE7 = 1e7;

/// A duration of the message and where it belongs.
struct DurationField {
  const char* name;
  std::uint32_t (Message::*read)() const;
  void (Message::*write)(std::uint32_t);
  base::Millis& (*of)(FenceAlert& alert);
};
constexpr DurationField kDurations[] = {
    {"crossing_ms", &Message::crossing_ms, &Message::set_crossing_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.crossing; }},
    {"min_duration_ms", &Message::min_duration_ms, &Message::set_min_duration_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.life.min_duration; }},
    {"clear_duration_ms", &Message::clear_duration_ms, &Message::set_clear_duration_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.life.clear_duration; }},
    {"gap_ms", &Message::gap_ms, &Message::set_gap_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.life.gap; }},
    {"update_interval_ms", &Message::update_interval_ms, &Message::set_update_interval_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.life.update_interval; }},
    {"reopen_ms", &Message::reopen_ms, &Message::set_reopen_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.life.reopen; }},
    {"flap_window_ms", &Message::flap_window_ms, &Message::set_flap_window_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.life.flap_window; }},
    {"flap_stable_ms", &Message::flap_stable_ms, &Message::set_flap_stable_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.life.flap_stable; }},
    {"expiry_ms", &Message::expiry_ms, &Message::set_expiry_ms,
     [](FenceAlert& alert) -> base::Millis& { return alert.life.expiry; }},
};

void put(odograph::Position& out, const model::Position& position) {
  out.set_lat(position.lat_e7 / kE7);
  out.set_lon(position.lon_e7 / kE7);
}

model::Position take(const odograph::Position& from) {
  return {static_cast<std::int32_t>(std::lround(from.lat() * kE7)),
          static_cast<std::int32_t>(std::lround(from.lon() * kE7))};
}

bool is_on_globe(const odograph::Position& from) {
  return trips::kLatDeg.holds(from.lat()) && trips::kLonDeg.holds(from.lon());
}

void put_alert(Message& out, FenceAlert alert) {
  out.set_when(alert.when == When::kOutside ? Message::OUTSIDE : Message::INSIDE);
  out.set_severity(static_cast<odograph::Severity>(alert.severity));
  out.set_hysteresis_m(static_cast<std::uint32_t>(alert.hysteresis_m));
  out.set_count(alert.life.min_count);
  out.set_flap_cycles(alert.life.flap_cycles);
  for (const DurationField& field : kDurations) {
    (out.*field.write)(static_cast<std::uint32_t>(field.of(alert).count()));
  }
  for (const std::string& vehicle : alert.vehicles) out.add_vehicles(vehicle);
  for (const std::string& group : alert.groups) out.add_groups(group);
}

/// Enumerators that this program does not know, which `validate` could not tell any more.
base::Status check_words(const Message& from) {
  if (from.when() != Message::INSIDE && from.when() != Message::OUTSIDE) {
    return base::drop_error("when: neither INSIDE nor OUTSIDE");
  }
  if (!odograph::Severity_IsValid(from.severity())) return base::drop_error("severity: unknown");
  if (from.hysteresis_m() > static_cast<std::uint32_t>(kHysteresisMMax)) {
    return base::drop_error("hysteresis_m: not within 0 to 1000000");
  }
  return {};
}

FenceAlert take_alert(const Message& from) {
  FenceAlert alert;
  alert.when = from.when() == Message::OUTSIDE ? When::kOutside : When::kInside;
  alert.severity = static_cast<model::Severity>(from.severity());
  alert.hysteresis_m = static_cast<std::int32_t>(from.hysteresis_m());
  alert.life.min_count = from.count();
  alert.life.clear_count = from.count();
  alert.life.flap_cycles = from.flap_cycles();
  for (const DurationField& field : kDurations) field.of(alert) = base::Millis((from.*field.read)());
  alert.vehicles.assign(from.vehicles().begin(), from.vehicles().end());
  alert.groups.assign(from.groups().begin(), from.groups().end());
  return alert;
}

base::Status check_alert(FenceAlert alert) {
  for (const DurationField& field : kDurations) {
    if (field.of(alert) < base::Millis(0) || field.of(alert) > kDurationMax) {
      return base::drop_error(std::string(field.name) + ": not within 0 and 7 days");
    }
  }
  if (alert.life.gap == base::Millis(0)) return base::drop_error("gap_ms: 0, expected more");
  if (alert.life.min_count > kCountMax) return base::drop_error("count: not within 0 to 1000");
  if (alert.life.flap_cycles > rules::kFlapCyclesMax) return base::drop_error("flap_cycles: not within 0 to 20");
  if (alert.hysteresis_m < 0 || alert.hysteresis_m > kHysteresisMMax) {
    return base::drop_error("hysteresis_m: not within 0 to 1000000");
  }
  if (alert.vehicles.size() > kNamesMax) return base::drop_error("vehicles: more than 1000");
  if (alert.groups.size() > kNamesMax) return base::drop_error("groups: more than 1000");
  if (!std::all_of(alert.vehicles.begin(), alert.vehicles.end(), base::is_vehicle_id)) {
    return base::drop_error("vehicles: one is not 1 to 64 of A-Z a-z 0-9 . _ -");
  }
  const auto is_name = [](const std::string& name) { return trips::is_text(name, kIdBytesMax); };
  if (!std::all_of(alert.groups.begin(), alert.groups.end(), is_name)) {
    return base::drop_error("groups: one is not 1 to 64 bytes of text");
  }
  return {};
}

base::Status check_version(const std::string& id, const FenceVersion& version) {
  if (!version.area) return version.alert ? base::drop_error("alert: without an area") : base::Status{};
  if (version.area->id != id) return base::drop_error("area: of another fence");
  if (auto status = rules::validate(*version.area); !status) {
    // Which fence it is, the row tells.
    const std::string& what = status.error().what;
    const auto begin = what.find("': ");
    return base::drop_error(begin == std::string::npos ? what : what.substr(begin + 3));
  }
  return version.alert ? check_alert(*version.alert) : base::Status{};
}

base::Result<FenceVersion> version_of(const std::string& id, const odograph::GeofenceVersion& from) {
  FenceVersion version;
  const google::protobuf::Timestamp& at = from.valid_from();
  const bool sound = from.has_valid_from() && at.seconds() >= kSecondsMin && at.seconds() <= kSecondsMax &&
                     at.nanos() >= 0 && at.nanos() < 1'000 * kNanosPerMilli && at.nanos() % kNanosPerMilli == 0;
  if (!sound) return base::drop_error("valid_from: missing, or no time in whole milliseconds");
  version.valid_from = base::UtcTime{std::chrono::seconds{at.seconds()} + base::Millis{at.nanos() / kNanosPerMilli}};
  if (from.outline_size() > 0 && from.has_centre()) return base::drop_error("centre: beside an outline");
  if (from.outline_size() > 0 || from.has_centre()) {
    rules::Fence area{.id = id, .outline = {}, .centre = {}, .radius_m = 0};
    const bool on_globe = std::all_of(from.outline().begin(), from.outline().end(), is_on_globe);
    if (!on_globe || (from.has_centre() && !is_on_globe(from.centre()))) {
      return base::drop_error("outline or centre: not on the globe");
    }
    for (const odograph::Position& corner : from.outline()) area.outline.push_back(take(corner));
    if (from.has_centre()) area.centre = take(from.centre());
    if (from.radius_m() > static_cast<std::uint32_t>(rules::kRadiusMMax)) {
      return base::drop_error("radius_m: not within 10 to 100000");
    }
    if (from.has_centre()) area.radius_m = static_cast<std::int32_t>(from.radius_m());
    version.area = std::move(area);
  }
  if (!from.has_alert()) return version;
  if (auto status = check_words(from.alert()); !status) return base::drop_error("alert." + status.error().what);
  version.alert = take_alert(from.alert());
  return version;
}

}  // namespace

std::string to_message(const FenceRow& row) {
  odograph::Geofence message;
  message.set_fence_id(row.id);
  for (const FenceVersion& version : row.versions) {
    odograph::GeofenceVersion& out = *message.add_versions();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(version.valid_from);
    out.mutable_valid_from()->set_seconds(seconds.time_since_epoch().count());
    out.mutable_valid_from()->set_nanos(
        static_cast<std::int32_t>((version.valid_from - seconds).count() * kNanosPerMilli));
    if (!version.area) continue;
    for (const model::Position& corner : version.area->outline) put(*out.add_outline(), corner);
    if (version.area->outline.empty()) {
      put(*out.mutable_centre(), version.area->centre);
      out.set_radius_m(static_cast<std::uint32_t>(version.area->radius_m));
    }
    if (version.alert) put_alert(*out.mutable_alert(), *version.alert);
  }
  return message.SerializeAsString();
}

base::Result<FenceRow> from_message(const std::string& fence_id, std::string_view value) {
  odograph::Geofence message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return base::drop_error("no sound Geofence message");
  }
  if (message.fence_id() != fence_id) return base::drop_error("it is of another fence than its key");
  if (static_cast<std::size_t>(message.versions_size()) > kVersionsMax) {
    return base::drop_error("versions: more than " + std::to_string(kVersionsMax));
  }
  FenceRow row{.id = fence_id, .versions = {}};
  for (const odograph::GeofenceVersion& one : message.versions()) {
    auto version = version_of(fence_id, one);
    if (!version) {
      return base::drop_error("versions[" + std::to_string(row.versions.size()) + "]." + version.error().what);
    }
    row.versions.push_back(*std::move(version));
  }
  if (auto status = validate(row); !status) return status.error();
  return row;
}

base::Status validate(const FenceRow& row) {
  if (!trips::is_text(row.id, kIdBytesMax)) return base::drop_error("fence_id: not 1 to 64 bytes of text");
  if (row.versions.empty()) return base::drop_error("versions: none");
  if (row.versions.size() > kVersionsMax) {
    return base::drop_error("versions: more than " + std::to_string(kVersionsMax));
  }
  for (std::size_t i = 0; i < row.versions.size(); ++i) {
    const std::string where = "versions[" + std::to_string(i) + "].";
    if (i > 0 && row.versions[i].valid_from <= row.versions[i - 1].valid_from) {
      return base::drop_error(where + "valid_from: not after that of the version before");
    }
    if (auto status = check_version(row.id, row.versions[i]); !status) {
      return base::drop_error(where + status.error().what);
    }
  }
  return {};
}

}  // namespace odograph::fences
