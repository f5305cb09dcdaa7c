#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>

#include "lib/rules/speed_limit.h"

namespace odograph::rules {
namespace {

constexpr std::int32_t kLatE7Max = 900'000'000;
constexpr std::int32_t kLonE7Max = 1'800'000'000;

/// FNV-1a, 64 bits, over little-endian numbers and counted texts.
/// http://www.isthe.com/chongo/tech/comp/fnv/
class Fnv1a {
 public:
  void add(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) add_byte(static_cast<std::uint8_t>(value >> shift));
  }
  void add(std::int64_t value) { add(static_cast<std::uint64_t>(value)); }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    for (const char c : text) add_byte(static_cast<std::uint8_t>(c));
  }
  std::uint64_t value() const { return hash_; }

 private:
  void add_byte(std::uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001B3ULL; }

  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

base::Status wrong(const std::string& where, const std::string& what) {
  return base::stop_error("speed limit" + where + ": " + what);
}

base::Status validate_limit(const std::string& where, std::int32_t limit_cmps, std::int32_t hysteresis_cmps) {
  if (limit_cmps <= 0) return wrong(where, "limit of " + std::to_string(limit_cmps) + " cm/s, must be above 0");
  if (hysteresis_cmps < 0 || hysteresis_cmps >= limit_cmps) {
    return wrong(where, "hysteresis of " + std::to_string(hysteresis_cmps) +
                            " cm/s, must be from 0 to below the limit of " + std::to_string(limit_cmps));
  }
  return {};
}

base::Status validate_outline(const std::string& where, const std::vector<model::Position>& outline) {
  if (outline.size() < 3 || outline.size() > kCornersMax) {
    return wrong(where, std::to_string(outline.size()) + " corners, must be 3 to " + std::to_string(kCornersMax));
  }
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const std::string corner = "corner " + std::to_string(i + 1);
    if (outline[i].lat_e7 < -kLatE7Max || outline[i].lat_e7 > kLatE7Max) {
      return wrong(where, corner + ": latitude beyond 90");
    }
    if (outline[i].lon_e7 < -kLonE7Max || outline[i].lon_e7 > kLonE7Max) {
      return wrong(where, corner + ": longitude beyond 180");
    }
    const model::Position& before = outline[i == 0 ? outline.size() - 1 : i - 1];
    // A side longer than half the globe is meant to go the short way, over the date line; `contains` would take the
    // long one.
    if (std::abs(std::int64_t{outline[i].lon_e7} - before.lon_e7) > kLonE7Max) {
      return wrong(where, corner + ": the side to it crosses the date line");
    }
  }
  return {};
}

base::Status validate_zone(const Zone& zone, std::size_t index, std::int32_t hysteresis_cmps) {
  if (zone.id.empty() || zone.id.size() > kZoneIdCharsMax) {
    return wrong(
        ", zone " + std::to_string(index + 1),
        "id of " + std::to_string(zone.id.size()) + " characters, must be 1 to " + std::to_string(kZoneIdCharsMax));
  }
  const std::string where = ", zone '" + zone.id + "'";
  if (auto status = validate_limit(where, zone.limit_cmps, hysteresis_cmps); !status) return status;
  return validate_outline(where, zone.outline);
}

}  // namespace

std::uint64_t rule_set_hash(const SpeedLimitConfig& config) {
  // Increase the number whenever the rule itself comes to another outcome for the same configuration.
  constexpr std::uint64_t kRuleVersion = 2;
  Fnv1a hash;
  hash.add(std::string_view{"overspeed"});
  hash.add(kRuleVersion);
  hash.add(std::uint64_t{config.limit_cmps.has_value()});
  hash.add(std::int64_t{config.limit_cmps.value_or(0)});
  hash.add(std::int64_t{config.hysteresis_cmps});
  for (const base::Millis duration : {config.min_duration, config.clear_duration, config.gap, config.update_interval}) {
    hash.add(std::int64_t{duration.count()});
  }
  hash.add(std::uint64_t{config.accuracy_gate});
  std::vector<const Zone*> zones;
  for (const Zone& zone : config.zones) zones.push_back(&zone);
  std::sort(zones.begin(), zones.end(), [](const Zone* a, const Zone* b) { return a->id < b->id; });
  hash.add(std::uint64_t{zones.size()});
  for (const Zone* zone : zones) {
    hash.add(std::string_view{zone->id});
    hash.add(std::int64_t{zone->limit_cmps});
    hash.add(std::uint64_t{zone->outline.size()});
    for (const model::Position& corner : zone->outline) {
      hash.add(std::int64_t{corner.lat_e7});
      hash.add(std::int64_t{corner.lon_e7});
    }
  }
  // 0 stands for "no rules" on the wire.
  return hash.value() == 0 ? 1 : hash.value();
}

base::Status validate(const SpeedLimitConfig& config) {
  if (config.limit_cmps) {
    if (auto status = validate_limit("", *config.limit_cmps, config.hysteresis_cmps); !status) return status;
  }
  if (config.hysteresis_cmps < 0) return wrong("", "hysteresis below 0");
  if (config.min_duration.count() < 0) return wrong("", "minimum duration below 0");
  if (config.clear_duration.count() < 0) return wrong("", "clearing duration below 0");
  if (config.gap.count() <= 0) return wrong("", "gap not above 0");
  if (config.update_interval.count() < 0) return wrong("", "update interval below 0");
  if (config.zones.size() > kZonesMax) {
    return wrong("", std::to_string(config.zones.size()) + " zones, at most " + std::to_string(kZonesMax));
  }
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < config.zones.size(); ++i) {
    const Zone& zone = config.zones[i];
    if (auto status = validate_zone(zone, i, config.hysteresis_cmps); !status) return status;
    if (!ids.insert(zone.id).second) return wrong(", zone '" + zone.id + "'", "id used twice");
  }
  return {};
}

}  // namespace odograph::rules
