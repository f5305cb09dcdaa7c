#include "fleet/fleet_config.h"

#include "fleet/topics/topic_table.h"
#include "lib/config/load.h"
#include "lib/keys/alert_rules.h"
#include "lib/keys/link.h"
#include "lib/keys/msk.h"
#include "lib/keys/speed_limit.h"
#include "lib/rules/units.h"

namespace odograph::fleet {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : between).append(part);
  return text;
}

base::Result<process::ProcessorOptions> processor_options(const config::Values& values) {
  process::ProcessorOptions options;
  options.rules = keys::speed_limit_of(values);
  options.guard = overspeed_guard(values);
  options.vehicles_max = static_cast<std::size_t>(values.integer("process.vehicles_max"));
  if (values.text("process.reports") == "packed") options.reports = process::ReportForm::kPacked;
  if (auto status = rules::validate(options.rules); !status) return status.error();
  for (std::size_t i = 0; i < values.count("vehicle"); ++i) {
    const config::Values item = values.item("vehicle", i);
    rules::SpeedLimitConfig own = options.rules;
    own.limit_cmps = rules::cmps_from_kmh(item.integer("speed_limit_kmh"));
    if (auto status = rules::validate(own); !status) {
      return base::stop_error("vehicle " + item.text("id") + ": " + status.error().what);
    }
    options.limits_cmps[item.text("id")] = *own.limit_cmps;
  }
  return options;
}

process::ConnectOptions connect_options(const config::Values& values, const kafka::Security& security) {
  process::ConnectOptions options;
  options.brokers = keys::brokers_of(values);
  options.group = values.text("kafka.group");
  if (values.has("kafka.instance")) options.instance = values.text("kafka.instance");
  options.session_timeout = values.duration("kafka.session_timeout");
  const bool loose = values.text("process.guarantee") == "at_least_once";
  options.guarantee = loose ? process::Guarantee::kAtLeastOnce : process::Guarantee::kExactlyOnce;
  options.security = security;
  return options;
}

}  // namespace

alerts::OverspeedGuard overspeed_guard(const config::Values& values) {
  return {.reopen = values.duration("rules.reopen"),
          .flap_cycles = static_cast<std::uint32_t>(values.integer("rules.flap_cycles")),
          .flap_window = values.duration("rules.flap_window"),
          .flap_stable = values.duration("rules.flap_stable")};
}

base::Result<config::Values> load_config(const ConfigSource& source) {
  const auto file = config::read_file(source.file, kConfigFile);
  if (!file) return file.error();
  std::vector<std::string> overrides;
  if (!source.brokers.empty()) {
    std::string list;
    for (std::size_t at = 0; at <= source.brokers.size();) {
      const std::size_t comma = std::min(source.brokers.find(',', at), source.brokers.size());
      list += (list.empty() ? "\"" : ", \"") + source.brokers.substr(at, comma - at) + '"';
      at = comma + 1;
    }
    overrides.push_back("kafka.brokers=[" + list + "]");
  }
  overrides.insert(overrides.end(), source.overrides.begin(), source.overrides.end());
  config::Loaded loaded = config::load(schema(), *file, overrides);
  if (loaded.values) return std::move(*loaded.values);
  if (loaded.problems_left_out > 0) {
    loaded.problems.push_back("and " + std::to_string(loaded.problems_left_out) + " more");
  }
  return base::stop_error(joined(loaded.problems, "\n"));
}

std::string in_words(const config::Values& values) {
  const auto counted = [](std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
  };
  const std::string rules = values.count("rule") == 0 ? "" : ", by " + counted(values.count("rule"), "alert rule");
  return "the processor would join group " + values.text("kafka.group") + " at " + keys::brokers_of(values) + ", " +
         keys::security_words(values) + ", and watch " + std::to_string(values.integer("rules.speed_limit_kmh")) +
         " km/h and the limits of " + counted(values.count("zone"), "zone") + " and " +
         counted(values.count("vehicle"), "vehicle") + rules;
}

base::Result<kafka::Security> security(const config::Values& values) {
  return keys::secured(values, {.user_agent = "odograph-fleet"});
}

base::Result<ProcessSettings> process_settings(const config::Values& values) {
  auto processor = processor_options(values);
  if (!processor) return processor.error();
  ProcessSettings settings;
  settings.pipeline.processor = std::move(*processor);
  settings.alert_rules = keys::rule_book_of(values);
  settings.arrivals = values.boolean("arrivals.enabled");
  if (settings.arrivals) settings.pipeline.tables = {{topics::kTrips}, {topics::kSegmentProfile}};
  settings.fences = values.boolean("tables.fences");
  if (settings.fences) settings.pipeline.tables.shared.emplace_back(topics::kGeofences);
  settings.pipeline.commit_interval = values.duration("process.commit_interval");
  const bool late = values.text("kafka.group_begin") == "latest";
  settings.pipeline.begin = late ? process::Begin::kLatest : process::Begin::kEarliest;
  const bool kept = values.text("process.memory") == "kept";
  if (kept) settings.pipeline.processor.group = values.text("kafka.group");
  settings.pipeline.memory = kept ? process::Memory::kKept : process::Memory::kProcess;
  const auto secured = security(values);
  if (!secured) return secured.error();
  settings.connect = connect_options(values, *secured);
  settings.summary_interval = values.duration("process.summary_interval");
  settings.log_level = service::parse_log_level(values.text("log.level")).value_or(service::LogLevel::kInfo);
  if (values.has("status.socket")) settings.status_socket = values.path("status.socket");
  if (values.boolean("metrics.enabled")) {
    settings.metrics_port = static_cast<std::uint16_t>(values.integer("metrics.port"));
  }
  if (values.has("metrics.emf")) {
    settings.emf = {.file = std::nullopt,
                    .interval = values.duration("metrics.emf_interval"),
                    .name_space = values.text("metrics.emf_namespace")};
    if (const std::string& to = values.text("metrics.emf"); to != "stdout") settings.emf->file = to;
  }
  return settings;
}

}  // namespace odograph::fleet
