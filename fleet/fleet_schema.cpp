#include "fleet/fleet_config.h"
#include "lib/base/ids.h"

namespace odograph::fleet {
namespace {

using config::OptionSpec;
using config::Type;

std::vector<OptionSpec> kafka_options() {
  return {
      {.key = "kafka.brokers",
       .type = Type::kTextList,
       .default_value = "[\"127.0.0.1:9092\"]",
       .doc = "Where to begin: host:port of one or more brokers; name three of a real cluster."},
      {.key = "kafka.security",
       .default_value = "plaintext",
       .one_of = {"plaintext", "tls"},
       .doc = "How the link is secured. tls verifies the broker's certificate and name."},
      {.key = "kafka.ca_file",
       .type = Type::kPath,
       .doc = "PEM bundle of the authorities to trust; without it the system's.",
       .example = "/etc/odograph/ca.pem"},
      {.key = "kafka.cert_file",
       .type = Type::kPath,
       .doc = "PEM certificate chain of this program, where the broker asks for one.",
       .example = "/etc/odograph/fleet.pem"},
      {.key = "kafka.key_file",
       .type = Type::kPath,
       .doc = "PEM key of cert_file; nobody else may be able to read it.",
       .example = "/etc/odograph/fleet.key"},
      {.key = "kafka.group",
       .default_value = "odograph-process",
       .doc = "Consumer group of the processor. Its instances share the partitions."},
      {.key = "kafka.instance",
       .doc = "A name that this instance keeps over restarts, unique in its group: it then comes back to its own "
              "partitions without a rebalance.",
       .example = "processor-0"},
      {.key = "kafka.session_timeout",
       .type = Type::kDuration,
       .default_value = "30s",
       .min = "6s",
       .max = "5min",
       .doc = "An instance that is not heard for this long loses its partitions to the others."},
  };
}

std::vector<OptionSpec> process_options() {
  return {
      {.key = "process.commit_interval",
       .type = Type::kDuration,
       .default_value = "500ms",
       .min = "10ms",
       .max = "1min",
       .doc = "How often the outputs are waited for and the offsets committed."},
      {.key = "process.vehicles_max",
       .type = Type::kInteger,
       .default_value = "1000000",
       .min = "1",
       .max = "100000000",
       .doc = "Vehicles held in memory, about 1 KiB each; beyond it the one heard longest ago is forgotten."},
      {.key = "process.summary_interval",
       .type = Type::kDuration,
       .default_value = "1min",
       .min = "1s",
       .max = "24h",
       .doc = "How often a line with the counts is logged."},
  };
}

std::vector<OptionSpec> rule_options() {
  const auto duration = [](std::string name, std::string default_value, std::string doc) {
    return OptionSpec{.key = "rules." + std::move(name),
                      .type = Type::kDuration,
                      .default_value = std::move(default_value),
                      .max = "24h",
                      .doc = std::move(doc)};
  };
  return {
      {.key = "rules.speed_limit_kmh",
       .type = Type::kInteger,
       .default_value = "80",
       .unit = "km/h",
       .min = "5",
       .max = "400",
       .doc = "The speed limit of vehicles that have none of their own below and do not watch their speed themselves."},
      {.key = "rules.hysteresis_kmh",
       .type = Type::kInteger,
       .default_value = "3",
       .unit = "km/h",
       .min = "0",
       .max = "50",
       .doc = "Overspeed ends below the limit less this."},
      duration("min_duration", "0s", "Overspeed must have held this long before it is raised."),
      duration("clear_duration", "10s", "And must have been over this long before it is cleared."),
      duration("gap", "1min", "A longer silence between two fixes counts for neither of the two."),
      duration("update_interval", "1min", "A growing peak is told at most once in this time."),
      {.key = "rules.accuracy_gate",
       .type = Type::kBoolean,
       .default_value = "true",
       .doc = "Leave flagged fixes out: bad HDOP, jumps, simulated or latched receivers."},
  };
}

std::vector<OptionSpec> service_options() {
  return {
      {.key = "status.socket",
       .type = Type::kPath,
       .doc = "Unix socket that answers with the counts as JSON; off without it.",
       .example = "/run/odograph/fleet.sock"},
      {.key = "metrics.enabled",
       .type = Type::kBoolean,
       .default_value = "false",
       .doc = "Serve Prometheus metrics on 127.0.0.1."},
      {.key = "metrics.port",
       .type = Type::kInteger,
       .default_value = "9465",
       .min = "0",
       .max = "65535",
       .doc = "Their port; 0 takes any free one and logs it."},
      {.key = "log.level",
       .default_value = "info",
       .one_of = {"debug", "info", "warning", "error"},
       .doc = "The least that is logged."},
  };
}

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

OptionSpec id_option(std::string doc, std::string example) {
  return {.key = "id",
          .required = true,
          .accepts = base::is_vehicle_id,
          .expected = "1 to 64 of A-Z a-z 0-9 . _ -",
          .doc = std::move(doc),
          .example = std::move(example)};
}

std::vector<config::GroupSpec> groups() {
  return {
      {.key = "zone",
       .doc = "A polygon with a speed limit of its own, which holds inside and on the border; of several the lowest.",
       .count_max = rules::kZonesMax,
       .options = {id_option("Names the zone in alerts.", "depot"),
                   limit_option("limit_kmh", "The limit inside."),
                   {.key = "outline",
                    .type = Type::kPositions,
                    .required = true,
                    .doc = "Corners as [latitude, longitude], at least three; it closes by itself.",
                    .example = "[[47.10, 8.20], [47.10, 8.30], [47.20, 8.30]]"}},
       .unique = "id"},
      {.key = "vehicle",
       .doc = "A vehicle with a speed limit of its own.",
       .count_max = 100'000,
       .options = {id_option("Which one.", "truck-17"), limit_option("speed_limit_kmh", "Its limit.")},
       .unique = "id"},
  };
}

config::Schema make_schema() {
  config::Schema schema{.title = "Configuration of odograph-fleet. Any key can also be given as --set KEY=VALUE.",
                        .sections = {{"kafka", "Where records come from and go to."},
                                     {"process", "The processor: records to reports and alerts."},
                                     {"rules", "Overspeed, for vehicles that do not watch it themselves."},
                                     {"status", "For the people who run it."},
                                     {"metrics", "For Prometheus."},
                                     {"log", "What is logged, on stderr."}},
                        .groups = groups()};
  for (const auto& options : {kafka_options(), process_options(), rule_options(), service_options()}) {
    schema.options.insert(schema.options.end(), options.begin(), options.end());
  }
  return config::completed(std::move(schema));
}

}  // namespace

const config::Schema& schema() {
  static const config::Schema kSchema = make_schema();
  return kSchema;
}

}  // namespace odograph::fleet
