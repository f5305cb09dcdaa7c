#include "agent/config_words.h"

#include <fmt/format.h>

#include "agent/source_options.h"
#include "drivers/api/driver_table.h"
#include "lib/config/notation.h"
#include "lib/keys/link.h"

namespace odograph::agent {
namespace {

// A sentence with more is not read; how many there are is told instead.
constexpr std::size_t kSourcesTold = 4;

/// "gps (nmea, /dev/ttyUSB0)": what a driver cannot do without says best what it reads.
std::string source_words(const config::Values& source) {
  const std::string& driver = source.text("driver");
  std::string text = fmt::format("{} ({}", source.text("name"), driver);
  for (const auto& option : find_driver(driver)->options) {
    if (option.required && option.type == drivers::OptionType::kText) text += ", " + source.text(option.name);
  }
  return text + ")";
}

std::string sources_words(const config::Values& values) {
  const std::size_t count = values.count("source");
  if (count == 0) return "nothing";
  if (count > kSourcesTold) return fmt::format("{} sources", count);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " and ") + source_words(values.item("source", i));
  return text;
}

std::string rule_words(const config::Values& values) {
  const std::size_t zones = values.count("zone");
  const std::string zone_words = fmt::format("{} zone{}", zones, zones == 1 ? "" : "s");
  if (!values.has("rules.speed_limit_kmh")) {
    return zones == 0 ? "leave overspeed to the fleet's processor" : "watch the limits of " + zone_words;
  }
  const auto limit = fmt::format("watch a limit of {} km/h", values.integer("rules.speed_limit_kmh"));
  return zones == 0 ? limit : limit + " and those of " + zone_words;
}

}  // namespace

std::string in_words(const config::Values& values) {
  return fmt::format("{} would read {}, keep up to {} in {}, send to {} {} and {}", values.text("vehicle.id"),
                     sources_words(values), config::format_bytes(values.bytes("storage.cap")),
                     values.path("storage.directory").string(), keys::brokers_of(values), keys::security_words(values),
                     rule_words(values));
}

}  // namespace odograph::agent
