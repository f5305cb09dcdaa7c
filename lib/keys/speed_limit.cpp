#include "lib/keys/speed_limit.h"

#include <cmath>
#include <utility>

#include "lib/keys/service.h"
#include "lib/rules/units.h"

namespace odograph::keys {
namespace {

using config::Misfit;
using config::OptionSpec;
using config::Type;
using config::Values;

constexpr char kLimit[] = "rules.speed_limit_kmh";
constexpr char kHysteresis[] = "rules.hysteresis_kmh";

std::int32_t e7(double degrees) { return static_cast<std::int32_t>(std::lround(degrees * 1e7)); }

rules::Zone zone_of(const Values& item) {
  rules::Zone zone{.id = item.text("id"), .limit_cmps = rules::cmps_from_kmh(item.integer("limit_kmh"))};
  for (const auto& corner : item.positions("outline")) zone.outline.push_back({e7(corner.lat), e7(corner.lon)});
  return zone;
}

/// The smallest of the limits must leave room for it. Whole numbers of km/h stay apart in cm/s.
std::vector<Misfit> check_hysteresis(const Values& values, std::size_t) {
  if (!values.has(kLimit) || values.integer(kHysteresis) < values.integer(kLimit)) return {};
  return {{kHysteresis, "expected less than rules.speed_limit_kmh, which is " + std::to_string(values.integer(kLimit)) +
                            ", found " + std::to_string(values.integer(kHysteresis))}};
}

std::vector<Misfit> check_zone_limit(const Values& values, std::size_t item) {
  return limit_misfits(values, config::item_key("zone", item, "limit_kmh"));
}

std::vector<Misfit> check_zone_outline(const Values& values, std::size_t item) {
  rules::SpeedLimitConfig alone{.zones = {zone_of(values.item("zone", item))}};
  alone.zones.front().limit_cmps = 1;
  alone.hysteresis_cmps = 0;
  const auto status = rules::validate(alone);
  if (status) return {};
  // Which zone it is, the key tells.
  const std::string& what = status.error().what;
  const auto begin = what.find("': ");
  return {{config::item_key("zone", item, "outline"), begin == std::string::npos ? what : what.substr(begin + 3)}};
}

OptionSpec duration(std::string key, std::string default_value, std::string doc) {
  return {.key = std::move(key),
          .type = Type::kDuration,
          .default_value = std::move(default_value),
          .max = "24h",
          .doc = std::move(doc)};
}

}  // namespace

OptionSpec limit_option(std::string key, std::string doc) {
  return {.key = std::move(key),
          .type = Type::kInteger,
          .required = true,
          .unit = "km/h",
          .min = "5",
          .max = "400",
          .aliases = {"limit", "limit_kmh", "speed", "speed_limit_kmh", "max_speed", "speed_limit_mph"},
          .doc = std::move(doc),
          .example = "30"};
}

std::vector<OptionSpec> rule_options(std::string limit_doc) {
  OptionSpec limit = limit_option(kLimit, std::move(limit_doc));
  limit.required = false;
  limit.example = "80";
  return {
      std::move(limit),
      {.key = kHysteresis,
       .type = Type::kInteger,
       .default_value = "3",
       .unit = "km/h",
       .min = "0",
       .max = "50",
       .aliases = {"margin", "tolerance"},
       .doc = "Overspeed ends below the limit less this."},
      duration("rules.min_duration", "0s", "Overspeed must have held this long before it is raised."),
      duration("rules.clear_duration", "10s", "And must have been over this long before it is ended."),
      duration("rules.gap", "1min", "A longer silence between two fixes counts for neither of the two."),
      duration("rules.update_interval", "1min", "A growing peak is told at most once in this time."),
      {.key = "rules.accuracy_gate",
       .type = Type::kBoolean,
       .default_value = "true",
       .doc = "Leave fixes out that are flagged (bad HDOP, jumps, simulated or latched receivers), or that no vehicle "
              "can have made: more than 250 km/h from the one before, 10 m/s2 of change of speed."},
  };
}

config::GroupSpec zone_group() {
  return {
      .key = "zone",
      .doc = "A polygon with a speed limit of its own, which holds inside and on the border; of several the lowest.",
      .count_max = rules::kZonesMax,
      .options = {id_option("id", "Names the zone in alerts.", "depot"),
                  limit_option("limit_kmh", "The limit inside."),
                  {.key = "outline",
                   .type = Type::kPositions,
                   .required = true,
                   .aliases = {"polygon", "points", "corners", "coordinates", "shape"},
                   .doc = "Corners as [latitude, longitude], at least three; it closes by itself.",
                   .example = "[[47.10, 8.20], [47.10, 8.30], [47.20, 8.30]]"}},
      .unique = "id",
      .aliases = {"zones", "geofence", "area", "polygon"},
  };
}

std::vector<Misfit> limit_misfits(const Values& values, const std::string& key) {
  if (values.integer(key) > values.integer(kHysteresis)) return {};
  return {{key, "expected more than rules.hysteresis_kmh, which is " + std::to_string(values.integer(kHysteresis)) +
                    ", found " + std::to_string(values.integer(key))}};
}

std::vector<config::Relation> rule_relations() {
  return {{.keys = {kLimit, kHysteresis}, .check = check_hysteresis},
          {.keys = {kHysteresis}, .group = "zone", .check = check_zone_limit},
          {.group = "zone", .check = check_zone_outline}};
}

rules::SpeedLimitConfig speed_limit_of(const config::Values& values) {
  rules::SpeedLimitConfig config;
  if (values.has(kLimit)) {
    config.limit_cmps = rules::cmps_from_kmh(values.integer(kLimit));
  }
  config.hysteresis_cmps = rules::cmps_from_kmh(values.integer(kHysteresis));
  config.min_duration = values.duration("rules.min_duration");
  config.clear_duration = values.duration("rules.clear_duration");
  config.gap = values.duration("rules.gap");
  config.update_interval = values.duration("rules.update_interval");
  config.accuracy_gate = values.boolean("rules.accuracy_gate");
  for (std::size_t i = 0; i < values.count("zone"); ++i) {
    config.zones.push_back(zone_of(values.item("zone", i)));
  }
  return config;
}

}  // namespace odograph::keys
