#include "fleet/fleet_config.h"
#include "lib/keys/alert_rules.h"
#include "lib/keys/link.h"
#include "lib/keys/msk.h"
#include "lib/keys/service.h"
#include "lib/keys/speed_limit.h"
#include "lib/rules/life.h"

namespace odograph::fleet {
namespace {

using config::OptionSpec;
using config::Type;

std::vector<OptionSpec> kafka_options() {
  return {
      {.key = "kafka.group",
       .default_value = "odograph-process",
       .doc = "Consumer group of the processor. Its instances share the partitions."},
      {.key = "kafka.group_begin",
       .default_value = "earliest",
       .one_of = {"earliest", "latest"},
       .aliases = {"begin", "offset_reset", "auto_offset_reset", "start"},
       .doc = "Where a group begins that has committed nothing yet: at the earliest record that is there, or with what "
              "comes from now on."},
      {.key = "kafka.instance",
       .doc = "A name that this instance keeps over restarts, unique in its group: it then comes back to its own "
              "partitions without a rebalance, and ends at once what it left open when it died.",
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
       .doc =
           "How often outputs, state and offsets are committed, and so become visible to readers of committed data."},
      {.key = "process.guarantee",
       .default_value = "exactly_once",
       .one_of = {"exactly_once", "at_least_once"},
       .doc = "exactly_once: outputs, state and offsets are one transaction. at_least_once: for brokers without "
              "transactions; after a crash some outputs are written twice, under the same identities."},
      {.key = "process.memory",
       .default_value = "kept",
       .one_of = {"kept", "process"},
       .aliases = {"state", "keep_state"},
       .doc = "Where what is known of the vehicles and learnt of the roads stays. kept: in vehicle-state-topic and "
              "segment-profile-topic, which belong to one kafka.group; another is refused. "
              "process: nowhere else; a restart begins with nothing. Outputs are written all the same: a second group "
              "beside the first writes each of them once more."},
      {.key = "process.reports",
       .default_value = "single",
       .one_of = {"single", "packed"},
       .aliases = {"report_form", "pack_reports"},
       .doc =
           "How reports become messages of processed-data-topic. single: each is one. packed: those of one message of "
           "raw-data-topic are one, for a backlog and for vehicles that send in batches; who reads the topic has to "
           "know ReportPack (proto/README.md)."},
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

std::vector<OptionSpec> arrival_options() {
  return {
      {.key = "arrivals.enabled",
       .type = Type::kBoolean,
       .default_value = "true",
       .doc =
           "Estimated arrivals and stop events of the trips in trips-topic (odograph-fleet trips put), and the alerts "
           "on delays that are made of them. Needs trips-topic and segment-profile-topic; without them: false."},
  };
}

std::vector<OptionSpec> table_options() {
  return {
      {.key = "tables.fences",
       .type = Type::kBoolean,
       .default_value = "true",
       .doc = "Fences that change without a restart, from geofences-topic (odograph-fleet fences put), beside the "
              "[[fence]]s of this file. Needs that topic; without it: false."},
  };
}

std::vector<OptionSpec> lambda_options() {
  return {
      {.key = "lambda.state",
       .default_value = "topic",
       .one_of = {"topic", "caller"},
       .doc = "Where what is known of the vehicles is between two invocations. topic: in vehicle-state-topic, in one "
              "transaction with the alerts on alerts-topic. caller: in the answer, and the caller brings it along with "
              "the next event; nothing is written."},
  };
}

std::vector<OptionSpec> rule_options() {
  auto options = keys::rule_options(
      "The speed limit of vehicles that have none of their own below and do not watch their speed themselves.");
  options.front().default_value = "80";
  options.front().example.clear();
  const auto duration = [&](std::string key, std::string default_value, std::string doc) {
    options.push_back({.key = std::move(key),
                       .type = Type::kDuration,
                       .default_value = std::move(default_value),
                       .max = "24h",
                       .doc = std::move(doc)});
  };
  duration("rules.reopen", "0s",
           "Overspeed that comes back so soon after it was cleared is the same alert; 0s: never.");
  options.push_back({.key = "rules.flap_cycles",
                     .type = Type::kInteger,
                     .default_value = "3",
                     .min = "0",
                     .max = std::to_string(rules::kFlapCyclesMax),
                     .doc =
                         "After so many ends within flap_window the next overspeed alert is held until it is stable, "
                         "whoever watches the speed; 0: never."});
  duration("rules.flap_window", "10min", "See flap_cycles.");
  duration("rules.flap_stable", "10min", "A held alert is cleared after so long without a relapse.");
  return options;
}

std::vector<OptionSpec> status_options() {
  return {
      {.key = "status.socket",
       .type = Type::kPath,
       .accepts = keys::is_socket_path,
       .expected = "a path of at most 107 bytes",
       .doc = "Unix socket that `odograph-fleet status` asks; off without it.",
       .example = "/run/odograph/fleet.sock"},
  };
}

std::vector<OptionSpec> cloudwatch_options() {
  return {
      {.key = "metrics.emf",
       .aliases = {"cloudwatch", "embedded_metric_format"},
       .doc = "Metrics for CloudWatch as lines in its embedded metric format: \"stdout\", or the file that gets them. "
              "A file of 16 MiB becomes FILE.1. Off without it.",
       .example = "stdout"},
      {.key = "metrics.emf_interval",
       .type = Type::kDuration,
       .default_value = "1min",
       .min = "1s",
       .max = "1h",
       .doc = "How often such a line is written."},
      {.key = "metrics.emf_namespace",
       .default_value = "Odograph",
       .doc = "CloudWatch's name for what the metrics belong to."},
  };
}

std::vector<config::GroupSpec> groups() {
  return {
      keys::zone_group(),
      {.key = "vehicle",
       .doc = "A vehicle with a speed limit of its own.",
       .count_max = 100'000,
       .options = {keys::id_option("id", "Which one.", "truck-17"),
                   keys::limit_option("speed_limit_kmh", "Its limit.")},
       .unique = "id",
       .aliases = {"vehicles", "truck", "asset"}},
  };
}

std::vector<config::Misfit> check_vehicle_limit(const config::Values& values, std::size_t item) {
  return keys::limit_misfits(values, config::item_key("vehicle", item, "speed_limit_kmh"));
}

config::Schema make_schema() {
  config::Schema schema{
      .title = "Configuration of odograph-fleet. Any key can also be given as --set KEY=VALUE.",
      .sections = {{"kafka", "Where records come from and go to.", {"broker", "brokers", "server"}},
                   {"aws", "As whom Amazon MSK takes this program (kafka.security = tls_iam).", {}},
                   {"process", "The processor: records to reports and alerts.", {"processor"}},
                   {"arrivals", "When vehicles arrive.", {"eta", "trips"}},
                   {"tables", "What the rules take from topics.", {}},
                   {"lambda", "odograph-lambda, the rules of the processor as an AWS Lambda function.", {}},
                   {"rules", "Overspeed, for vehicles that do not watch it themselves.", {"alerts", "limits"}},
                   {"status", "For the people who run it.", {}},
                   {"metrics", "For Prometheus.", {"prometheus"}},
                   {"log", "What is logged, on stderr.", {"logging", "logger"}}},
      .groups = groups(),
      .relations = keys::link_relations()};
  for (auto& group : keys::alert_groups()) schema.groups.push_back(std::move(group));
  for (const auto& more : {keys::msk_relations(), keys::rule_relations(), keys::alert_relations()}) {
    schema.relations.insert(schema.relations.end(), more.begin(), more.end());
  }
  schema.relations.push_back({.keys = {"rules.hysteresis_kmh"}, .group = "vehicle", .check = check_vehicle_limit});
  for (const auto& options :
       {keys::link_options({.name = "program", .file = "fleet"}), keys::msk_options(), kafka_options(),
        process_options(), arrival_options(), table_options(), lambda_options(), rule_options(), status_options(),
        keys::metrics_options("9465"), cloudwatch_options(), std::vector<OptionSpec>{keys::log_level_option()}}) {
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
