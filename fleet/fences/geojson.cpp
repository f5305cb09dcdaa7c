#include "fleet/fences/geojson.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "fleet/fences/alert_settings.h"
#include "fleet/fences/fence_row.h"
#include "fleet/trips/line_file.h"
#include "fleet/trips/object.h"
#include "fleet/trips/read.h"
#include "lib/config/notation.h"

namespace odograph::fences {
namespace {

using Json = nlohmann::json;
using When = rules::GeofenceConfig::When;

constexpr model::Severity kSeverities[] = {model::Severity::kInfo, model::Severity::kMinor, model::Severity::kWarning,
                                           model::Severity::kMajor, model::Severity::kCritical};
/// Of a value that is told in a complaint.
constexpr std::size_t kShownMax = 40;

/// What was found, as short as a line for people has to be.
std::string shown(const Json& json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
  return text;
}

bool is_type(const Json& json, const char* type) {
  const auto found = json.is_object() ? json.find("type") : json.end();
  return json.is_object() && found != json.end() && *found == type;
}

/// Reads one feature; the first thing that is wrong with it is its complaint.
class Feature {
 public:
  Feature(const Json& json, std::set<std::string>& unused) : json_(json), unused_(unused) {}

  FencePut read() {
    FencePut fence;
    if (!is_type(json_, "Feature")) return complain("type", shown(json_), "a Feature"), fence;
    const auto properties = json_.find("properties");
    if (properties != json_.end() && properties->is_object()) properties_ = &*properties;
    fence.id = id();
    fence.valid_from = valid_from();
    const auto geometry = json_.find("geometry");
    if (geometry == json_.end()) return complain("geometry", "missing", "a Polygon, a Point, or null"), fence;
    if (geometry->is_null()) {
      for (const char* name : {"radius_m", "when"}) refuse(name, "nothing where the geometry is null");
    } else {
      fence.area = area(fence.id, *geometry);
    }
    fence.alert = alert();
    for (const auto& [name, value] : properties_->items()) {
      if (!looked_at_.contains(name)) unused_.insert(name);
    }
    return fence;
  }
  const std::optional<std::string>& complaint() const { return complaint_; }

 private:
  void complain(const std::string& member, const std::string& found, const std::string& expected) {
    if (!complaint_) complaint_ = member + ": " + found + ", expected " + expected;
  }

  /// The property of that name, if it is there.
  const Json* find(const std::string& name) {
    looked_at_.insert(name);
    const auto found = properties_->find(name);
    return found == properties_->end() || found->is_null() ? nullptr : &*found;
  }
  void refuse(const std::string& name, const std::string& why) {
    if (const Json* found = find(name)) complain("properties." + name, shown(*found), why);
  }

  std::string id() {
    const Json* found = find("id");
    const char* member = "properties.id";
    if (const auto own = json_.find("id"); found == nullptr && own != json_.end()) {
      found = &*own;
      member = "id";
    }
    const std::string expected = "1 to 64 bytes of text";
    if (found == nullptr) return complain(member, "missing", expected), std::string();
    if (!found->is_string() || !trips::is_text(found->get_ref<const std::string&>(), kIdBytesMax)) {
      return complain(member, shown(*found), expected), std::string();
    }
    return found->get<std::string>();
  }

  std::optional<base::UtcTime> valid_from() {
    const Json* found = find("valid_from");
    if (found == nullptr) return std::nullopt;
    const auto time = found->is_string() ? base::from_rfc3339(found->get_ref<const std::string&>()) : std::nullopt;
    if (!time) {
      complain("properties.valid_from", shown(*found), "a time as RFC 3339 has it (2026-03-02T08:00:00Z)");
    }
    return time;
  }

  std::optional<model::Position> position(const Json& json, const std::string& member) {
    const auto within = [](const Json& number, trips::Range range) {
      return number.is_number() && range.holds(number.get<double>());
    };
    const bool sound = json.is_array() && json.size() >= 2 && json.size() <= 3 && within(json[0], trips::kLonDeg) &&
                       within(json[1], trips::kLatDeg);
    if (!sound) return complain(member, shown(json), "[longitude, latitude] in degrees"), std::nullopt;
    return model::Position{static_cast<std::int32_t>(std::lround(json[1].get<double>() * 1e7)),
                           static_cast<std::int32_t>(std::lround(json[0].get<double>() * 1e7))};
  }

