#include "fleet/rules_config.h"

#include <algorithm>

#include "fleet/fleet_config.h"
#include "lib/config/load.h"
#include "lib/keys/alert_rules.h"
#include "lib/keys/speed_limit.h"
#include "lib/rules/units.h"

namespace odograph::fleet {
namespace {

/// Whether it looks at rules alone: at an item of a group, whole groups, or keys of [rules].
bool is_of_rules(const config::Relation& relation) {
  return std::all_of(relation.keys.begin(), relation.keys.end(), [](const std::string& key) {
    return key.starts_with("rules.") || key.find('.') == std::string::npos;
  });
}

}  // namespace

const config::Schema& rules_schema() {
  static const config::Schema kSchema = [] {
    config::Schema rules = schema();
    for (config::OptionSpec& option : rules.options) option.required = false;
    // The others look at files and links that a file of rules does not name.
    std::erase_if(rules.relations, [](const config::Relation& relation) { return !is_of_rules(relation); });
    return rules;
  }();
  return kSchema;
}

base::Result<watch::TrialRules> load_rules(const std::filesystem::path& path) {
  const auto file = config::read_file(path, {});
  if (!file) return file.error();
  const config::Loaded loaded = config::load(rules_schema(), *file, {});
  if (!loaded.values) {
    std::string problems;
    for (const std::string& problem : loaded.problems) problems += (problems.empty() ? "" : "\n") + problem;
    if (loaded.problems_left_out > 0) problems += "\nand " + std::to_string(loaded.problems_left_out) + " more";
    return base::stop_error(std::move(problems));
  }
  watch::TrialRules rules{
      keys::speed_limit_of(*loaded.values), {}, overspeed_guard(*loaded.values), keys::rule_book_of(*loaded.values)};
  if (auto status = rules::validate(rules.speed_limit); !status) return status.error();
  for (std::size_t i = 0; i < loaded.values->count("vehicle"); ++i) {
    const config::Values item = loaded.values->item("vehicle", i);
    rules.limits_cmps[item.text("id")] = rules::cmps_from_kmh(item.integer("speed_limit_kmh"));
  }
  return rules;
}

}  // namespace odograph::fleet
