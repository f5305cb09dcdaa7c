#include <nlohmann/json.hpp>

#include "fleet/fences/alert_settings.h"
#include "fleet/fences/geojson.h"
#include "lib/config/notation.h"

namespace odograph::fences {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kE7 = 1e7;

Json place(const model::Position& position) { return Json::array({position.lon_e7 / kE7, position.lat_e7 / kE7}); }

Json geometry(const std::optional<rules::Fence>& area) {
  if (!area) return nullptr;
  if (area->outline.empty()) return {{"type", "Point"}, {"coordinates", place(area->centre)}};
  Json ring = Json::array();
  for (const model::Position& corner : area->outline) ring.push_back(place(corner));
  ring.push_back(place(area->outline.front()));
  return {{"type", "Polygon"}, {"coordinates", Json::array({std::move(ring)})}};
}

/// What is as it is by default need not be told.
void add_alert(Json& properties, FenceAlert alert) {
  FenceAlert plain;
  properties["when"] = alert.when == rules::GeofenceConfig::When::kOutside ? "outside" : "inside";
  properties["severity"] = model::to_string(alert.severity);
  for (const DurationSetting& setting : kDurationSettings) {
    if (setting.of(alert) == setting.of(plain)) continue;
    properties[setting.name] = config::format_duration(setting.of(alert));
  }
  for (const NumberSetting& setting : kNumberSettings) {
    if (setting.read(alert) != setting.read(plain)) properties[setting.name] = setting.read(alert);
  }
  for (const NamesSetting& setting : kNamesSettings) {
    if (!setting.of(alert).empty()) properties[setting.name] = setting.of(alert);
  }
}

}  // namespace

std::string to_geojson(const std::map<std::string, FenceRow>& rows) {
  std::string features;
  for (const auto& [id, row] : rows) {
    for (const FenceVersion& version : row.versions) {
      Json properties{{"id", id}, {"valid_from", base::to_rfc3339(version.valid_from)}};
      if (version.area && version.area->outline.empty()) properties["radius_m"] = version.area->radius_m;
      if (version.alert) add_alert(properties, *version.alert);
      const Json feature{
          {"type", "Feature"}, {"properties", std::move(properties)}, {"geometry", geometry(version.area)}};
      features += (features.empty() ? "\n" : ",\n") + feature.dump();
    }
  }
  return R"({"type": "FeatureCollection", "features": [)" + features + "\n]}\n";
}

}  // namespace odograph::fences
