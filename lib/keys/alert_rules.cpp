#include "lib/keys/alert_rules.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace odograph::keys {
namespace {

using config::item_key;
using config::Misfit;
using config::Values;
using rules::RuleKind;
using rules::RuleSpec;
using Fences = std::map<std::string, std::shared_ptr<const rules::FenceArea>>;

std::int32_t e7(double degrees) { return static_cast<std::int32_t>(std::lround(degrees * 1e7)); }
std::int64_t milli(double value) { return std::llround(value * 1'000); }
std::int32_t centi(double value) { return static_cast<std::int32_t>(std::lround(value * 100)); }
/// km/h in cm/s, rounded up: a speed in whole cm/s is below it exactly if it is below this.
std::int32_t cmps(double kmh) { return static_cast<std::int32_t>(std::ceil(kmh * 1'000 / 36)); }

std::optional<std::int64_t> optional_milli(const Values& item, const char* key) {
  return item.has(key) ? std::optional(milli(item.number(key))) : std::nullopt;
}

model::Severity severity_of(const Values& item) {
  for (const auto each : {model::Severity::kInfo, model::Severity::kMinor, model::Severity::kWarning,
                          model::Severity::kMajor, model::Severity::kCritical}) {
    if (item.text("severity") == model::to_string(each)) return each;
  }
  return model::Severity::kWarning;
}

rules::Fence fence_of(const Values& item) {
  rules::Fence fence{.id = item.text("id"), .outline = {}, .centre = {}, .radius_m = 0};
  if (item.has("outline")) {
    for (const auto& corner : item.positions("outline")) fence.outline.push_back({e7(corner.lat), e7(corner.lon)});
  } else if (item.has("centre") && item.has("radius_m")) {
    const auto& centre = item.positions("centre").front();
    fence.centre = {e7(centre.lat), e7(centre.lon)};
    fence.radius_m = static_cast<std::int32_t>(item.integer("radius_m"));
  }
  return fence;
}

rules::LifeConfig life_of(const Values& item) {
  rules::LifeConfig life;
  life.min_duration = item.duration("min_duration");
  life.clear_duration = item.duration("clear_duration");
  life.min_count = static_cast<std::uint32_t>(item.integer("count"));
  life.clear_count = life.min_count;
  life.gap = item.duration("gap");
  life.update_interval = item.duration("update_interval");
  life.reopen = item.duration("reopen");
  life.flap_cycles = static_cast<std::uint32_t>(item.integer("flap_cycles"));
  life.flap_window = item.duration("flap_window");
  life.flap_stable = item.duration("flap_stable");
  life.expiry = item.duration("expiry");
  return life;
}

rules::RangeConfig range_of(const Values& item, RuleKind kind) {
  rules::RangeConfig range;
  range.signal = item.text("signal");
  range.min_milli = optional_milli(item, "min");
  range.max_milli = optional_milli(item, "max");
  range.hysteresis_milli = milli(item.number("hysteresis"));
  range.severity = severity_of(item);
  if (kind == RuleKind::kPower) return range;
  if (item.number("at_once") > 0) range.at_once_milli = milli(item.number("at_once"));
  range.door_signal = item.text("door_signal");
  range.door_duration = item.duration("door_duration");
  if (item.duration("critical_after") > base::Millis(0)) range.critical_after = item.duration("critical_after");
  return range;
}

rules::HarshConfig harsh_of(const Values& item) {
  rules::HarshConfig harsh;
  harsh.acceleration_cmps2 = centi(item.number("acceleration"));
  harsh.braking_cmps2 = centi(item.number("braking"));
  harsh.cornering_cmps2 = centi(item.number("cornering"));
  harsh.min_cmps = cmps(item.number("min_kmh"));
  harsh.cornering_min_cmps = cmps(item.number("cornering_min_kmh"));
  harsh.pair_max = item.duration("pair_max");
  harsh.forward_signal = item.text("forward_signal");
  harsh.sideways_signal = item.text("sideways_signal");
  harsh.major_count = static_cast<std::uint32_t>(item.integer("major_count"));
  harsh.major_window = item.duration("major_window");
  return harsh;
}

rules::GeofenceConfig geofence_of(const Values& item, const Fences& fences) {
  rules::GeofenceConfig geofence;
  if (const auto found = fences.find(item.text("fence")); found != fences.end()) geofence.area = found->second;
  using When = rules::GeofenceConfig::When;
  geofence.when = item.text("when") == "outside" ? When::kOutside : When::kInside;
  geofence.hysteresis_m = static_cast<std::int32_t>(std::lround(item.number("hysteresis_m")));
  geofence.crossing = item.duration("crossing");
  geofence.severity = severity_of(item);
  return geofence;
}

void read_config(const Values& item, const Fences& fences, RuleSpec& spec) {
  switch (spec.kind) {
    case RuleKind::kTemperature:
    case RuleKind::kPower: spec.config = range_of(item, spec.kind); return;
    case RuleKind::kGeofence: spec.config = geofence_of(item, fences); return;
    case RuleKind::kHarshMotion: spec.config = harsh_of(item); return;
    case RuleKind::kSensorFault:
      spec.config = rules::SensorConfig{item.text("signal"),
                                        item.duration("missing"),
                                        item.duration("stuck"),
                                        optional_milli(item, "jump"),
                                        optional_milli(item, "min"),
                                        optional_milli(item, "max"),
                                        severity_of(item)};
      return;
    case RuleKind::kIdling:
      spec.config = rules::IdlingConfig{cmps(item.number("rest_kmh")), cmps(item.number("moving_kmh")),
                                        item.text("ignition_signal"),  item.text("rpm_signal"),
                                        item.duration("valid"),        severity_of(item)};
      return;
    case RuleKind::kOffline:
      spec.config =
          rules::OfflineConfig{item.duration("after"), item.duration("interval"), cmps(item.number("moving_kmh"))};
      return;
    case RuleKind::kPositionLost:
      spec.config =
          rules::PositionConfig{static_cast<std::int32_t>(item.integer("satellites_min")), item.text("supply_signal"),
                                milli(item.number("supply_min")), severity_of(item)};
      return;
    case RuleKind::kFuel:
      spec.config = rules::FuelConfig{item.text("signal"), milli(item.number("drop")), item.duration("window"),
                                      cmps(item.number("rest_kmh")), severity_of(item)};
      return;
    case RuleKind::kOffRoute: spec.config = rules::RouteConfig{severity_of(item)}; return;
    case RuleKind::kDelay:
      spec.config = rules::DelayConfig{item.duration("raise"), item.duration("clear"), item.duration("major"),
                                       item.duration("critical"), item.duration("notice")};
      return;
    case RuleKind::kAtRisk: spec.config = rules::AtRiskConfig{item.duration("late"), item.duration("notice")}; return;
  }
}

RuleKind kind_of(const std::string& name) {
  for (std::uint8_t kind = 1; kind <= rules::kRuleKindMax; ++kind) {
    if (name == rules::to_string(static_cast<RuleKind>(kind))) return static_cast<RuleKind>(kind);
  }
  return RuleKind::kTemperature;
}

RuleSpec spec_of(const Values& item, const Fences& fences) {
  RuleSpec spec;
  spec.kind = kind_of(item.text("kind"));
  spec.enabled = item.boolean("enabled");
  spec.vehicles = item.text_list("vehicles");
  spec.groups = item.text_list("groups");
  for (const auto& [key, areas] : {std::pair("only_in", &spec.only_in), {"except_in", &spec.except_in}}) {
    for (const std::string& id : item.text_list(key)) {
      if (const auto found = fences.find(id); found != fences.end()) areas->push_back(found->second);
    }
  }
  spec.life = life_of(item);
  read_config(item, fences, spec);
  return spec;
}

/// A fence is a polygon or a circle, whole and not both.
std::vector<Misfit> check_fence(const Values& values, std::size_t index) {
  const Values item = values.item("fence", index);
  const bool round = item.has("centre") || item.has("radius_m");
  if (item.has("outline") && round) {
    return {
        {item_key("fence", index, item.has("centre") ? "centre" : "radius_m"), "expected nothing beside `outline`"}};
  }
  if (!item.has("outline") && !round) {
    return {{item_key("fence", index, "outline"), "missing, expected it, or `centre` and `radius_m`"}};
  }
  if (round && !item.has("centre")) return {{item_key("fence", index, "centre"), "missing, expected with `radius_m`"}};
  if (round && !item.has("radius_m")) {
    return {{item_key("fence", index, "radius_m"), "missing, expected with `centre`"}};
  }
  const auto status = rules::validate(fence_of(item));
  if (status) return {};
  // Which fence it is, the key tells.
  const std::string& what = status.error().what;
  const auto begin = what.find("': ");
  return {{item_key("fence", index, round ? "radius_m" : "outline"),
           begin == std::string::npos ? what : what.substr(begin + 3)}};
}

std::set<std::string> ids_of(const Values& values, const char* group) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < values.count(group); ++i) ids.insert(values.text(item_key(group, i, "id")));
  return ids;
}

/// Fences and groups that a rule names have to be there.
std::vector<Misfit> check_names(const Values& values, std::size_t index) {
  const Values item = values.item("rule", index);
  const std::set<std::string> fences = ids_of(values, "fence");
  const std::set<std::string> groups = ids_of(values, "group");
  std::vector<Misfit> misfits;
  const auto look = [&](const char* key, const std::string& name, const std::set<std::string>& known,
                        const char* what) {
    if (known.contains(name)) return;
    misfits.push_back(
        {item_key("rule", index, key), std::string("there is no [[") + what + "]] with the id \"" + name + '"'});
  };
  for (const char* key : {"only_in", "except_in"}) {
    for (const std::string& id : item.text_list(key)) look(key, id, fences, "fence");
  }
  for (const std::string& id : item.text_list("groups")) look("groups", id, groups, "group");
  if (kind_of(item.text("kind")) == RuleKind::kGeofence) look("fence", item.text("fence"), fences, "fence");
  return misfits;
}

Misfit must_exceed(std::size_t index, const char* key, const char* other) {
  return {item_key("rule", index, key), std::string("expected more than `") + other + "` of the same rule"};
}

/// Limits of one rule, each sound by itself.
std::vector<Misfit> check_limits(const Values& values, std::size_t index) {
  const Values item = values.item("rule", index);
  const RuleKind kind = kind_of(item.text("kind"));
  if (kind == RuleKind::kTemperature || kind == RuleKind::kPower) {
    if (!item.has("min") && !item.has("max")) {
      return {{item_key("rule", index, "min"), "missing, expected it, or `max`, or both"}};
    }
    const bool both = item.has("min") && item.has("max");
    if (both && item.number("max") <= item.number("min")) return {must_exceed(index, "max", "min")};
    if (both && item.number("hysteresis") * 2 >= item.number("max") - item.number("min")) {
      return {{item_key("rule", index, "hysteresis"), "expected less than half of what lies between `min` and `max`"}};
    }
  }
  if (kind == RuleKind::kSensorFault && item.has("min") && item.has("max") &&
      item.number("max") <= item.number("min")) {
    return {must_exceed(index, "max", "min")};
  }
  if (kind == RuleKind::kIdling && item.number("moving_kmh") < item.number("rest_kmh")) {
    return {{item_key("rule", index, "moving_kmh"), "expected at least `rest_kmh` of the same rule"}};
  }
  if (kind == RuleKind::kDelay) {
    if (item.duration("raise") <= item.duration("clear")) return {must_exceed(index, "raise", "clear")};
    if (item.duration("major") <= item.duration("raise")) return {must_exceed(index, "major", "raise")};
    if (item.duration("critical") <= item.duration("major")) return {must_exceed(index, "critical", "major")};
  }
  return {};
}

bool is_sound_fence(const Values& values, std::size_t index) { return check_fence(values, index).empty(); }

Fences fences_of(const Values& values) {
  Fences fences;
  for (std::size_t i = 0; i < values.count("fence"); ++i) {
    if (!is_sound_fence(values, i)) continue;
    rules::Fence fence = fence_of(values.item("fence", i));
    const std::string id = fence.id;
    fences[id] = std::make_shared<const rules::FenceArea>(std::move(fence));
  }
  return fences;
}

/// No vehicle has two rules for one thing that are equally particular.
std::vector<Misfit> check_clash(const Values& values, std::size_t) {
  for (std::size_t i = 0; i < values.count("rule"); ++i) {
    if (!check_names(values, i).empty()) return {};
  }
  for (std::size_t i = 0; i < values.count("fence"); ++i) {
    if (!is_sound_fence(values, i)) return {};
  }
  const auto clash = rules::find_clash(rule_book_of(values));
  if (!clash) return {};
  const std::string whom = clash->vehicle_id.empty() ? "every vehicle" : "vehicle " + clash->vehicle_id;
  return {{item_key("rule", clash->second, "kind"),
           "watches for " + whom + " what rule." + std::to_string(clash->first) + " watches already"}};
}

}  // namespace

std::vector<config::Relation> alert_relations() {
  return {{.group = "fence", .check = check_fence},
          {.keys = {"fence", "group"}, .group = "rule", .check = check_names},
          {.group = "rule", .check = check_limits},
          {.keys = {"fence", "group", "rule"}, .check = check_clash}};
}

rules::RuleBookConfig rule_book_of(const Values& values) {
  rules::RuleBookConfig book;
  const Fences fences = fences_of(values);
  for (std::size_t i = 0; i < values.count("rule"); ++i) book.rules.push_back(spec_of(values.item("rule", i), fences));
  for (std::size_t i = 0; i < values.count("group"); ++i) {
    const Values item = values.item("group", i);
    book.groups[item.text("id")] = item.text_list("vehicles");
  }
  return book;
}

}  // namespace odograph::keys
