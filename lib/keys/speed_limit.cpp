#include "lib/keys/speed_limit.h"

#include <cmath>
#include <utility>

#include "lib/keys/service.h"
#include "lib/rules/units.h"

namespace odograph::keys {
namespace {

using config::OptionSpec;
using config::Type;

OptionSpec duration(std::string key, std::string default_value, std::string doc) {
  return {.key = std::move(key),
          .type = Type::kDuration,
          .default_value = std::move(default_value),
          .max = "24h",
          .doc = std::move(doc)};
}

std::int32_t e7(double degrees) { return static_cast<std::int32_t>(std::lround(degrees * 1e7)); }

}  // namespace

OptionSpec limit_option(std::string key, std::string doc) {
  return {.key = std::move(key),
          .type = Type::kInteger,
          .required = true,
          .unit = "km/h",
          .min = "5",
          .max = "400",
          .doc = std::move(doc),
          .example = "30"};
}

std::vector<OptionSpec> rule_options(std::string limit_doc) {
  OptionSpec limit = limit_option("rules.speed_limit_kmh", std::move(limit_doc));
  limit.required = false;
  limit.example = "80";
  return {
      std::move(limit),
      {.key = "rules.hysteresis_kmh",
       .type = Type::kInteger,
       .default_value = "3",
       .unit = "km/h",
       .min = "0",
       .max = "50",
       .doc = "Overspeed ends below the limit less this."},
      duration("rules.min_duration", "0s", "Overspeed must have held this long before it is raised."),
      duration("rules.clear_duration", "10s", "And must have been over this long before it is ended."),
      duration("rules.gap", "1min", "A longer silence between two fixes counts for neither of the two."),
      duration("rules.update_interval", "1min", "A growing peak is told at most once in this time."),
      {.key = "rules.accuracy_gate",
       .type = Type::kBoolean,
       .default_value = "true",
       .doc = "Leave flagged fixes out: bad HDOP, jumps, simulated or latched receivers."},
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
                   .doc = "Corners as [latitude, longitude], at least three; it closes by itself.",
                   .example = "[[47.10, 8.20], [47.10, 8.30], [47.20, 8.30]]"}},
      .unique = "id",
  };
}

rules::SpeedLimitConfig speed_limit_of(const config::Values& values) {
  rules::SpeedLimitConfig config;
  if (values.has("rules.speed_limit_kmh")) {
    config.limit_cmps = rules::cmps_from_kmh(values.integer("rules.speed_limit_kmh"));
  }
  config.hysteresis_cmps = rules::cmps_from_kmh(values.integer("rules.hysteresis_kmh"));
  config.min_duration = values.duration("rules.min_duration");
  config.clear_duration = values.duration("rules.clear_duration");
  config.gap = values.duration("rules.gap");
  config.update_interval = values.duration("rules.update_interval");
  config.accuracy_gate = values.boolean("rules.accuracy_gate");
  for (std::size_t i = 0; i < values.count("zone"); ++i) {
    const config::Values item = values.item("zone", i);
    rules::Zone zone{.id = item.text("id"), .limit_cmps = rules::cmps_from_kmh(item.integer("limit_kmh"))};
    for (const auto& corner : item.positions("outline")) zone.outline.push_back({e7(corner.lat), e7(corner.lon)});
    config.zones.push_back(std::move(zone));
  }
  return config;
}

}  // namespace odograph::keys