  std::optional<rules::Fence> area(const std::string& id, const Json& geometry) {
    const auto coordinates = geometry.is_object() ? geometry.find("coordinates") : geometry.end();
    rules::Fence fence{.id = id, .outline = {}, .centre = {}, .radius_m = 0};
    const bool has_places = geometry.is_object() && coordinates != geometry.end();
    if (has_places && is_type(geometry, "Polygon")) {
      refuse("radius_m", "nothing beside a Polygon");
      fence.outline = outline(*coordinates);
    } else if (has_places && is_type(geometry, "Point")) {
      fence.centre = position(*coordinates, "geometry.coordinates").value_or(model::Position{});
      fence.radius_m = radius_m();
    } else {
      complain("geometry", shown(geometry), "a Polygon or a Point, with coordinates");
    }
    if (complaint_) return std::nullopt;
    if (auto status = rules::validate(fence); !status) {
      const std::string& what = status.error().what;
      const auto begin = what.find("': ");
      complaint_ = "geometry: " + (begin == std::string::npos ? what : what.substr(begin + 3));
    }
    return fence;
  }

  std::vector<model::Position> outline(const Json& rings) {
    std::vector<model::Position> corners;
    if (!rings.is_array() || rings.size() != 1 || !rings[0].is_array()) {
      complain("geometry.coordinates", rings.is_array() ? std::to_string(rings.size()) + " rings" : shown(rings),
               "one ring: a fence has no holes");
      return corners;
    }
    for (const Json& corner : rings[0]) {
      const std::string member = "geometry.coordinates[0][" + std::to_string(corners.size()) + "]";
      corners.push_back(position(corner, member).value_or(model::Position{}));
      if (complaint_) return {};
    }
    if (corners.size() < 4 || corners.front() != corners.back()) {
      complain("geometry.coordinates[0]", std::to_string(corners.size()) + " positions",
               "at least 4, the last one the same as the first");
      return {};
    }
    corners.pop_back();
    return corners;
  }

  std::int32_t radius_m() {
    const Json* found = find("radius_m");
    const std::string expected = "10 to 100000 beside a Point";
    if (found == nullptr) return complain("properties.radius_m", "missing", expected), 0;
    const bool sound =
        found->is_number() && found->get<double>() >= rules::kRadiusMMin && found->get<double>() <= rules::kRadiusMMax;
    if (!sound) return complain("properties.radius_m", shown(*found), expected), 0;
    return static_cast<std::int32_t>(std::lround(found->get<double>()));
  }

  std::optional<FenceAlert> alert() {
    const Json* when = find("when");
    FenceAlert alert;
    if (when != nullptr && *when != "inside" && *when != "outside") {
      complain("properties.when", shown(*when), "\"inside\" or \"outside\"");
    }
    if (when != nullptr && *when == "outside") alert.when = When::kOutside;
    severity(when != nullptr, alert);
    for (const DurationSetting& setting : kDurationSettings) {
      if (const Json* found = setting_of(when != nullptr, setting.name)) duration(setting, *found, alert);
    }
    for (const NumberSetting& setting : kNumberSettings) {
      const Json* found = setting_of(when != nullptr, setting.name);
      if (found == nullptr) continue;
      const bool sound =
          found->is_number_unsigned() && found->get<std::uint64_t>() <= static_cast<std::uint64_t>(setting.max);
      if (sound) {
        setting.write(alert, found->get<std::int64_t>());
      } else {
        complain("properties." + std::string(setting.name), shown(*found),
                 "a whole number from 0 to " + std::to_string(setting.max));
      }
    }
    for (const NamesSetting& setting : kNamesSettings) {
      if (const Json* found = setting_of(when != nullptr, setting.name)) names(setting, *found, alert);
    }
    return when == nullptr ? std::nullopt : std::optional(std::move(alert));
  }

  /// A setting of the alert, which has to have one.
  const Json* setting_of(bool has_alert, const char* name) {
    if (!has_alert) refuse(name, "`when` beside it");
    return has_alert ? find(name) : nullptr;
  }

  void severity(bool has_alert, FenceAlert& alert) {
    const Json* found = setting_of(has_alert, "severity");
    if (found == nullptr) return;
    const auto* known = std::find_if(std::begin(kSeverities), std::end(kSeverities),
                                     [&](model::Severity each) { return *found == model::to_string(each); });
    if (known == std::end(kSeverities)) {
      complain("properties.severity", shown(*found), "info, minor, warning, major or critical");
    } else {
      alert.severity = *known;
    }
  }

  void duration(const DurationSetting& setting, const Json& found, FenceAlert& alert) {
    const auto value = found.is_string() ? config::parse_duration(found.get_ref<const std::string&>()) : std::nullopt;
    if (value && *value >= setting.min && *value <= kDurationMax) {
      setting.of(alert) = *value;
    } else {
      complain("properties." + std::string(setting.name), shown(found),
               "a duration such as \"15s\", from " + config::format_duration(setting.min) + " to 7d");
    }
  }

  void names(const NamesSetting& setting, const Json& found, FenceAlert& alert) {
    const bool sound =
        found.is_array() && found.size() <= kNamesMax && std::all_of(found.begin(), found.end(), [](const Json& each) {
          return each.is_string() && trips::is_text(each.get_ref<const std::string&>(), kIdBytesMax);
        });
    if (sound) {
      setting.of(alert) = found.get<std::vector<std::string>>();
    } else {
      complain("properties." + std::string(setting.name), shown(found), "an array of at most 1000 names");
    }
  }

  static const Json& none() {
    static const Json kNone = Json::object();
    return kNone;
  }

  const Json& json_;
  std::set<std::string>& unused_;
  const Json* properties_ = &none();
  std::set<std::string> looked_at_;
  std::optional<std::string> complaint_;
};

/// What no property of it shows, but its message would be refused for.
std::optional<std::string> fault_of(const FencePut& fence) {
  const FenceRow alone{.id = fence.id, .versions = {{base::UtcTime{}, fence.area, fence.alert}}};
  const auto status = validate(alone);
  if (status) return std::nullopt;
  const std::string& what = status.error().what;
  const auto begin = what.find("].");
  return begin == std::string::npos ? what : what.substr(begin + 2);
}

base::Result<std::string> whole_text(const std::filesystem::path& path) {
  auto file = trips::LineFile::open(path);
  if (!file) return file.error();
  std::string text;
  std::string line;
  while (true) {
    const auto more = file->next(line);
    if (!more) return more.error();
    if (!*more) return text;
    text += line + '\n';
    if (text.size() > kDocumentBytesMax) {
      return base::stop_error(file->name() + ": longer than " + std::to_string(kDocumentBytesMax) + " bytes");
    }
  }
}

}  // namespace

base::Result<FenceFile> parse_fences(std::string_view text, const std::string& name) {
  const auto json = trips::parse_document(text);
  if (!json) return base::drop_error(name + ": " + json.error().what);
  const auto features = json->is_object() ? json->find("features") : json->end();
  const bool many = is_type(*json, "FeatureCollection") && features != json->end() && features->is_array();
  if (!many && !is_type(*json, "Feature")) {
    return base::drop_error(name + ": type: expected a FeatureCollection with features, or a Feature");
  }
  const Json all = many ? *features : Json::array({*json});
  FenceFile file;
  trips::Complaints complaints;
  std::set<std::string> unused;
  for (std::size_t i = 0; i < all.size() && !complaints.enough(); ++i) {
    Feature feature(all[i], unused);
    FencePut fence = feature.read();
    const auto fault = feature.complaint() ? feature.complaint() : fault_of(fence);
    const std::string where = name + ": feature " + std::to_string(i + 1);
    if (fault) {
      complaints.add(where + (fence.id.empty() ? "" : " (" + fence.id + ")"), *fault);
    } else {
      file.fences.push_back(std::move(fence));
    }
  }
  if (!complaints.empty()) return complaints.error();
  file.unused.assign(unused.begin(), unused.end());
  return file;
}

base::Result<FenceFile> read_fences(const std::vector<std::filesystem::path>& files) {
  FenceFile all;
  std::set<std::pair<std::string, std::optional<base::UtcTime>>> seen;
  std::set<std::string> unused;
  trips::Complaints complaints;
  for (const std::filesystem::path& path : files) {
    const auto text = whole_text(path);
    if (!text) return text.error();
    auto file = parse_fences(*text, path.string());
    if (!file) return file.error();
    for (FencePut& fence : file->fences) {
      if (!seen.insert({fence.id, fence.valid_from}).second) {
        complaints.add(path.string() + ": fence " + fence.id, "twice for the same time, expected once");
      }
      all.fences.push_back(std::move(fence));
    }
    unused.insert(file->unused.begin(), file->unused.end());
  }
  if (!complaints.empty()) return complaints.error();
  all.unused.assign(unused.begin(), unused.end());
  return all;
}

}  // namespace odograph::fences
